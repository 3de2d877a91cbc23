package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// DueDemand implements alert.Store.
func (s *Store) DueDemand(ctx context.Context, known, unknown event.Time, limit int) ([]store.ProductDemand, error) {
	var due []store.ProductDemand
	err := s.read(ctx, listDueDemand, []any{
		sql.Named("known", int64(known)), sql.Named("unknown", int64(unknown)), sql.Named("limit", int64(limit)),
	}, func(rows *sql.Rows) error {
		var p store.ProductDemand
		d := &p.Demand
		err := rows.Scan(&p.ProductID, &p.Sold, &d.At, &d.SoldUntil, &d.MeanMilli, &d.VarianceMilli, &d.Low, &d.Critical)
		due = append(due, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list due demand: %w", err)
	}
	return due, nil
}

// PutDemand implements alert.Store.
func (s *Store) PutDemand(ctx context.Context, term int64, demands []store.ProductDemand) error {
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.mustLead(term); err != nil {
			return err
		}
		_, err := t.execAll(putDemand, len(demands), func(args []any, i int) []any {
			d := &demands[i].Demand
			return append(args, demands[i].ProductID, int64(d.At), d.SoldUntil, d.MeanMilli, d.VarianceMilli, d.Low, d.Critical)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: put the demand of %d products: %w", len(demands), err)
	}
	return nil
}
