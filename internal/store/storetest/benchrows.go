package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Rows writes each table as it is while catching up: four tasks, 20,000
// rows a commit, into a table that already has some hundred thousand. Costs a row
// are what counts.
func (m Bench) Rows(b *testing.B) {
	const visitors, products = 1_000_000, 220_000
	hex := func(prefix byte, n uint64) string { return fmt.Sprintf("%c-%016x", prefix, n*0x9e3779b97f4a7c15) }
	for name, row := range map[string]func(c *store.Changes, r *rand.Rand, now event.Time){
		"stock": func(c *store.Changes, r *rand.Rand, _ event.Time) {
			c.Stock[fmt.Sprintf("p-%06d", r.IntN(products))] = &store.Stock{Sold: 1 + r.Int64N(3)}
		},
		"session": func(c *store.Changes, r *rand.Rand, now event.Time) {
			start := now - event.Time(r.Int64N(1_800_000))
			c.Sessions[store.SessionKey{VisitorID: hex('v', r.Uint64N(visitors)), Start: start}] = &store.Session{
				End: start + 600_000, UserID: hex('u', r.Uint64N(visitors)), Country: "DE", Device: "mobile", Events: 9, Views: 7, Adds: 1, RevenueMinor: 1299,
			}
		},
		"cart": func(c *store.Changes, r *rand.Rand, now event.Time) {
			last := now - event.Time(r.Int64N(600_000))
			c.Carts[store.CartKey{CartID: hex('c', r.Uint64()), Episode: last - 300_000}] = &store.Cart{
				VisitorID: hex('v', r.Uint64N(visitors)), UserID: hex('u', r.Uint64N(visitors)), Country: "DE",
				FirstAt: last - 300_000, LastAt: last, Actions: 3, Quantity: 2, ValueMinor: 2598,
			}
		},
		"cart and order": func(c *store.Changes, r *rand.Rand, now event.Time) {
			last := now - event.Time(r.Int64N(600_000))
			id := hex('c', r.Uint64())
			c.Carts[store.CartKey{CartID: id, Episode: last - 300_000}] = &store.Cart{
				VisitorID: hex('v', r.Uint64N(visitors)), Country: "DE", FirstAt: last - 300_000, LastAt: last, Actions: 3, Quantity: 2, ValueMinor: 2598,
			}
			c.CartOrders[store.CartOrderKey{CartID: id, TransactionID: hex('t', r.Uint64())}] = store.CartOrder{At: last + 1, RevenueMinor: 2598}
		},
		"finding": func(c *store.Changes, r *rand.Rand, now event.Time) {
			c.Findings[store.FindingKey{EventID: hex('e', r.Uint64()), Rule: store.HighValue}] = &store.Finding{
				At: now, ReceivedAt: now, TransactionID: hex('t', r.Uint64()), VisitorID: hex('v', r.Uint64N(visitors)), Country: "DE",
				ProductID: "p-000001", Category: "Books", Baseline: "Books/amount/0/3",
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := m.Open(b)
			tasks := claimAll(b, s)
			r := rand.New(rand.NewPCG(1, 2))
			now := event.Time(1_767_000_000_000)
			next := int64(0)
			batch := func() (all []store.Commit[*store.Changes], rows int) {
				all = batchOf(tasks, next)
				next++
				now += 600_000
				for i := range 20_000 {
					row(all[i%len(all)].Changes, r, now)
				}
				for i := range all {
					rows += all[i].Changes.Len()
				}
				return all, rows
			}
			for range 15 {
				all, _ := batch()
				commitAll(b, s, all)
			}
			cost := m.meter(b, s)
			var total int
			for b.Loop() {
				b.StopTimer()
				all, rows := batch()
				cost.run(func() { commitAll(b, s, all) })
				total += rows
			}
			cost.report(total, "row")
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
