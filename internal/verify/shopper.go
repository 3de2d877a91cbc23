package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// followed bounds the events whose visitors are recomputed, to bound memory
// (about 100 bytes an event): a longer log is sampled by visitor and by cart.
const followed = 6_000_000

// stillOpen is how long before the last tick something may have been touched and
// yet not be written: a late event opens it again until the next tick.
const stillOpen = event.Time(60_000)

// checkStock is invariant 3: what is on hand is the first count and all updates
// less what was sold, with what came back, in each movement of each product.
func checkStock(ctx context.Context, e *evidence, r *Result) error {
	if e.isTrimmed() {
		r.note("stock was not compared: the log was trimmed, and stock is a sum from its beginning")
		return nil
	}
	want := maps.Clone(e.tables.Stock)
	for row, err := range e.view.Stock(ctx) {
		if err != nil {
			return err
		}
		r.Checked++
		w := want[row.ProductID]
		if w == nil {
			w = &store.Stock{}
		}
		delete(want, row.ProductID)
		compareStock(r, row.ProductID, w, &row.Stock)
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		compareStock(r, id, want[id], &store.Stock{})
	}
	return nil
}

func compareStock(r *Result, id string, want, got *store.Stock) {
	if *want == *got {
		return
	}
	for _, m := range []struct {
		field     string
		want, got int64
	}{
		{"on_hand", want.OnHand(), got.OnHand()},
		{"initial", want.Initial, got.Initial},
		{"restocked", want.Restocked, got.Restocked},
		{"adjusted", want.Adjusted, got.Adjusted},
		{"sold", want.Sold, got.Sold},
		{"returned", want.Returned, got.Returned},
	} {
		if m.want != m.got {
			r.differ("stock of "+quoted(id), m.field, m.want, m.got)
		}
	}
}

// isTrimmed reports whether the log of any topic-partition begins above what was
// applied.
func (e *evidence) isTrimmed() bool {
	return slices.ContainsFunc(e.parts, (*part).trimmed)
}

// checkShoppers is invariant 4: every event that was applied is in one session of
// its visitor and, if it is of a cart, in one episode of it. Stored ones are as the
// log says, and what is not stored is not at rest yet.
func checkShoppers(ctx context.Context, e *evidence, r *Result) error {
	if e.isTrimmed() {
		r.note("sessions and carts were not compared: the log was trimmed")
		return nil
	}
	if e.shoppers.OneIn > 1 {
		r.note("one in %d visitors and carts was recomputed, always the same ones", e.shoppers.OneIn)
	}
	clock, err := e.tickedUntil(ctx)
	if err != nil {
		return err
	}
	if err := e.checkSessions(ctx, clock, r); err != nil {
		return err
	}
	if err := e.checkCarts(ctx, clock, r); err != nil {
		return err
	}
	return e.checkCartOrders(ctx, r)
}

// tickedUntil returns the task clock up to which every task has written what was
// at rest; 0 if one has not said so.
func (e *evidence) tickedUntil(ctx context.Context) (event.Time, error) {
	var clock event.Time
	for row, err := range e.view.Open(ctx) {
		if err != nil {
			return 0, err
		}
		if clock == 0 || row.Open.Clock < clock {
			clock = row.Open.Clock
		}
	}
	return clock, nil
}

func (e *evidence) checkSessions(ctx context.Context, clock event.Time, r *Result) error {
	want := e.shoppers.Visitors.Sessions(e.Rules.Session)
	kept := e.recordTime().Add(-e.Rules.Session.Keep)
	for row, err := range e.view.Sessions(ctx) {
		if err != nil {
			return err
		}
		if row.Key.Start < kept || !e.shoppers.Keeps(row.Key.VisitorID) {
			continue
		}
		r.Checked++
		w, ok := want[row.Key]
		switch key := sessionText(row.Key); {
		case !ok:
			r.differ(key, "row", "none", fmt.Sprintf("%d events until %s", row.Session.Events, timeText(row.Session.End)))
		case w.Session != row.Session:
			r.differ(key, "row", fmt.Sprintf("%+v", w.Session), fmt.Sprintf("%+v", row.Session))
		}
		delete(want, row.Key)
	}
	gap := event.Time(e.Rules.Session.Gap.Milliseconds())
	for k, s := range want {
		if k.Start >= kept && s.End+gap <= clock && s.Received < clock-stillOpen {
			r.differ(sessionText(k), "row", fmt.Sprintf("%d events until %s", s.Events, timeText(s.End)), "none")
		}
	}
	return nil
}

func sessionText(k store.SessionKey) string {
	return fmt.Sprintf("session of %s from %s", quoted(k.VisitorID), timeText(k.Start))
}

func (e *evidence) checkCarts(ctx context.Context, clock event.Time, r *Result) error {
	want := e.episodes()
	orders := ordersByCart(e.shoppers.Carts.Orders)
	kept := e.recordTime().Add(-e.Rules.Cart.Keep)
	for row, err := range e.view.Carts(ctx) {
		if err != nil {
			return err
		}
		if row.Cart.LastAt < kept || !e.shoppers.Keeps(row.Key.CartID) {
			continue
		}
		r.Checked++
		w, ok := want[row.Key]
		switch key := cartText(row.Key); {
		case !ok:
			r.differ(key, "row", "none", fmt.Sprintf("%d actions until %s", row.Cart.Actions, timeText(row.Cart.LastAt)))
		case w.Cart != row.Cart:
			r.differ(key, "row", fmt.Sprintf("%+v", w.Cart), fmt.Sprintf("%+v", row.Cart))
		default:
			if at := orderedAt(orders[row.Key.CartID], row.Cart.FirstAt); at != row.OrderedAt {
				r.differ(key, "ordered_at", timeText(at), timeText(row.OrderedAt))
			}
		}
		delete(want, row.Key)
	}
	idle := event.Time(e.Rules.Cart.Idle.Milliseconds())
	for k, w := range want {
		if w.Cart.LastAt >= kept && w.Cart.LastAt+idle <= clock && w.Received < clock-stillOpen {
			r.differ(cartText(k), "row", fmt.Sprintf("%d actions until %s", w.Cart.Actions, timeText(w.Cart.LastAt)), "none")
		}
	}
	return nil
}

func cartText(k store.CartKey) string {
	return fmt.Sprintf("cart %s from %s", quoted(k.CartID), timeText(k.Episode))
}

// episodes returns those of all carts by their key.
func (e *evidence) episodes() map[store.CartKey]model.Episode {
	all := map[store.CartKey]model.Episode{}
	for id, episodes := range e.shoppers.Carts.Episodes {
		for _, ep := range *episodes {
			all[store.CartKey{CartID: id, Episode: ep.Number}] = ep
		}
	}
	return all
}

// ordersByCart returns the times of orders by the cart that they were made of.
func ordersByCart(orders map[store.CartOrderKey]store.CartOrder) map[string][]event.Time {
	by := map[string][]event.Time{}
	for k, o := range orders {
		by[k.CartID] = append(by[k.CartID], o.At)
	}
	return by
}

// orderedAt returns the earliest of times that is not before first; 0 if none is.
func orderedAt(times []event.Time, first event.Time) event.Time {
	var earliest event.Time
	for _, at := range times {
		if at >= first && (earliest == 0 || at < earliest) {
			earliest = at
		}
	}
	return earliest
}

func (e *evidence) checkCartOrders(ctx context.Context, r *Result) error {
	want := maps.Clone(e.shoppers.Carts.Orders)
	kept := e.recordTime().Add(-e.Rules.Cart.Keep)
	text := func(k store.CartOrderKey) string {
		return fmt.Sprintf("order %s of cart %s", quoted(k.TransactionID), quoted(k.CartID))
	}
	for row, err := range e.view.CartOrders(ctx) {
		if err != nil {
			return err
		}
		if row.Order.At < kept || !e.shoppers.Keeps(row.Key.CartID) {
			continue
		}
		r.Checked++
		if w, ok := want[row.Key]; !ok || w != row.Order {
			r.differ(text(row.Key), "row", fmt.Sprintf("%+v", w), fmt.Sprintf("%+v", row.Order))
		}
		delete(want, row.Key)
	}
	for k, o := range want {
		if o.At >= kept {
			r.differ(text(k), "row", fmt.Sprintf("%+v", o), "none")
		}
	}
	return nil
}
