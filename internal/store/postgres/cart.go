package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// CartList returns carts, those that something was done to last first.
func (s *Store) CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error) {
	from, before := q.Place()
	args := scope(q.CartScope)
	args["from"], args["before"], args["cart_id"] = int64(from), int64(before.LastAt), before.Key.CartID
	args["episode"], args["status"] = int64(before.Key.Episode), string(q.Status)
	carts, err := page(ctx, s, q.Limit, scanCart, listCarts, args)
	if err != nil {
		return nil, fmt.Errorf("postgres: list carts: %w", err)
	}
	return carts, nil
}

// CartTotals returns the carts in scope by status; a status without carts is
// absent. It reads them all, from an index.
func (s *Store) CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error) {
	totals := map[store.CartStatus]store.CartTotals{}
	args := scope(c)
	args["from"], args["to"] = int64(c.From), int64(store.Until(c.To))
	err := s.read(ctx, func(row pgx.Rows) error {
		var status store.CartStatus
		var t store.CartTotals
		err := row.Scan(&status, &t.Carts, &t.CheckedOut, &t.Quantity, &t.ValueMinor)
		totals[status] = t
		return err
	}, getCartTotals, args)
	if err != nil {
		return nil, fmt.Errorf("postgres: cart totals: %w", err)
	}
	return totals, nil
}

// CartsAtRisk returns the value of the carts that are abandoned as of a time, and
// how many they are.
func (s *Store) CartsAtRisk(ctx context.Context, asOf event.Time, idle, recovery time.Duration) (value event.Minor, carts int64, err error) {
	err = s.readRow(ctx, []any{&value, &carts}, getCartsAtRisk, named{
		"as_of": int64(asOf), "from": int64(asOf.Add(-recovery)), "to": int64(asOf.Add(-idle)),
	})
	if err != nil {
		return 0, 0, fmt.Errorf("postgres: carts at risk: %w", err)
	}
	return value, carts, nil
}

// scope returns what statuses depend on.
func scope(c store.CartScope) named {
	return named{
		"country": c.Country, "as_of": int64(c.AsOf),
		"idle": c.Idle.Milliseconds(), "recovery": c.Recovery.Milliseconds(),
	}
}

func scanCart(row pgx.Rows) (r store.CartRow, err error) {
	c := &r.Cart
	return r, row.Scan(&r.Key.CartID, &r.Key.Episode, &c.FirstAt, &c.LastAt, &c.CheckoutAt, &c.ClearedAt, &r.OrderedAt,
		&c.Actions, &c.Quantity, &c.ValueMinor, &c.Country, &c.VisitorID, &c.UserID)
}
