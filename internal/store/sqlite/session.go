package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// SessionList returns sessions that are at rest, those that began last first.
func (s *Store) SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error) {
	before := store.SessionKey{Start: end(q.To)}
	if q.Before != (store.SessionKey{}) && q.Before.Start < before.Start {
		before = q.Before
	}
	rows, err := page(ctx, s, listSessions, q.Limit, []any{
		sql.Named("from", int64(q.From)), sql.Named("before", int64(before.Start)), sql.Named("visitor_id", before.VisitorID),
	}, scanSession)
	if err != nil {
		return nil, fmt.Errorf("sqlite: list sessions: %w", err)
	}
	return rows, nil
}

// SessionTotals returns sums over the sessions at rest that started in
// [from, to); to 0 is no end, country "" all. It reads them all.
func (s *Store) SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error) {
	var t store.SessionTotals
	var ms int64
	err := s.readers.QueryRowContext(ctx, getSessionTotals,
		sql.Named("from", int64(from)), sql.Named("to", int64(end(to))), sql.Named("country", country),
	).Scan(&t.Sessions, &t.Events, &t.Views, &t.Orders, &t.Units, &t.RevenueMinor, &ms, &t.Bounced,
		&t.WithView, &t.WithAdd, &t.WithCheckout, &t.WithOrder, &t.ReachedAdd, &t.ReachedCheckout, &t.ReachedOrder)
	if err != nil {
		return store.SessionTotals{}, fmt.Errorf("sqlite: session totals: %w", classify(err))
	}
	t.Duration = time.Duration(ms) * time.Millisecond
	return t, nil
}

// OpenTotals returns what is open over all tasks, as of the earliest of their
// clocks.
func (s *Store) OpenTotals(ctx context.Context) (store.Open, error) {
	var o store.Open
	err := s.readers.QueryRowContext(ctx, getOpenTotals).Scan(&o.Sessions, &o.SessionEvents, &o.Carts, &o.CartValueMinor, &o.Clock)
	if err != nil {
		return store.Open{}, fmt.Errorf("sqlite: open sessions and carts: %w", classify(err))
	}
	return o, nil
}

func scanSession(rows *sql.Rows) (r store.SessionRow, err error) {
	s := &r.Session
	return r, rows.Scan(&r.Key.Start, &r.Key.VisitorID, &s.End, &s.Events, &s.Views, &s.Adds, &s.Checkouts,
		&s.Orders, &s.Units, &s.RevenueMinor, &s.Country, &s.Device, &s.UserID)
}
