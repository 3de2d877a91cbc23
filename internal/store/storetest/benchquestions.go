package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Questions asks a store of 300,000 products, sessions and carts, the
// latter two of one day, what dashboards and alerts ask.
func (m Bench) Questions(b *testing.B) {
	const rows, perCommit = 300_000, 20_000
	const day = event.Time(24 * time.Hour / time.Millisecond)
	s := m.Open(b)
	tasks := claimAll(b, s)
	r := rand.New(rand.NewPCG(1, 2))
	start := event.Time(1_767_000_000_000)
	for i := range event.Time(rows / perCommit) {
		batch := batchOf(tasks, int64(i))
		c := batch[0].Changes
		for j := range event.Time(perCommit) {
			n := i*perCommit + j
			at := start + n*day/rows
			id := fmt.Sprintf("%016x", r.Uint64())
			c.Stock["p-"+id] = &store.Stock{Initial: r.Int64N(1000), Sold: r.Int64N(500)}
			c.Products["p-"+id] = store.Product{Name: "Product " + id, Category: "Books"}
			c.Sessions[store.SessionKey{VisitorID: "v-" + id, Start: at}] = &store.Session{End: at + 1000, Country: "DE", Device: "mobile", Events: 5, Views: r.Int64N(3)}
			c.Carts[store.CartKey{CartID: "c-" + id, Episode: at}] = &store.Cart{
				VisitorID: "v-" + id, Country: "DE", FirstAt: at, LastAt: at + 1000, Quantity: r.Int64N(4) - 1, ValueMinor: 999,
			}
			if n%3 == 0 {
				c.CartOrders[store.CartOrderKey{CartID: "c-" + id, TransactionID: "t-" + id}] = store.CartOrder{At: at + event.Time(r.Int64N(int64(day)))}
			}
		}
		commitAll(b, s, batch)
	}
	scope := store.CartScope{AsOf: start + day, Idle: 30 * time.Minute, Recovery: 168 * time.Hour}
	for name, ask := range map[string]func(context.Context, AlertStore) error{
		"cart totals": func(ctx context.Context, s AlertStore) error {
			_, err := s.CartTotals(ctx, scope)
			return err
		},
		"carts at risk": func(ctx context.Context, s AlertStore) error {
			_, _, err := s.CartsAtRisk(ctx, scope.AsOf, scope.Idle, scope.Recovery)
			return err
		},
		"100 recovered carts": func(ctx context.Context, s AlertStore) error {
			_, err := s.CartList(ctx, store.CartQuery{CartScope: scope, Status: store.CartRecovered, Limit: 100})
			return err
		},
		"lost carts, of which there are none": func(ctx context.Context, s AlertStore) error {
			_, err := s.CartList(ctx, store.CartQuery{CartScope: scope, Status: store.CartLost, Limit: 100})
			return err
		},
		"session totals": func(ctx context.Context, s AlertStore) error {
			_, err := s.SessionTotals(ctx, 0, 0, "")
			return err
		},
		"100 sessions": func(ctx context.Context, s AlertStore) error {
			_, err := s.SessionList(ctx, store.SessionQuery{Limit: 100})
			return err
		},
		"stock totals": func(ctx context.Context, s AlertStore) error {
			_, err := s.StockTotals(ctx)
			return err
		},
		"100 products with the least stock": func(ctx context.Context, s AlertStore) error {
			_, err := s.StockList(ctx, store.StockQuery{Limit: 100})
			return err
		},
		"stock alarms": func(ctx context.Context, s AlertStore) error {
			_, err := s.StockAlarms(ctx, store.Demand{Low: -400})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			cost := m.meter(b, s)
			for b.Loop() {
				b.StopTimer()
				cost.run(func() {
					if err := ask(b.Context(), s); err != nil {
						b.Fatal(err)
					}
				})
			}
			cost.report(b.N, "question")
		})
	}
}
