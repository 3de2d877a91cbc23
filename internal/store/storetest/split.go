package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// splitProperty commits random sets of changes, each by one of several tasks and
// in batches of random size, and expects what one merge of them all says. Each
// round has a century and ids of its own, so that they can share a store.
func splitProperty(t *testing.T, open Open) {
	f := newFixture(t, open)
	const tasks = 3
	epochs := [tasks]int64{}
	for p := range int32(tasks) {
		epochs[p] = f.claim(shopping(p)).Epoch
	}
	round := event.Time(0)
	rapid.Check(t, func(r *rapid.T) {
		round++
		base := round * 100 * 365 * 24 * hour
		want := store.NewChanges()
		var queue [tasks][]*store.Changes
		for range rapid.IntRange(1, 30).Draw(r, "sets") {
			p := rapid.IntRange(0, tasks-1).Draw(r, "task")
			c := drawChanges(r, base, fmt.Sprintf("%d-", round))
			drawFinals(r, c, base, fmt.Sprintf("%d-", round), int32(p))
			want.Merge(c)
			queue[p] = append(queue[p], c)
		}
		for len(queue[0])+len(queue[1])+len(queue[2]) > 0 {
			var batch []commit
			for p := range int32(tasks) {
				if len(queue[p]) > 0 && rapid.Bool().Draw(r, "join") {
					batch = append(batch, commit{Task: shopping(p), Epoch: epochs[p], Changes: queue[p][0]})
					queue[p] = queue[p][1:]
				}
			}
			f.commit(batch...)
		}
		f.equalTables(base, want)
		got := f.tables(fmt.Sprintf("%d-", round))
		maps.DeleteFunc(got.Open, func(_ int32, o store.Open) bool { return o.Clock < base })
		f.equal(said(want), got)
	})
}

// equalTables compares what the store holds from base on with want.
func (f *fixture) equalTables(base event.Time, want *store.Changes) {
	f.Helper()
	for table, rows := range map[store.SalesTable]map[store.SalesKey]*store.Sales{
		store.MinuteByCountry: want.MinuteByCountry, store.MinuteByCategory: want.MinuteByCategory, store.HourBySplit: want.Hour,
	} {
		expected := map[store.SalesKey]store.Sales{}
		for k, s := range rows {
			expected[k] = *s
		}
		got := f.sales(table)
		maps.DeleteFunc(got, func(k store.SalesKey, _ store.Sales) bool { return k.Start < base })
		f.equal(expected, got)
	}
	products, err := f.Products(f.Context(), slices.Collect(maps.Keys(want.Products)))
	f.check(err)
	f.equal(want.Products, products)
	for id, c := range want.Customers {
		got, err := f.Customer(f.Context(), id)
		f.check(err)
		f.equal(c, got)
	}
}

func drawChanges(r *rapid.T, base event.Time, prefix string) *store.Changes {
	c := store.NewChanges()
	sales := func(into map[store.SalesKey]*store.Sales, unit event.Time, country, category bool) {
		for range rapid.IntRange(0, 4).Draw(r, "rows") {
			k := store.SalesKey{Start: base + event.Time(rapid.IntRange(0, 3).Draw(r, "start"))*unit}
			if country {
				k.Country = rapid.SampledFrom([]string{"DE", "FR", "JP"}).Draw(r, "country")
			}
			if category {
				k.Category = rapid.SampledFrom([]string{"", "Books", "Toys"}).Draw(r, "category")
			}
			into[k] = &store.Sales{
				Orders: rapid.Int64Range(0, 9).Draw(r, "orders"), Units: rapid.Int64Range(0, 99).Draw(r, "units"),
				RevenueMinor:  event.Minor(rapid.Int64Range(0, int64(event.MaxAmount)).Draw(r, "revenue")),
				RefundedMinor: event.Minor(rapid.Int64Range(0, 999).Draw(r, "refunded")),
				TaxMinor:      event.Minor(rapid.Int64Range(-99, 99).Draw(r, "tax")),
			}
		}
	}
	sales(c.MinuteByCountry, minute, true, false)
	sales(c.MinuteByCategory, minute, false, true)
	sales(c.Hour, hour, true, true)
	id := func() string { return prefix + rapid.SampledFrom([]string{"a", "b", "ü"}).Draw(r, "id") }
	version := func() store.Version {
		return store.Version{At: event.Time(rapid.IntRange(1, 3).Draw(r, "at")), EventID: rapid.SampledFrom([]string{"A", "a", "b", "é"}).Draw(r, "event")}
	}
	for range rapid.IntRange(0, 3).Draw(r, "products") {
		v := version()
		c.PutProduct(id(), store.Product{Version: v, Name: fmt.Sprint(v)})
	}
	for range rapid.IntRange(0, 3).Draw(r, "customers") {
		v := version()
		c.PutCustomer(id(), store.Customer{Version: v, Country: fmt.Sprint(v)})
	}
	return c
}

// drawFinals adds rows of stock, sessions, carts and findings to c. Finals of one
// key come from one task; orders of a cart come from any.
func drawFinals(r *rapid.T, c *store.Changes, base event.Time, prefix string, p int32) {
	number := func(label string) int64 { return rapid.Int64Range(-3, 9).Draw(r, label) }
	at := func() event.Time { return base + event.Time(rapid.IntRange(1, 5).Draw(r, "time")) }
	id := func(p int32) string {
		return fmt.Sprint(prefix, p, rapid.SampledFrom([]string{"a", "ü"}).Draw(r, "of"))
	}
	some := func(label string, add func()) {
		for range rapid.IntRange(0, 3).Draw(r, label) {
			add()
		}
	}
	some("stock", func() {
		c.AddStock(id(0), &store.Stock{Initial: number("initial"), Restocked: number("restocked"), Adjusted: number("adjusted"), Sold: number("sold"), Returned: number("returned")})
	})
	some("sessions", func() {
		k := store.SessionKey{VisitorID: id(p), Start: at()}
		if c.Sessions[k] = nil; rapid.Bool().Draw(r, "is one") {
			c.Sessions[k] = &store.Session{End: at(), Events: number("events"), Country: rapid.SampledFrom([]string{"", "DE"}).Draw(r, "country")}
		}
	})
	some("carts", func() {
		c.Carts[store.CartKey{CartID: id(p), Episode: at()}] = &store.Cart{VisitorID: id(p), FirstAt: at(), LastAt: at(), Quantity: number("quantity")}
	})
	some("orders", func() {
		k := store.CartOrderKey{CartID: id(rapid.Int32Range(0, 2).Draw(r, "of task")), TransactionID: rapid.SampledFrom([]string{"t", "u"}).Draw(r, "order")}
		c.PutCartOrder(k, store.CartOrder{At: at(), RevenueMinor: event.Minor(number("revenue"))})
	})
	some("findings", func() {
		c.Findings[store.FindingKey{EventID: id(p), Rule: store.Velocity}] = &store.Finding{At: at(), Value: number("value")}
	})
	some("baselines", func() {
		c.Baselines[store.BaselineKey{Category: id(0), Partition: p, Version: number("version")}] = &store.Baseline{Samples: number("samples")}
	})
	c.Open[p] = &store.Open{Sessions: number("open"), Clock: at()}
}
