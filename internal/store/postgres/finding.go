package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// FindingList returns findings, those of the newest orders first.
func (s *Store) FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error) {
	before := q.Place()
	text := listFindings
	if q.VisitorID != "" {
		text = listFindingsOfVisitor
	}
	findings, err := page(ctx, s, q.Limit, scanFinding, text, named{
		"from": int64(q.From), "before": int64(before.At), "event_id": before.Key.EventID, "rule_id": string(before.Key.Rule),
		"rule": string(q.Rule), "country": q.Country, "category": q.Category, "visitor_id": q.VisitorID,
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: list findings: %w", err)
	}
	return findings, nil
}

func scanFinding(row pgx.Rows) (r store.FindingRow, err error) {
	f := &r.Finding
	return r, row.Scan(&r.Key.EventID, &r.Key.Rule, &f.At, &f.ReceivedAt, &f.TransactionID, &f.VisitorID, &f.UserID,
		&f.Country, &f.ProductID, &f.Category, &f.OrderMinor, &f.Value, &f.Expected, &f.ScoreMilli, &f.ThresholdMilli, &f.Baseline)
}
