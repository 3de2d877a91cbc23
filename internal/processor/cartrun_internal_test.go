package processor

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

const cartNoon = event.Time(1_779_969_600_000)

// quickRules have short times, so that few events meet all of them.
func quickRules() rules.Rules {
	r := rules.Default()
	r.Stream.Horizon = 10 * time.Minute
	r.Cart.Idle, r.Cart.Episode, r.Cart.Recovery = 5*time.Minute, 20*time.Minute, time.Hour
	return r
}

// plainEpisode is an episode as the definition has it.
type plainEpisode struct {
	number event.Time
	cart   store.Cart
}

// plainCarts returns the rows of the actions on carts, in the order of their log,
// by the definition and in the plainest way; nothing is ever forgotten. What is
// older than the horizon was mended and does not count.
func plainCarts(r rules.Rules, actions []event.Event) map[store.CartKey]store.Cart {
	episodes := map[string][]*plainEpisode{}
	for i := range actions {
		e := &actions[i]
		of := episodes[e.CartID]
		at := e.Time()
		if e.ReceivedAt-at > event.Time(r.Stream.Horizon.Milliseconds()) {
			continue
		}
		var mine *plainEpisode
		for _, ep := range of {
			if ep.cart.ClearedAt >= at { // earlier ones that were cleared in time, the first of them
				mine = ep
				break
			}
		}
		if n := len(of); mine == nil && n > 0 && of[n-1].cart.ClearedAt == 0 && at <= of[n-1].cart.LastAt.Add(r.Cart.Episode) {
			mine = of[n-1]
		}
		if mine == nil {
			mine = &plainEpisode{number: at, cart: store.Cart{
				VisitorID: e.VisitorID, UserID: e.UserID, Country: e.Country, FirstAt: at, LastAt: at,
			}}
			if n := len(of); n > 0 {
				mine.number = max(at, of[n-1].number+1)
			}
			episodes[e.CartID] = append(of, mine)
		}
		c := &mine.cart
		c.Actions++
		c.FirstAt, c.LastAt = min(c.FirstAt, at), max(c.LastAt, at)
		switch e.Action {
		case event.ActionAdd, event.ActionUpdate:
			c.Quantity += e.Quantity
			c.ValueMinor += event.Minor(e.Quantity) * e.UnitPriceMinor
		case event.ActionRemove:
			c.Quantity -= e.Quantity
			c.ValueMinor -= event.Minor(e.Quantity) * e.UnitPriceMinor
		case event.ActionCheckout:
			c.CheckoutAt = max(c.CheckoutAt, at)
		case event.ActionClear:
			c.ClearedAt = max(c.ClearedAt, at)
		}
	}
	rows := map[store.CartKey]store.Cart{}
	for id, of := range episodes {
		for _, ep := range of {
			rows[store.CartKey{CartID: id, Episode: ep.number}] = ep.cart
		}
	}
	return rows
}

// plainOrders returns the rows of completed orders of carts.
func plainOrders(orders []event.Event) map[store.CartOrderKey]store.CartOrder {
	rows := map[store.CartOrderKey]store.CartOrder{}
	for i := range orders {
		e := &orders[i]
		if e.Status == event.StatusCompleted && e.CartID != "" {
			rows[store.CartOrderKey{CartID: e.CartID, TransactionID: e.TransactionID}] = store.CartOrder{
				At: e.Time(), RevenueMinor: e.Items[0].BaseAmountMinor + e.Items[1].BaseAmountMinor,
			}
		}
	}
	return rows
}

// orderedAt is the order of an episode by its definition.
func orderedAt(k store.CartKey, c store.Cart, orders map[store.CartOrderKey]store.CartOrder) event.Time {
	first := event.Time(0)
	for order, o := range orders {
		if order.CartID == k.CartID && o.At >= c.FirstAt && (first == 0 || o.At < first) {
			first = o.At
		}
	}
	return first
}

// cartTables are what a store holds of carts. It keeps the order of an episode
// beside its row, brought up to date with every row of either kind.
type cartTables struct {
	carts   map[store.CartKey]store.Cart
	orders  map[store.CartOrderKey]store.CartOrder
	ordered map[store.CartKey]event.Time
}

func newCartTables() *cartTables {
	return &cartTables{carts: map[store.CartKey]store.Cart{}, orders: map[store.CartOrderKey]store.CartOrder{}, ordered: map[store.CartKey]event.Time{}}
}

func (t *cartTables) commit(out *store.Changes) {
	for k, o := range out.CartOrders {
		t.orders[k] = o
		for key, c := range t.carts {
			if key.CartID == k.CartID {
				t.ordered[key] = orderedAt(key, c, t.orders)
			}
		}
	}
	for k, c := range out.Carts {
		t.carts[k] = *c
		t.ordered[k] = orderedAt(k, *c, t.orders)
	}
}

// cartLog are the events of two topics in the order of each.
type cartLog [2][]event.Event

const (
	cartTopic = iota
	orderTopic
)

// drawCartLog draws actions on a few carts and orders of them: at all distances
// around the times of the rules, late up to the horizon or mended after it, and
// with record times that are half a minute out of order.
func drawCartLog(t *rapid.T, r rules.Rules) cartLog {
	var log cartLog
	carts := rapid.SampledFrom([]string{"c", "0190163d-8694-739b-aea5-966c26f8ad91", "a cart with a longer name"})
	pauses := []time.Duration{0, time.Second, time.Minute, r.Cart.Idle - 10*time.Second, r.Cart.Idle, r.Cart.Episode, r.Stream.Horizon}
	actions := []event.Action{event.ActionAdd, event.ActionAdd, event.ActionAdd, event.ActionRemove, event.ActionUpdate, event.ActionClear, event.ActionCheckout}
	now, horizon := cartNoon, r.Stream.Horizon.Milliseconds()
	for i := range rapid.IntRange(0, 30).Draw(t, "events") {
		now = now.Add(rapid.SampledFrom(pauses).Draw(t, "pause")) + event.Time(rapid.IntRange(0, 2).Draw(t, "and"))
		received := now + event.Time(rapid.IntRange(-15_000, 15_000).Draw(t, "disorder"))
		late := event.Time(rapid.SampledFrom([]int64{0, 0, 0, 0, 1, 2, 60_000, 5 * 60_000, horizon, horizon + 1, 10 * horizon}).Draw(t, "late"))
		e := event.Event{
			CartID: carts.Draw(t, "cart"), VisitorID: rapid.SampledFrom([]string{"v", "0190163d-8694-739b-aea5-966c26f8ad92"}).Draw(t, "visitor"),
			UserID:    rapid.SampledFrom([]string{"", "u"}).Draw(t, "user"),
			Country:   rapid.SampledFrom([]string{"", "DE"}).Draw(t, "country"),
			Timestamp: received - late, ReceivedAt: received,
		}
		if rapid.IntRange(0, 4).Draw(t, "topic") == 0 {
			e.Type, e.TransactionID = event.TypeTransaction, fmt.Sprint("t", i)
			e.Status = rapid.SampledFrom([]event.Status{event.StatusCompleted, event.StatusCompleted, event.StatusFailed, event.StatusRefunded}).Draw(t, "status")
			e.Items = []event.Item{{ProductID: "p", Quantity: 1, BaseAmountMinor: event.Minor(i)}, {ProductID: "q", Quantity: 1, BaseAmountMinor: 7}}
			log[orderTopic] = append(log[orderTopic], e)
			continue
		}
		e.Type, e.ProductID = event.TypeCartEvent, "p"
		e.Action = rapid.SampledFrom(actions).Draw(t, "action")
		e.Quantity, e.UnitPriceMinor = rapid.Int64Range(0, 3).Draw(t, "quantity"), event.Minor(rapid.IntRange(0, 2).Draw(t, "price"))
		if e.Action == event.ActionUpdate {
			e.Quantity -= 2
		}
		log[cartTopic] = append(log[cartTopic], e)
	}
	return log
}

// lastTime is the newest record time of all.
func lastTime(log cartLog) event.Time {
	last := event.Time(0)
	for _, e := range slices.Concat(log[:]...) {
		last = max(last, e.ReceivedAt)
	}
	return last
}

// cartRun is a task of carts alone as the engine runs it.
type cartRun struct {
	rules     rules.Rules
	log       cartLog
	carts     *Carts
	out       *store.Changes
	next      [2]int
	committed [2]int
	snapshot  []byte
	at        [2]int // of the snapshot
	tables    *cartTables
}

func newCartRun(r rules.Rules, log cartLog) *cartRun {
	return &cartRun{rules: r, log: log, carts: NewCarts(r), out: store.NewChanges(), tables: newCartTables()}
}

func (c *cartRun) apply(topic int) {
	e := c.log[topic][c.next[topic]]
	c.next[topic]++
	c.carts.Apply(&e, c.out)
}

func (c *cartRun) commit() {
	c.tables.commit(c.out)
	c.out, c.committed = store.NewChanges(), c.next
}

func (c *cartRun) capture() {
	c.snapshot, c.at = c.carts.Snapshot(nil), c.next
}

// latest is the latest time that the clock can show: what is not folded yet may
// be half a minute out of order.
func (c *cartRun) latest() event.Time {
	at := event.Time(1) << 60
	for topic, next := range c.next {
		for i := next; i < len(c.log[topic]); i++ {
			at = min(at, c.log[topic][i].ReceivedAt+30_000)
		}
	}
	return at
}

// restart forgets what is not committed, restores the snapshot, if there is one,
// and folds what is committed again, without ticks.
func (c *cartRun) restart(t *rapid.T) {
	c.carts, c.out, c.next = NewCarts(c.rules), store.NewChanges(), [2]int{}
	if c.snapshot != nil {
		if err := c.carts.Restore(c.snapshot); err != nil {
			t.Fatal(err)
		}
		c.next = c.at
	}
	for c.next != c.committed {
		topic := rapid.IntRange(0, 1).Draw(t, "topic of the replay")
		if c.next[topic] == c.committed[topic] {
			topic = 1 - topic
		}
		c.apply(topic)
	}
	c.out.DropIncrements()
}

// check compares what is stored with the plain rows of what is committed.
func (c *cartRun) check(t *rapid.T) {
	want := plainCarts(c.rules, c.log[cartTopic][:c.committed[cartTopic]])
	for k := range want {
		if _, ok := c.tables.carts[k]; !ok {
			delete(want, k) // not at rest yet
		}
	}
	if diff := cmp.Diff(want, c.tables.carts, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("stored carts (-plain +stored):\n%s", diff)
	}
	c.checkOrders(t, c.committed[orderTopic])
}

func (c *cartRun) checkOrders(t *rapid.T, n int) {
	orders := plainOrders(c.log[orderTopic][:n])
	if diff := cmp.Diff(orders, c.tables.orders, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("stored orders (-plain +stored):\n%s", diff)
	}
	for k, cart := range c.tables.carts {
		if want := orderedAt(k, cart, orders); c.tables.ordered[k] != want {
			t.Fatalf("%v is ordered at %d, want %d", k, c.tables.ordered[k], want)
		}
	}
}

// checkTick compares what is written, and what is open, after a tick at the
// latest time so far.
func (c *cartRun) checkTick(t *rapid.T, now event.Time) {
	var got, want store.Open
	c.carts.count(&got)
	for k, cart := range plainCarts(c.rules, c.log[cartTopic][:c.next[cartTopic]]) {
		_, stored := c.tables.carts[k]
		if _, written := c.out.Carts[k]; stored || written {
			continue
		}
		if cart.LastAt.Add(c.rules.Cart.Idle) <= now {
			t.Fatalf("%v is at rest since %d and not written at %d", k, cart.LastAt, now)
		}
		if cart.Quantity > 0 {
			want.Carts++
			want.CartValueMinor += max(cart.ValueMinor, 0)
		}
	}
	if got != want {
		t.Fatalf("open: found %+v, want %+v", got, want)
	}
}

// checkLinks checks that every episode in use leads to the others of its cart
// and that the index leads to it.
func (c *cartRun) checkLinks(t *rapid.T) {
	in := map[place]bool{}
	for _, slot := range c.carts.index.slots {
		newest := place(slot)
		if newest == 0 {
			continue
		}
		oldest := newest
		for p := newest; p != 0; p = c.carts.slab.at(p).older {
			in[p], oldest = true, p
			if older := c.carts.slab.at(p).older; older != 0 && c.carts.slab.at(older).newer != p {
				t.Fatalf("%d comes after %d, which does not lead to it", p, older)
			}
		}
		if got := c.carts.slab.at(newest).newer; got != oldest {
			t.Fatalf("the newest episode leads to %d, want the oldest, %d", got, oldest)
		}
	}
	for p := place(1); p < c.carts.slab.used; p++ {
		if ep := c.carts.slab.at(p); ep.actions > 0 && !in[p] {
			t.Fatalf("%d is not reached", p)
		}
	}
}
