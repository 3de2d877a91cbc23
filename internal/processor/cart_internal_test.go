package processor

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
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

// TestCartsAreThoseOfTheDefinition runs a task over drawn events, with its topics
// in any interleaving, ticks, commits, snapshots and crashes anywhere.
func TestCartsAreThoseOfTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := quickRules()
		c := newCartRun(r, drawCartLog(t, r))
		now, newest := event.Time(0), event.Time(0)
		for c.next != [2]int{len(c.log[cartTopic]), len(c.log[orderTopic])} {
			switch step := rapid.IntRange(0, 11).Draw(t, "step"); {
			case step <= 6:
				topic := step % 2
				if c.next[topic] == len(c.log[topic]) {
					topic = 1 - topic
				}
				c.apply(topic)
			case step <= 8:
				now = max(now, c.latest()-event.Time(rapid.IntRange(0, 10*wheelMS).Draw(t, "behind")))
				c.carts.Tick(now, c.out)
				if newest = max(newest, now); now == newest {
					c.checkTick(t, now)
				}
			case step == 9:
				c.commit()
				c.check(t)
			case step == 10:
				c.commit()
				c.capture()
			default:
				c.restart(t)
				now = 0
			}
			c.checkLinks(t)
		}
		for range 70 { // minutes: until everything is forgotten
			newest = max(newest, cartNoon, lastTime(c.log)) + wheelMS
			c.carts.Tick(newest, c.out)
			c.checkTick(t, newest)
			c.checkLinks(t)
		}
		c.commit()
		if diff := cmp.Diff(plainCarts(r, c.log[cartTopic]), c.tables.carts, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("carts at rest (-plain +stored):\n%s", diff)
		}
		c.check(t)
		if left := c.carts.Snapshot(nil); !bytes.Equal(left, NewCarts(r).Snapshot(nil)) {
			t.Fatalf("%d bytes of state are left at the end", len(left))
		}
	})
}

func FuzzRestoreOfCarts(f *testing.F) {
	r := quickRules()
	c, out := NewCarts(r), store.NewChanges()
	for i := range 6 {
		e := event.Event{
			Type: event.TypeCartEvent, CartID: fmt.Sprint("c", i/4), VisitorID: "0190163d-8694-739b-aea5-966c26f8ad92", UserID: "u", Country: "DE",
			Action: event.ActionAdd, ProductID: "p", Quantity: 2, UnitPriceMinor: 100, ReceivedAt: cartNoon + event.Time(i), Timestamp: cartNoon + event.Time(i),
		}
		if i%2 == 1 {
			e.Action = event.ActionClear
		}
		c.Apply(&e, out)
	}
	state := c.Snapshot(nil)
	f.Add(state)
	f.Add(NewCarts(r).Snapshot(nil))
	for i := range state {
		f.Add(state[:i])
		changed := slices.Clone(state)
		changed[i] ^= 1 << (i % 8)
		f.Add(changed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := NewCarts(r)
		if err := c.Restore(b); err != nil {
			return
		}
		// What was taken for a state is one: it says the same once more, and can be
		// worked with.
		once := c.Snapshot(nil)
		again := NewCarts(r)
		if err := again.Restore(once); err != nil {
			t.Fatalf("restore of what was restored: %v", err)
		}
		if twice := again.Snapshot(nil); !bytes.Equal(once, twice) {
			t.Fatalf("kept as %x and then as %x", once, twice)
		}
		out := store.NewChanges()
		for i := range 4 {
			e := event.Event{Type: event.TypeCartEvent, CartID: fmt.Sprint("c", i%2), VisitorID: "v", Action: event.ActionAdd, ReceivedAt: cartNoon + event.Time(i), Timestamp: cartNoon + event.Time(i)}
			again.Apply(&e, out)
		}
		for range 3 {
			again.Tick(1<<52, out)
		}
	})
}

func TestAStateThatIsNotOneOfCartsIsRefused(t *testing.T) {
	c := NewCarts(quickRules())
	e := event.Event{Type: event.TypeCartEvent, CartID: "c", VisitorID: "v", Action: event.ActionAdd, ReceivedAt: cartNoon, Timestamp: cartNoon}
	c.Apply(&e, store.NewChanges())
	good := c.Snapshot(nil)
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"of another version": append([]byte{cartState + 1}, good[1:]...),
		"cut short":          good[:len(good)-1],
		"too long":           append(slices.Clone(good), 0),
		"one cart twice":     append(append([]byte{cartState, 2}, good[2:]...), good[2:]...),
		"fewer than it says": append([]byte{cartState, 2}, good[2:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := NewCarts(quickRules()).Restore(b); err == nil {
				t.Error("it is taken")
			}
		})
	}
	if err := NewCarts(quickRules()).Restore(good); err != nil {
		t.Errorf("the one that is whole: %v", err)
	}
}

// TestTheIndexFindsWhatIsInIt compares it with a map, with few hashes, so that
// chains are long and removals move things.
func TestTheIndexFindsWhatIsInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newCartIndex(), map[place]uint32{}
		base := rapid.SampledFrom([]uint32{0, 60, 0xffffffff}).Draw(t, "from hash")
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			p := place(rapid.IntRange(1, 100).Draw(t, "place"))
			hash := base + uint32(p)%7
			slot := x.find(hash, func(q place) bool { return q == p })
			if _, ok := want[p]; ok != (x.get(slot) == p) {
				t.Fatalf("%d is found: %v, want %v", p, !ok, ok)
			}
			if rapid.IntRange(0, 2).Draw(t, "step") > 0 {
				x.put(slot, hash, p)
				want[p] = hash
			} else if x.get(slot) == p {
				x.remove(slot)
				delete(want, p)
			}
		}
		for _, p := range slices.Sorted(maps.Keys(want)) {
			if got := x.get(x.find(want[p], func(q place) bool { return q == p })); got != p {
				t.Fatalf("found %d instead of %d", got, p)
			}
		}
		if x.used != len(want) {
			t.Fatalf("%d in use, want %d", x.used, len(want))
		}
	})
}

func TestIdsArePackedAndUnpacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(
			rapid.StringN(0, 30, event.MaxIDLength),
			rapid.Custom(func(t *rapid.T) string {
				return event.UUIDv7(event.Time(rapid.Int64Range(0, 1<<47).Draw(t, "ms")), rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
			}),
		).Draw(t, "id")
		packed, code := packID(nil, id)
		if len(packed) != packedLen(code) {
			t.Fatalf("%d bytes of code %d", len(packed), code)
		}
		if got := string(appendID([]byte("x"), packed, code)); got != "x"+id {
			t.Fatalf("got %q, want %q", got, "x"+id)
		}
	})
}

func TestAnActionMovesNoMoreThanTheLargestAmount(t *testing.T) {
	for name, tt := range map[string]struct {
		units int64
		price event.Minor
		want  event.Minor
	}{
		"plain":             {3, 5, 15},
		"taken out":         {-3, 5, -15},
		"for nothing":       {3, 0, 0},
		"as much as can be": {1e9, 1e6, 1e15},
		"more":              {1e9, 1e6 + 1, event.MaxAmount},
		"far more":          {event.MaxQuantity, event.MaxAmount, event.MaxAmount},
		"out":               {-event.MaxQuantity, event.MaxAmount, -event.MaxAmount},
	} {
		t.Run(name, func(t *testing.T) {
			if got := worth(tt.units, tt.price); got != tt.want {
				t.Errorf("found %d, want %d", got, tt.want)
			}
		})
	}
}
