package processor

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

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
