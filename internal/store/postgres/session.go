package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// SessionList returns sessions that are at rest, those that began last first.
func (s *Store) SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error) {
	before := q.Place()
	sessions, err := page(ctx, s, q.Limit, scanSession, listSessions, named{
		"from": int64(q.From), "before": int64(before.Start), "visitor_id": before.VisitorID,
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: list sessions: %w", err)
	}
	return sessions, nil
}

// SessionTotals returns sums over the sessions at rest that started in
// [from, to); to 0 is no end, country "" all. It reads them all.
func (s *Store) SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error) {
	var t store.SessionTotals
	var ms int64
	err := s.readRow(ctx, []any{
		&t.Sessions, &t.Events, &t.Views, &t.Orders, &t.Units, &t.RevenueMinor, &ms, &t.Bounced,
		&t.WithView, &t.WithAdd, &t.WithCheckout, &t.WithOrder, &t.ReachedAdd, &t.ReachedCheckout, &t.ReachedOrder,
	}, getSessionTotals, named{"from": int64(from), "to": int64(store.Until(to)), "country": country})
	if err != nil {
		return store.SessionTotals{}, fmt.Errorf("postgres: session totals: %w", err)
	}
	t.Duration = time.Duration(ms) * time.Millisecond
	return t, nil
}

// OpenTotals returns what is open over all tasks, as of the earliest of their
// clocks.
func (s *Store) OpenTotals(ctx context.Context) (store.Open, error) {
	var o store.Open
	err := s.readRow(ctx, []any{&o.Sessions, &o.SessionEvents, &o.Carts, &o.CartValueMinor, &o.Clock}, getOpenTotals)
	if err != nil {
		return store.Open{}, fmt.Errorf("postgres: open sessions and carts: %w", err)
	}
	return o, nil
}

func scanSession(row pgx.Rows) (r store.SessionRow, err error) {
	s := &r.Session
	return r, row.Scan(&r.Key.Start, &r.Key.VisitorID, &s.End, &s.Events, &s.Views, &s.Adds, &s.Checkouts,
		&s.Orders, &s.Units, &s.RevenueMinor, &s.Country, &s.Device, &s.UserID)
}
