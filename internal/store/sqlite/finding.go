package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/store"
)

// FindingList returns findings, those of the newest orders first.
func (s *Store) FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error) {
	before := store.FindingPlace{At: end(q.To)}
	if q.Before != (store.FindingPlace{}) && q.Before.At < before.At {
		before = q.Before
	}
	args := []any{
		sql.Named("from", int64(q.From)), sql.Named("before", int64(before.At)), sql.Named("event_id", before.Key.EventID),
		sql.Named("rule_id", string(before.Key.Rule)), sql.Named("rule", string(q.Rule)), sql.Named("country", q.Country),
		sql.Named("category", q.Category),
	}
	text := listFindings
	if q.VisitorID != "" {
		text = listFindingsOfVisitor
		args = append(args, sql.Named("visitor_id", q.VisitorID))
	}
	rows, err := page(ctx, s, text, q.Limit, args, scanFinding)
	if err != nil {
		return nil, fmt.Errorf("sqlite: list findings: %w", err)
	}
	return rows, nil
}

func scanFinding(rows *sql.Rows) (r store.FindingRow, err error) {
	f := &r.Finding
	return r, rows.Scan(&r.Key.EventID, &r.Key.Rule, &f.At, &f.ReceivedAt, &f.TransactionID, &f.VisitorID, &f.UserID,
		&f.Country, &f.ProductID, &f.Category, &f.OrderMinor, &f.Value, &f.Expected, &f.ScoreMilli, &f.ThresholdMilli, &f.Baseline)
}
