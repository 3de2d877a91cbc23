package processor

import (
	"bytes"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Carts folds the actions on carts into episodes (see store.CartKey and
// store.Cart), and completed orders that were made of a cart into rows of their
// own. It never looks from one to the other, for they come from different topics:
// whether a cart was ordered is found when both are read.
//
// An action belongs to the newest episode of its cart, but for two cases. It
// begins a new one if the newest was cleared before it, by event time, or was
// left alone for longer than the rules' episode gap. And it belongs to an earlier
// one that was cleared at its time or later: a late action on a cart that has
// been emptied since does not fill the next one.
//
// A row is written when nothing was done for the rules' idle time, or at once
// when the cart is cleared or its row may be stored already; from then on with
// every action. An episode is remembered until its newest action is older than
// the episode gap and the horizon together. An action from before the horizon,
// which is taken only if it was mended by hand, moves nothing: what it belongs to
// may be forgotten, and whether it is depends on ticks.
type Carts struct {
	idle, gap, horizon event.Time

	index idIndex
	slab  slab
	ids   blocks
	wheel wheel[place]
	open  store.Open // the carts in it

	// Reused per event.
	packed, text []byte
}

// storedSlack is how far the clock of a task can have been ahead of the record time
// of an event that comes after: what was due by then may have been written, also by
// a worker that is gone. While a log rests the clock is the worker's own, and records
// are dated by whoever takes them in, so it is how far apart the clocks of these
// machines may be.
const storedSlack = event.Time(10 * time.Minute / time.Millisecond)

// keepSlack is how long state is kept on after no event should need it, for
// record times out of order.
const keepSlack = event.Time(30 * time.Minute / time.Millisecond)

// NewCarts returns the processor for the given rules.
func NewCarts(r rules.Rules) *Carts {
	c := &Carts{
		idle:    event.Time(r.Cart.Idle.Milliseconds()),
		gap:     event.Time(r.Cart.Episode.Milliseconds()),
		horizon: event.Time(r.Stream.Horizon.Milliseconds()),
	}
	c.reset()
	return c
}

func (c *Carts) reset() {
	c.index, c.slab, c.ids, c.wheel = newIDIndex(), newSlab(), newBlocks(), newWheel[place]()
	c.open = store.Open{}
}

// Apply takes an action on a cart, or a completed order of one; other events
// move nothing.
func (c *Carts) Apply(e *event.Event, out *store.Changes) {
	switch {
	case e.Type == event.TypeCartEvent && e.Time() >= e.ReceivedAt-c.horizon:
		c.act(e, out)
	case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted && e.CartID != "":
		c.order(e, out)
	}
}

func (c *Carts) order(e *event.Event, out *store.Changes) {
	o := store.CartOrder{At: e.Time()}
	for i := range e.Items {
		o.RevenueMinor += e.Items[i].BaseAmountMinor
	}
	both := e.CartID + e.TransactionID // one copy, which outlives the event
	n := len(e.CartID)
	out.PutCartOrder(store.CartOrderKey{CartID: both[:n], TransactionID: both[n:]}, o)
}

func (c *Carts) act(e *event.Event, out *store.Changes) {
	packed, code := packID(c.packed[:0], e.CartID)
	c.packed = packed
	hash := c.index.hash(packed)
	slot := c.index.find(hash, func(p place) bool { return c.isOf(p, packed, code) })
	newest, at := c.index.get(slot), e.Time()
	p := c.choose(newest, at)
	if p == 0 {
		p = c.begin(e, newest, code)
		c.index.put(slot, hash, p)
	}
	ep := c.slab.at(p)
	c.weigh(ep, -1)
	if e.ReceivedAt >= ep.lastAt+c.idle-storedSlack {
		ep.flags |= flagStored
	}
	ep.take(e, at)
	if ep.clearedAt != 0 {
		ep.flags |= flagStored
	}
	if ep.stored() {
		c.write(ep, out)
	}
	c.weigh(ep, +1)
}

// isOf reports whether the episode at p is of the cart with a packed id.
func (c *Carts) isOf(p place, packed []byte, code uint8) bool {
	ep := c.slab.at(p)
	return ep.codes[0] == code && bytes.Equal(c.ids.at(ep.ids, len(packed)), packed)
}

// choose returns the episode that an action at a time belongs to, of the cart
// whose newest one is given; 0 = a new one.
func (c *Carts) choose(newest place, at event.Time) place {
	if newest == 0 {
		return 0
	}
	p, ep := newest, c.slab.at(newest)
	if ep.clearedAt != 0 && at > ep.clearedAt || at > ep.lastAt+c.gap {
		return 0
	}
	for ep.older != 0 {
		older := c.slab.at(ep.older)
		if at > older.clearedAt {
			break
		}
		p, ep = ep.older, older
	}
	return p
}

// begin returns a new episode without actions. c.packed holds the cart's id.
func (c *Carts) begin(e *event.Event, newest place, code uint8) place {
	at := e.Time()
	ep := episode{number: at, firstAt: at, lastAt: at}
	if newest != 0 {
		ep.number = max(at, c.slab.at(newest).number+1)
	}
	var visitor, user uint8
	c.packed, visitor = packID(c.packed, e.VisitorID)
	c.packed, user = packID(c.packed, e.UserID)
	ep.codes = [...]uint8{code, visitor, user}
	copy(ep.country[:], e.Country)
	p := c.add(&ep, newest)
	c.wheel.add(at+c.idle, p)
	return p
}

// add keeps ep, whose ids are in c.packed, as the newest of its cart.
func (c *Carts) add(ep *episode, newest place) place {
	p := c.slab.take()
	ep.newer = p
	if newest != 0 {
		before := c.slab.at(newest)
		ep.older, ep.newer, before.newer = newest, before.newer, p
	}
	ep.ids = c.ids.take(len(c.packed))
	copy(c.ids.at(ep.ids, len(c.packed)), c.packed)
	*c.slab.at(p) = *ep
	return p
}

// take adds an action to the episode.
func (ep *episode) take(e *event.Event, at event.Time) {
	ep.firstAt, ep.lastAt = min(ep.firstAt, at), max(ep.lastAt, at)
	ep.actions++
	quantity := e.Quantity
	switch e.Action {
	case event.ActionCheckout:
		ep.checkoutAt = max(ep.checkoutAt, at)
		return
	case event.ActionClear:
		ep.clearedAt = max(ep.clearedAt, at)
		return
	case event.ActionRemove:
		quantity = -quantity
	case event.ActionAdd, event.ActionUpdate:
	}
	ep.quantity += quantity
	ep.value += worth(quantity, e.UnitPriceMinor)
}

// worth is what units are worth at a price, at most event.MaxAmount either way:
// no cart is worth more, and no sum of actions can overflow for it.
func worth(units int64, price event.Minor) event.Minor {
	if most := int64(event.MaxAmount); price > 0 && (units > most/int64(price) || units < -most/int64(price)) {
		if units < 0 {
			return -event.MaxAmount
		}
		return event.MaxAmount
	}
	return event.Minor(units) * price
}

// weigh adds ep to what is open, or takes it away with sign -1.
func (c *Carts) weigh(ep *episode, sign int64) {
	if ep.stored() || ep.quantity <= 0 {
		return
	}
	c.open.Carts += sign
	c.open.CartValueMinor += event.Minor(sign) * max(ep.value, 0)
}

// count adds the carts that hold something and have no row yet to o.
func (c *Carts) count(o *store.Open) {
	o.Carts += c.open.Carts
	o.CartValueMinor += c.open.CartValueMinor
}

// write puts the row of ep into out. A row that is there is replaced in place.
func (c *Carts) write(ep *episode, out *store.Changes) {
	c.text = c.text[:0]
	var ends [len(ep.codes)]int
	packed := c.packedIDs(ep)
	for i, code := range ep.codes {
		n := packedLen(code)
		c.text = appendID(c.text, packed[:n], code)
		packed, ends[i] = packed[n:], len(c.text)
	}
	row := out.Carts[store.CartKey{CartID: string(c.text[:ends[0]]), Episode: ep.number}]
	if row == nil {
		all := string(c.text) // one copy for the three
		row = &store.Cart{VisitorID: all[ends[0]:ends[1]], UserID: all[ends[1]:], Country: countryOf(ep.country)}
		out.Carts[store.CartKey{CartID: all[:ends[0]], Episode: ep.number}] = row
	}
	row.FirstAt, row.LastAt, row.CheckoutAt, row.ClearedAt = ep.firstAt, ep.lastAt, ep.checkoutAt, ep.clearedAt
	row.Actions, row.Quantity, row.ValueMinor = int64(ep.actions), ep.quantity, ep.value
}

// packedIDs returns the packed ids of cart, visitor and user, one after another.
func (c *Carts) packedIDs(ep *episode) []byte {
	n := 0
	for _, code := range ep.codes {
		n += packedLen(code)
	}
	return c.ids.at(ep.ids, n)
}

func countryOf(code [2]byte) string {
	if code == [2]byte{} {
		return ""
	}
	return string(code[:])
}
