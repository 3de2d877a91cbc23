package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// CartList returns carts, those that something was done to last first.
func (s *Store) CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error) {
	from, to := lastActions(q)
	before := store.CartPlace{LastAt: to}
	if q.Before != (store.CartPlace{}) && q.Before.LastAt < to {
		before = q.Before
	}
	rows, err := page(ctx, s, listCarts, q.Limit, append(scope(q.CartScope),
		sql.Named("from", int64(from)), sql.Named("before", int64(before.LastAt)), sql.Named("cart_id", before.Key.CartID),
		sql.Named("episode", int64(before.Key.Episode)), sql.Named("status", string(q.Status)),
	), scanCart)
	if err != nil {
		return nil, fmt.Errorf("sqlite: list carts: %w", err)
	}
	return rows, nil
}

// CartTotals returns the carts in scope by status; a status without carts is
// absent. It reads them all, from an index.
func (s *Store) CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error) {
	var sums [len(statuses)]store.CartTotals
	var into []any
	for i := range sums {
		t := &sums[i]
		into = append(into, &t.Carts, &t.CheckedOut, &t.Quantity, &t.ValueMinor)
	}
	args := append(scope(c), sql.Named("from", int64(c.From)), sql.Named("to", int64(end(c.To))))
	if err := s.readers.QueryRowContext(ctx, getCartTotals, args...).Scan(into...); err != nil {
		return nil, fmt.Errorf("sqlite: cart totals: %w", classify(err))
	}
	totals := map[store.CartStatus]store.CartTotals{}
	for i, status := range statuses {
		if sums[i].Carts > 0 {
			totals[status] = sums[i]
		}
	}
	return totals, nil
}

// statuses are those of carts, in the order of get_cart_totals.sql.
var statuses = [...]store.CartStatus{
	store.CartActive, store.CartOrdered, store.CartAbandoned, store.CartRecovered, store.CartLost, store.CartCleared,
}

// CartsAtRisk returns the value of the carts that are abandoned as of a time, and
// how many they are.
func (s *Store) CartsAtRisk(ctx context.Context, asOf event.Time, idle, recovery time.Duration) (value event.Minor, carts int64, err error) {
	err = s.readers.QueryRowContext(ctx, getCartsAtRisk, sql.Named("as_of", int64(asOf)),
		sql.Named("from", int64(asOf.Add(-recovery))), sql.Named("to", int64(asOf.Add(-idle))),
	).Scan(&value, &carts)
	if err != nil {
		return 0, 0, fmt.Errorf("sqlite: carts at risk: %w", classify(err))
	}
	return value, carts, nil
}

// lastActions returns the range of last actions, end exclusive, that carts of q
// can have: with a status it may be much shorter than what is asked for.
func lastActions(q store.CartQuery) (from, to event.Time) {
	from, to = q.From, end(q.To)
	switch q.Status {
	case store.CartActive:
		from = max(from, q.AsOf.Add(-q.Idle)+1)
	case store.CartAbandoned:
		from, to = max(from, q.AsOf.Add(-q.Recovery)), min(to, q.AsOf.Add(-q.Idle)+1)
	case store.CartRecovered:
		to = min(to, q.AsOf.Add(-q.Idle)+1)
	case store.CartLost:
		to = min(to, q.AsOf.Add(-q.Idle)+1)
	case store.CartOrdered, store.CartCleared:
	}
	return from, to
}

// scope returns what statuses depend on.
func scope(c store.CartScope) []any {
	return []any{
		sql.Named("country", c.Country), sql.Named("as_of", int64(c.AsOf)),
		sql.Named("idle", c.Idle.Milliseconds()), sql.Named("recovery", c.Recovery.Milliseconds()),
	}
}

func scanCart(rows *sql.Rows) (r store.CartRow, err error) {
	c := &r.Cart
	return r, rows.Scan(&r.Key.CartID, &r.Key.Episode, &c.FirstAt, &c.LastAt, &c.CheckoutAt, &c.ClearedAt, &r.OrderedAt,
		&c.Actions, &c.Quantity, &c.ValueMinor, &c.Country, &c.VisitorID, &c.UserID)
}
