package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// DueDemand implements alert.Store.
func (s *Store) DueDemand(ctx context.Context, known, unknown event.Time, limit int) ([]store.ProductDemand, error) {
	due, err := list(ctx, s, func(row pgx.Rows) (p store.ProductDemand, err error) {
		d := &p.Demand
		return p, row.Scan(&p.ProductID, &p.Sold, &d.At, &d.SoldUntil, &d.MeanMilli, &d.VarianceMilli, &d.Low, &d.Critical)
	}, listDueDemand, named{"known": int64(known), "unknown": int64(unknown), "limit": int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("postgres: list due demand: %w", err)
	}
	return due, nil
}

// PutDemand implements alert.Store.
func (s *Store) PutDemand(ctx context.Context, term int64, demands []store.ProductDemand) error {
	err := s.do(ctx, func(t *tx) error {
		if err := t.lead(term); err != nil {
			return err
		}
		t.put(putDemand, rowsOf(7, slices.Values(demands), func(r *rows, p store.ProductDemand) {
			d := &p.Demand
			r.text(p.ProductID).num(int64(d.At)).num(d.SoldUntil).num(d.MeanMilli).num(d.VarianceMilli).num(d.Low).num(d.Critical)
		}))
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres: put the demand of %d products: %w", len(demands), err)
	}
	return nil
}
