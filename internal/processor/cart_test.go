package processor_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/store"
)

const (
	aSecond = event.Time(1000)
	aMinute = 60 * aSecond
	anHour  = 60 * aMinute
	aDay    = 24 * anHour
)

// action is one of quantity units at 500 each, taken as it happens.
func action(cart string, at event.Time, what event.Action, quantity int64) event.Event {
	return event.Event{
		Type: event.TypeCartEvent, CartID: cart, VisitorID: "v", UserID: "u", Country: "DE", ProductID: "p", Action: what,
		Quantity: quantity, UnitPriceMinor: 500, Timestamp: at, ReceivedAt: at,
	}
}

func adds(cart string, at event.Time) event.Event { return action(cart, at, event.ActionAdd, 2) }

// late returns e as taken only at a time.
func late(e event.Event, received event.Time) event.Event {
	e.ReceivedAt = received
	return e
}

// orderOf is a completed order that was made of a cart.
func orderOf(cart string, at event.Time) event.Event {
	e := order(at, "DE", item("Books", 1, 700), item("Toys", 1, 300))
	e.CartID, e.TransactionID, e.VisitorID = cart, "t", "v"
	return e
}

// episodes are the rows of carts with their orders, by cart and episode.
type episodes []store.CartRow

// cartsOf folds events and returns what is stored of carts after a tick at a
// time.
func cartsOf(at event.Time, events ...event.Event) episodes {
	f, out := processor.New(store.TaskID{Family: store.Shopping}, rulesOf("UTC")), store.NewChanges()
	for i := range events {
		f.Apply(&events[i], out)
	}
	f.Tick(at, out)
	return rowsOf(out)
}

func rowsOf(out *store.Changes) episodes {
	var rows episodes
	for k, c := range out.Carts {
		row := store.CartRow{Key: k, Cart: *c}
		for of, o := range out.CartOrders {
			if of.CartID == k.CartID && o.At >= c.FirstAt && (row.OrderedAt == 0 || o.At < row.OrderedAt) {
				row.OrderedAt = o.At
			}
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b store.CartRow) int {
		return cmp.Or(cmp.Compare(a.Key.CartID, b.Key.CartID), cmp.Compare(a.Key.Episode, b.Key.Episode))
	})
	return rows
}

// statuses are those of the default rules as of a time.
func (rows episodes) statuses(asOf event.Time) (all []store.CartStatus, atRisk event.Minor) {
	r := rulesOf("UTC").Cart
	for i := range rows {
		c := &rows[i].Cart
		status := c.Status(rows[i].OrderedAt, asOf, r.Idle, r.Recovery)
		all = append(all, status)
		atRisk += c.AtRisk(status)
	}
	return all, atRisk
}

func TestWhatBecomesOfCarts(t *testing.T) {
	clears := func(at event.Time) event.Event { return action("c", at, event.ActionClear, 0) }
	removes := func(at event.Time, n int64) event.Event { return action("c", at, event.ActionRemove, n) }
	for name, tt := range map[string]struct {
		events []event.Event
		after  event.Time // noon
		want   []store.CartStatus
		atRisk event.Minor
	}{
		"left alone":              {[]event.Event{adds("c", noon)}, anHour, []store.CartStatus{store.CartAbandoned}, 1000},
		"one's own live cart":     {[]event.Event{adds("c", noon), adds("c", noon+50*aMinute)}, anHour, []store.CartStatus{store.CartActive}, 0},
		"only looked at":          {[]event.Event{adds("c", noon), action("c", noon+50*aMinute, event.ActionUpdate, 0)}, anHour, []store.CartStatus{store.CartActive}, 0},
		"bought":                  {[]event.Event{adds("c", noon), orderOf("c", noon+aMinute)}, anHour, []store.CartStatus{store.CartOrdered}, 0},
		"bought and then cleared": {[]event.Event{adds("c", noon), orderOf("c", noon+aMinute), clears(noon + aMinute)}, anHour, []store.CartStatus{store.CartOrdered}, 0},
		"cleared":                 {[]event.Event{adds("c", noon), clears(noon + aMinute)}, anHour, []store.CartStatus{store.CartCleared}, 0},
		"emptied by removing all": {[]event.Event{adds("c", noon), removes(noon+aMinute, 1), removes(noon+2*aMinute, 1)}, anHour, []store.CartStatus{store.CartCleared}, 0},
		"emptied by an update":    {[]event.Event{adds("c", noon), action("c", noon+aMinute, event.ActionUpdate, -2)}, anHour, []store.CartStatus{store.CartCleared}, 0},
		"emptied but for one":     {[]event.Event{adds("c", noon), removes(noon+aMinute, 1)}, anHour, []store.CartStatus{store.CartAbandoned}, 500},
		"bought days later":       {[]event.Event{adds("c", noon), orderOf("c", noon+3*aDay)}, 4 * aDay, []store.CartStatus{store.CartRecovered}, 0},
		"bought a month later":    {[]event.Event{adds("c", noon), orderOf("c", noon+30*aDay)}, 31 * aDay, []store.CartStatus{store.CartLost}, 0},
		"never bought":            {[]event.Event{adds("c", noon)}, 8 * aDay, []store.CartStatus{store.CartLost}, 0},
		"the order comes first":   {[]event.Event{orderOf("c", noon+aMinute), adds("c", noon)}, anHour, []store.CartStatus{store.CartOrdered}, 0},
		"a late order takes the abandonment back": {
			[]event.Event{adds("c", noon), late(orderOf("c", noon+aMinute), noon+110*aMinute)},
			2 * anHour,
			[]store.CartStatus{store.CartOrdered},
			0,
		},
		"an order that failed": {[]event.Event{adds("c", noon), status(orderOf("c", noon+aMinute), event.StatusFailed)}, anHour, []store.CartStatus{store.CartAbandoned}, 1000},
		"of three carts of one person one is bought": {
			[]event.Event{adds("a", noon), adds("b", noon+aMinute), adds("c", noon+2*aMinute), orderOf("b", noon+3*aMinute)},
			anHour,
			[]store.CartStatus{store.CartAbandoned, store.CartOrdered, store.CartAbandoned},
			2000,
		},
		"filled again after a clear": {
			[]event.Event{adds("c", noon), clears(noon + aMinute), adds("c", noon+2*aMinute)},
			anHour,
			[]store.CartStatus{store.CartCleared, store.CartAbandoned},
			1000,
		},
		"filled and bought after a clear": {
			[]event.Event{adds("c", noon), clears(noon + aMinute), adds("c", noon+2*aMinute), orderOf("c", noon+3*aMinute)},
			anHour,
			[]store.CartStatus{store.CartCleared, store.CartOrdered},
			0,
		},
		"an order from before a clear is not of what came after": {
			[]event.Event{adds("c", noon), orderOf("c", noon+aMinute), clears(noon + 2*aMinute), adds("c", noon+3*aMinute)},
			anHour,
			[]store.CartStatus{store.CartOrdered, store.CartAbandoned},
			1000,
		},
		"an action from before a clear does not fill the next": {
			[]event.Event{adds("c", noon), clears(noon + 2*aMinute), adds("c", noon+3*aMinute), late(adds("c", noon+aMinute), noon+4*aMinute)},
			anHour,
			[]store.CartStatus{store.CartCleared, store.CartAbandoned},
			1000,
		},
		"an action with the clear is of what was cleared": {
			[]event.Event{adds("c", noon), clears(noon + aMinute), adds("c", noon+aMinute)},
			anHour,
			[]store.CartStatus{store.CartCleared},
			0,
		},
		"an action mended after the horizon moves nothing": {
			[]event.Event{adds("c", noon), late(adds("c", noon+aMinute), noon+aMinute+2*anHour+1)},
			3 * anHour,
			[]store.CartStatus{store.CartAbandoned},
			1000,
		},
		"an action as late as can be does": {
			[]event.Event{adds("c", noon), late(adds("c", noon+aMinute), noon+aMinute+2*anHour)},
			3 * anHour,
			[]store.CartStatus{store.CartAbandoned},
			2000,
		},
		"a day later it is still the same": {
			[]event.Event{adds("c", noon), adds("c", noon+aDay)},
			aDay + anHour,
			[]store.CartStatus{store.CartAbandoned},
			2000,
		},
		"after a day it is another one": {
			[]event.Event{adds("c", noon), adds("c", noon+aDay+1)},
			aDay + anHour,
			[]store.CartStatus{store.CartAbandoned, store.CartAbandoned},
			2000,
		},
		"used again after days, and bought": {
			[]event.Event{adds("c", noon), adds("c", noon+3*aDay), orderOf("c", noon+3*aDay+aMinute)},
			3*aDay + anHour,
			[]store.CartStatus{store.CartRecovered, store.CartOrdered},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			statuses, atRisk := cartsOf(noon+tt.after, tt.events...).statuses(noon + tt.after)
			check(t, "statuses", tt.want, statuses)
			if atRisk != tt.atRisk {
				t.Errorf("%d at risk, want %d", atRisk, tt.atRisk)
			}
		})
	}
}

func TestTheRowOfACart(t *testing.T) {
	other := action("c", noon+2*aMinute, event.ActionRemove, 1)
	other.VisitorID, other.UserID, other.Country, other.UnitPriceMinor = "w", "", "FR", 300
	rows := cartsOf(
		noon+anHour,
		adds("c", noon+aMinute), late(adds("c", noon), noon+aMinute), other,
		action("c", noon+3*aMinute, event.ActionUpdate, -1), action("c", noon+4*aMinute, event.ActionCheckout, 9),
		orderOf("c", noon+5*aMinute), action("c", noon+6*aMinute, event.ActionClear, 9),
	)
	check(t, "rows", episodes{{
		Key: store.CartKey{CartID: "c", Episode: noon + aMinute},
		Cart: store.Cart{
			VisitorID: "v", UserID: "u", Country: "DE", FirstAt: noon, LastAt: noon + 6*aMinute, CheckoutAt: noon + 4*aMinute, ClearedAt: noon + 6*aMinute,
			Actions: 6, Quantity: 2, ValueMinor: 2*1000 - 300 - 500,
		},
		OrderedAt: noon + 5*aMinute,
	}}, rows)
}

func TestAnOrderOfACartIsARow(t *testing.T) {
	without := orderOf("", noon)
	again := orderOf("c", noon-aMinute)
	out := fold(store.Shopping, rulesOf("UTC"), orderOf("c", noon), without, again, refundOf(orderOf("d", noon)), status(orderOf("e", noon), event.StatusPending))
	check(t, "orders", map[store.CartOrderKey]store.CartOrder{
		{CartID: "c", TransactionID: "t"}: {At: noon - aMinute, RevenueMinor: 1000},
	}, out.CartOrders)
}

func TestACartIsWrittenWhenItIsAtRest(t *testing.T) {
	f, out := processor.New(store.TaskID{Family: store.Shopping, Partition: 3}, rulesOf("UTC")), store.NewChanges()
	step := func(what string, carts, open int, value event.Minor, do func()) {
		t.Helper()
		clear(out.Carts)
		do()
		if len(out.Carts) != carts {
			t.Errorf("%s: %d rows, want %d", what, len(out.Carts), carts)
		}
		o := out.Open[3]
		if o == nil {
			o = &store.Open{}
		}
		if o.Carts != int64(open) || o.CartValueMinor != value {
			t.Errorf("%s: open are %d of %d, want %d of %d", what, o.Carts, o.CartValueMinor, open, value)
		}
	}
	apply := func(e event.Event) func() { return func() { f.Apply(&e, out) } }
	tick := func(at event.Time) func() { return func() { f.Tick(at, out) } }
	step("an action", 0, 0, 0, apply(adds("c", noon)))
	step("a tick", 0, 1, 1000, tick(noon+aSecond))
	step("another action", 0, 1, 1000, apply(action("c", noon+19*aMinute, event.ActionAdd, 1)))
	step("half an hour after the first", 0, 1, 1500, tick(noon+30*aMinute))
	step("a moment before it is idle", 0, 1, 1500, tick(noon+49*aMinute-1))
	step("idle", 1, 0, 0, tick(noon+49*aMinute))
	step("later", 0, 0, 0, tick(noon+anHour))
	step("touched once more", 1, 0, 0, apply(adds("c", noon+anHour)))
	step("and again", 1, 0, 0, apply(adds("c", noon+anHour+aMinute)))
	step("at rest again", 0, 0, 0, tick(noon+2*anHour))
	step("another cart", 0, 0, 0, apply(adds("d", noon+2*anHour)))
	step("is cleared", 1, 0, 0, apply(action("d", noon+2*anHour, event.ActionClear, 0)))
	step("and was counted", 0, 0, 0, tick(noon+2*anHour))
}

func TestTheOpenCartsAreWrittenWhenTheyChange(t *testing.T) {
	f := processor.New(store.TaskID{Family: store.Shopping}, rulesOf("UTC"))
	e := adds("c", noon)
	for _, tt := range []struct {
		what  string
		apply bool
		at    event.Time
		want  bool
	}{
		{"at first", false, noon, true},
		{"nothing happened", false, noon + aSecond, false},
		{"a cart", true, noon + 2*aSecond, true},
		{"again nothing", false, noon + 3*aSecond, false},
		{"at rest", false, noon + anHour, true},
	} {
		out := store.NewChanges()
		if tt.apply {
			f.Apply(&e, out)
		}
		f.Tick(tt.at, out)
		open := out.Open[0]
		if (open != nil) != tt.want {
			t.Errorf("%s: a row: %v, want %v", tt.what, open != nil, tt.want)
		}
		if open != nil && open.Clock != tt.at {
			t.Errorf("%s: counted at %s, want %s", tt.what, open.Clock, tt.at)
		}
	}
}

// TestWhatACartHoldsOutlivesItsEvents writes over the memory of each.
func TestWhatACartHoldsOutlivesItsEvents(t *testing.T) {
	f, out := processor.New(store.TaskID{Family: store.Shopping}, rulesOf("UTC")), store.NewChanges()
	var dec event.Decoder
	add, buy := adds("cart", noon), orderOf("cart", noon)
	add.ID, buy.ID, buy.Currency = "1", "2", "USD"
	for _, e := range []event.Event{add, buy} {
		b := e.AppendJSON(nil)
		var decoded event.Event
		if err := dec.Decode(b, noon, &decoded); err != nil {
			t.Fatal(err)
		}
		f.Apply(&decoded, out)
		clear(b)
	}
	f.Tick(noon.Add(time.Hour), out)
	rows := slices.Collect(maps.Keys(out.Carts))
	check(t, "keys", []store.CartKey{{CartID: "cart", Episode: noon}}, rows)
	for _, c := range out.Carts {
		if c.VisitorID != "v" || c.UserID != "u" || c.Country != "DE" {
			t.Errorf("found %+v", c)
		}
	}
	check(t, "orders", []store.CartOrderKey{{CartID: "cart", TransactionID: "t"}}, slices.Collect(maps.Keys(out.CartOrders)))
}

// TestWhatMayHaveBeenWrittenBeforeARestartIsWrittenAgain folds without ticks, as
// a replay does: the clock can have been up to ten minutes ahead of the record that
// comes next.
func TestWhatMayHaveBeenWrittenBeforeARestartIsWrittenAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		next event.Time
		want int
	}{
		"too early for it to be idle": {noon + 20*aMinute - 1, 0},
		"hardly early enough":         {noon + 20*aMinute, 1},
		"idle":                        {noon + 30*aMinute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if out := fold(store.Shopping, rulesOf("UTC"), adds("c", noon), adds("c", tt.next)); len(out.Carts) != tt.want {
				t.Errorf("%d rows, want %d", len(out.Carts), tt.want)
			}
		})
	}
}

func TestEpisodesAreNumberedUpwards(t *testing.T) {
	clears := late(action("c", noon+2*aMinute, event.ActionClear, 0), noon+5*aMinute)
	rows := cartsOf(noon+anHour, adds("c", noon+5*aMinute), clears, late(adds("c", noon+3*aMinute), noon+6*aMinute))
	var found []event.Time
	for _, row := range rows {
		found = append(found, row.Key.Episode)
	}
	check(t, "episodes", []event.Time{noon + 5*aMinute, noon + 5*aMinute + 1}, found)
}

// TestACartIsRememberedForAsLongAsAnActionCanBelongToIt ticks every minute until
// the latest action that does is there, as late as it can be.
func TestACartIsRememberedForAsLongAsAnActionCanBelongToIt(t *testing.T) {
	f, out := processor.New(store.TaskID{Family: store.Shopping}, rulesOf("UTC")), store.NewChanges()
	first, last := adds("c", noon), late(adds("c", noon+aDay), noon+aDay+2*anHour)
	f.Apply(&first, out)
	for now := noon; now < last.ReceivedAt+aMinute; now += aMinute {
		f.Tick(now, out)
	}
	f.Apply(&last, out)
	if c := out.Carts[store.CartKey{CartID: "c", Episode: noon}]; len(out.Carts) != 1 || c == nil || c.Actions != 2 {
		t.Errorf("found %+v, want one episode of two actions", rowsOf(out))
	}
}
