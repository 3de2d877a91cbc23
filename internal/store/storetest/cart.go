package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// cart is an episode that lasted for a minute.
func cart(id string, first event.Time) (store.CartKey, *store.Cart) {
	return store.CartKey{CartID: id, Episode: first}, &store.Cart{FirstAt: first, LastAt: first + minute, Actions: 2, Quantity: 1, ValueMinor: 100}
}

func cartChanges(id string, firsts ...event.Time) *store.Changes {
	c := store.NewChanges()
	for _, first := range firsts {
		k, row := cart(id, first)
		c.Carts[k] = row
	}
	return c
}

func orderChanges(cartID, transactionID string, at event.Time) *store.Changes {
	c := store.NewChanges()
	c.PutCartOrder(store.CartOrderKey{CartID: cartID, TransactionID: transactionID}, store.CartOrder{At: at, RevenueMinor: event.Minor(at - noon)})
	return c
}

var cartTests = map[string]func(*fixture){
	"a cart is kept whole, and replaced": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		k := store.CartKey{CartID: "Körbchen", Episode: noon}
		row := store.Cart{
			VisitorID: "v", UserID: "u", Country: "DE", FirstAt: noon - 1, LastAt: noon + 2, CheckoutAt: noon + 3, ClearedAt: noon + 4,
			Actions: 1 << 40, Quantity: -7, ValueMinor: -1e15,
		}
		for range 3 { // the last one replaces the ones before
			row.Actions++
			c := store.NewChanges()
			c.Carts[k] = &row
			f.commit(commit{Task: task, Epoch: epoch, Changes: c})
			f.equal(map[store.CartKey]store.Cart{k: row}, f.tables("").Carts)
		}
	},
	"of several events of an order the earliest counts, and of those the least revenue": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		k := store.CartOrderKey{CartID: "c", TransactionID: "t"}
		best := store.CartOrder{At: noon + 9, RevenueMinor: 9}
		for _, o := range []store.CartOrder{{At: noon + 5, RevenueMinor: 7}, {At: noon + 6, RevenueMinor: 1}, {At: noon + 5, RevenueMinor: 8}, {At: noon + 5, RevenueMinor: 6}, {At: noon + 3, RevenueMinor: 1e15}} {
			c := store.NewChanges()
			c.CartOrders[k] = o
			f.commit(commit{Task: task, Epoch: epoch, Changes: c})
			if o.At < best.At || o.At == best.At && o.RevenueMinor < best.RevenueMinor {
				best = o
			}
			f.equal(map[store.CartOrderKey]store.CartOrder{k: best}, f.tables("").CartOrders)
		}
	},
	"when a cart was ordered does not depend on what comes first": func(f *fixture) {
		sets := []*store.Changes{
			cartChanges("c", noon), cartChanges("c", noon+hour), cartChanges("other", noon),
			orderChanges("c", "before the first action", noon-1),
			orderChanges("c", "of the first", noon+2*minute), orderChanges("c", "again", noon+3*minute), orderChanges("c", "of the second", noon+2*hour),
			orderChanges("d", "of a cart that nobody saw", noon+1), cartChanges("e", noon), orderChanges("e", "at the first action", noon),
			orderChanges("other", "before the first action", noon-1),
		}
		want := map[store.CartKey]event.Time{
			{CartID: "c", Episode: noon}: noon + 2*minute, {CartID: "c", Episode: noon + hour}: noon + 2*hour, {CartID: "e", Episode: noon}: noon,
		}
		cart, order := shopping(0), shopping(1)
		ec, eo := f.claim(cart).Epoch, f.claim(order).Epoch
		for round := range sets {
			prefix := fmt.Sprint(round, "-")
			for i := range sets {
				c := prefixed(sets[(i*3+round)%len(sets)], prefix) // 3 does not divide their number
				if len(c.Carts) > 0 {
					f.commit(commit{Task: cart, Epoch: ec, Changes: c})
				} else {
					f.commit(commit{Task: order, Epoch: eo, Changes: c})
				}
			}
			got := map[store.CartKey]event.Time{}
			for k, at := range f.tables(prefix).OrderedAt {
				k.CartID = k.CartID[len(prefix):]
				got[k] = at
			}
			f.equal(want, got)
		}
	},
	"an order that turns out to be earlier than the cart is not its": func(f *fixture) {
		task := shopping(0)
		epoch := f.claim(task).Epoch
		k, _ := cart("c", noon)
		f.commit(commit{Task: task, Epoch: epoch, Changes: cartChanges("c", noon)})
		for _, step := range []struct{ at, want event.Time }{{noon + 9, noon + 9}, {noon, noon}, {noon - 1, 0}} {
			f.commit(commit{Task: task, Epoch: epoch, Changes: orderChanges("c", "t", step.at)})
			f.equal(step.want, f.tables("").OrderedAt[k])
		}
		earlier := cartChanges("c", noon) // a late action: the episode began earlier
		earlier.Carts[k].FirstAt = noon - 5
		f.commit(commit{Task: task, Epoch: epoch, Changes: earlier})
		f.equal(noon-1, f.tables("").OrderedAt[k])
	},
	"pages, totals and risk say of each cart what store.Cart.Status says": func(f *fixture) {
		rapid.Check(f.T, statusProperty(f))
	},
	"an empty store has no carts": func(f *fixture) {
		totals, err := f.CartTotals(f.Context(), store.CartScope{AsOf: noon})
		f.check(err)
		f.equal(0, len(totals))
		value, n, err := f.CartsAtRisk(f.Context(), noon, time.Hour, 24*time.Hour)
		f.check(err)
		f.equal(event.Minor(0), value)
		f.equal(int64(0), n)
	},
	"pruning takes carts that nothing was done to, and orders of no cart": func(f *fixture) {
		c := cartChanges("a", noon, noon+2*hour)
		c.Merge(cartChanges("b", noon))
		for _, id := range []string{"a", "b", "unseen"} {
			c.Merge(orderChanges(id, "t", noon+2*minute))
			c.Merge(orderChanges(id, "late", noon+3*hour))
		}
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
		n, err := f.PruneCarts(f.Context(), noon+minute)
		f.check(err)
		f.equal(int64(0), n)
		n, err = f.PruneCarts(f.Context(), noon+hour)
		f.check(err)
		f.equal(int64(4), n)
		delete(c.Carts, store.CartKey{CartID: "a", Episode: noon})
		delete(c.Carts, store.CartKey{CartID: "b", Episode: noon})
		delete(c.CartOrders, store.CartOrderKey{CartID: "b", TransactionID: "t"})
		delete(c.CartOrders, store.CartOrderKey{CartID: "unseen", TransactionID: "t"})
		f.equal(said(c), f.tables(""))
	},
	"pruning takes more than one step if there is much": func(f *fixture) {
		c := store.NewChanges()
		for i := range 2500 {
			c.Merge(cartChanges(fmt.Sprint("c", i), noon+event.Time(i)))
			c.Merge(orderChanges(fmt.Sprint("c", i), "t", noon+event.Time(i)))
		}
		f.commit(commit{Task: shopping(0), Epoch: f.claim(shopping(0)).Epoch, Changes: c})
		n, err := f.PruneCarts(f.Context(), noon+minute+2499)
		f.check(err)
		f.equal(int64(2*2499), n)
	},
}

// prefixed returns the carts and orders of c with prefix before the ids of carts.
func prefixed(c *store.Changes, prefix string) *store.Changes {
	p := store.NewChanges()
	for k, row := range c.Carts {
		k.CartID = prefix + k.CartID
		p.Carts[k] = row
	}
	for k, o := range c.CartOrders {
		k.CartID = prefix + k.CartID
		p.CartOrders[k] = o
	}
	return p
}

// statusProperty stores random carts and orders and asks for them as of random
// times. Each round has a century of its own.
func statusProperty(f *fixture) func(*rapid.T) {
	task := shopping(0)
	epoch := f.claim(task).Epoch
	base := event.Time(0)
	return func(r *rapid.T) {
		base += 100 * 365 * 24 * hour
		at := func(label string) event.Time { return base + event.Time(rapid.IntRange(0, 5).Draw(r, label)) }
		maybe := func(label string) event.Time {
			if rapid.Bool().Draw(r, label+"?") {
				return 0
			}
			return at(label)
		}
		c := store.NewChanges()
		for i := range rapid.IntRange(1, 20).Draw(r, "carts") {
			k := store.CartKey{CartID: fmt.Sprint(base, "-", i%16), Episode: base + event.Time(i)}
			c.Carts[k] = &store.Cart{
				FirstAt: base, LastAt: at("last"), ClearedAt: maybe("cleared"), CheckoutAt: maybe("checkout"), Country: rapid.SampledFrom([]string{"DE", "FR"}).Draw(r, "country"),
				Quantity: rapid.Int64Range(-1, 2).Draw(r, "quantity"), ValueMinor: event.Minor(rapid.Int64Range(-5, 50).Draw(r, "value")),
			}
			if t := maybe("order"); t != 0 {
				c.PutCartOrder(store.CartOrderKey{CartID: k.CartID, TransactionID: "t"}, store.CartOrder{At: t})
			}
		}
		f.commit(commit{Task: task, Epoch: epoch, Changes: c})
		idle := time.Duration(rapid.IntRange(1, 3).Draw(r, "idle")) * time.Millisecond
		scope := store.CartScope{
			From: base + event.Time(rapid.IntRange(0, 2).Draw(r, "from")), To: base + event.Time(rapid.IntRange(4, 7).Draw(r, "to")),
			AsOf: base + event.Time(rapid.IntRange(0, 10).Draw(r, "as of")),
			Idle: idle, Recovery: idle + time.Duration(rapid.IntRange(0, 3).Draw(r, "more"))*time.Millisecond,
			Country: rapid.SampledFrom([]string{"", "DE"}).Draw(r, "of country"),
		}
		f.equalCarts(c, scope)
		f.equalRisk(c, scope)
	}
}

// equalCarts compares the lists and totals in scope with what c says.
func (f *fixture) equalCarts(c *store.Changes, scope store.CartScope) {
	f.Helper()
	totals := map[store.CartStatus]store.CartTotals{}
	pages := map[store.CartStatus][]store.CartRow{}
	ordered := said(c).OrderedAt
	for k, row := range c.Carts {
		if row.LastAt < scope.From || row.LastAt >= scope.To || scope.Country != "" && row.Country != scope.Country {
			continue
		}
		status := row.Status(ordered[k], scope.AsOf, scope.Idle, scope.Recovery)
		t := totals[status]
		t.Carts++
		if row.CheckoutAt != 0 && row.CheckoutAt <= scope.AsOf {
			t.CheckedOut++
		}
		t.Quantity += max(row.Quantity, 0)
		t.ValueMinor += max(row.ValueMinor, 0)
		totals[status] = t
		for _, s := range []store.CartStatus{status, ""} {
			pages[s] = append(pages[s], store.CartRow{Key: k, Cart: *row, OrderedAt: ordered[k]})
		}
	}
	got, err := f.CartTotals(f.Context(), scope)
	f.check(err)
	f.equal(totals, got)
	for _, status := range []store.CartStatus{
		"", store.CartActive, store.CartOrdered, store.CartAbandoned, store.CartRecovered, store.CartLost, store.CartCleared,
	} {
		want := pages[status]
		slices.SortFunc(want, func(a, b store.CartRow) int {
			return cmp.Or(cmp.Compare(b.Cart.LastAt, a.Cart.LastAt), cmp.Compare(b.Key.CartID, a.Key.CartID), cmp.Compare(b.Key.Episode, a.Key.Episode))
		})
		var rows []store.CartRow
		q := store.CartQuery{CartScope: scope, Status: status, Limit: 3}
		for {
			page, err := f.CartList(f.Context(), q)
			f.check(err)
			if len(page) == 0 {
				break
			}
			rows = append(rows, page...)
			q.Before = page[len(page)-1].Place()
		}
		f.equal(want, rows)
	}
}

func (f *fixture) equalRisk(c *store.Changes, scope store.CartScope) {
	f.Helper()
	var value event.Minor
	var carts int64
	ordered := said(c).OrderedAt
	for k, row := range c.Carts {
		status := row.Status(ordered[k], scope.AsOf, scope.Idle, scope.Recovery)
		value += row.AtRisk(status)
		if status == store.CartAbandoned {
			carts++
		}
	}
	gotValue, gotCarts, err := f.CartsAtRisk(f.Context(), scope.AsOf, scope.Idle, scope.Recovery)
	f.check(err)
	f.equal(value, gotValue)
	f.equal(carts, gotCarts)
}
