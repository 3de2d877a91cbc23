package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	idle     = 30 * time.Minute
	recovery = 7 * 24 * time.Hour

	minute = event.Time(60_000)
	hour   = 60 * minute
	day    = 24 * hour

	// start is when the carts of these tests were last touched.
	start event.Time = 1_779_969_600_000
)

func TestTheStatusOfACart(t *testing.T) {
	full := store.Cart{FirstAt: start - minute, LastAt: start, Actions: 2, Quantity: 2, ValueMinor: 1000}
	cleared, emptied := full, full
	cleared.ClearedAt = start
	emptied.Quantity, emptied.ValueMinor = 0, 0
	overdrawn := full
	overdrawn.Quantity = -1
	free := full
	free.ValueMinor = 0
	for name, tt := range map[string]struct {
		cart            store.Cart
		orderedAt, asOf event.Time
		want            store.CartStatus
	}{
		"just touched":                 {full, 0, start, store.CartActive},
		"a moment before it is idle":   {full, 0, start + 30*minute - 1, store.CartActive},
		"idle":                         {full, 0, start + 30*minute, store.CartAbandoned},
		"for the last moment":          {full, 0, start + 7*day, store.CartAbandoned},
		"after it":                     {full, 0, start + 7*day + 1, store.CartLost},
		"of no value":                  {free, 0, start + hour, store.CartAbandoned},
		"ordered at once":              {full, start + minute, start + hour, store.CartOrdered},
		"ordered with the last action": {full, start, start + hour, store.CartOrdered},
		"ordered before it":            {full, start - minute, start + hour, store.CartOrdered},
		"ordered and long ago":         {full, start + minute, start + 30*day, store.CartOrdered},
		"ordered, the last moment before it is idle": {full, start + 30*minute - 1, start + hour, store.CartOrdered},
		"ordered when it was idle":                   {full, start + 30*minute, start + hour, store.CartRecovered},
		"ordered days later":                         {full, start + 3*day, start + 30*day, store.CartRecovered},
		"ordered in the last moment":                 {full, start + 7*day, start + 30*day, store.CartRecovered},
		"ordered too late":                           {full, start + 7*day + 1, start + 30*day, store.CartLost},
		"to be ordered days later":                   {full, start + 3*day, start + 2*day, store.CartAbandoned},
		"to be ordered in a minute":                  {full, start + 2*minute, start + minute, store.CartActive},
		"cleared":                                    {cleared, 0, start, store.CartCleared},
		"cleared long ago":                           {cleared, 0, start + 30*day, store.CartCleared},
		"cleared, and yet ordered after it":          {cleared, start + 1, start + hour, store.CartCleared},
		"cleared once it was ordered":                {cleared, start - minute, start + hour, store.CartOrdered},
		"cleared with its order":                     {cleared, start, start + hour, store.CartOrdered},
		"to be cleared":                              {cleared, 0, start - 1, store.CartActive},
		"emptied just now":                           {emptied, 0, start + minute, store.CartActive},
		"emptied by removing all":                    {emptied, 0, start + hour, store.CartCleared},
		"emptied long ago":                           {emptied, 0, start + 30*day, store.CartCleared},
		"more taken out than put in":                 {overdrawn, 0, start + hour, store.CartCleared},
		"emptied line by line with the order":        {emptied, start - 1, start + hour, store.CartOrdered},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.cart.Status(tt.orderedAt, tt.asOf, idle, recovery); got != tt.want {
				t.Errorf("found %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOnlyWhatIsLeftInAbandonedCartsIsAtRisk(t *testing.T) {
	cart := store.Cart{ValueMinor: 1000}
	for _, s := range []store.CartStatus{store.CartActive, store.CartOrdered, store.CartRecovered, store.CartLost, store.CartCleared} {
		if got := cart.AtRisk(s); got != 0 {
			t.Errorf("%d of a cart that is %s, want none", got, s)
		}
	}
	if got := cart.AtRisk(store.CartAbandoned); got != 1000 {
		t.Errorf("found %d, want 1000", got)
	}
	if got := (&store.Cart{ValueMinor: -5}).AtRisk(store.CartAbandoned); got != 0 {
		t.Errorf("found %d, want none", got)
	}
}

func TestTheRatesOfCarts(t *testing.T) {
	for name, tt := range map[string]struct {
		carts                 map[store.CartStatus]int64
		abandonment, recovery float64
	}{
		"no carts":                {nil, 0, 0},
		"only active ones":        {map[store.CartStatus]int64{store.CartActive: 5}, 0, 0},
		"all bought":              {map[store.CartStatus]int64{store.CartOrdered: 5}, 0, 0},
		"all left":                {map[store.CartStatus]int64{store.CartAbandoned: 5, store.CartLost: 5}, 1, 0},
		"seven of ten left":       {map[store.CartStatus]int64{store.CartOrdered: 3, store.CartAbandoned: 3, store.CartLost: 4}, 0.7, 0},
		"one of four came back":   {map[store.CartStatus]int64{store.CartOrdered: 5, store.CartAbandoned: 1, store.CartLost: 2, store.CartRecovered: 1}, 3. / 9, 0.25},
		"emptied ones are no one": {map[store.CartStatus]int64{store.CartOrdered: 1, store.CartAbandoned: 1, store.CartCleared: 100, store.CartActive: 100}, 0.5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var shares store.CartShares
			for status, n := range tt.carts {
				shares.Add(status, n)
			}
			if got := shares.Abandonment(); got != tt.abandonment {
				t.Errorf("abandonment %v, want %v", got, tt.abandonment)
			}
			if got := shares.Recovery(); got != tt.recovery {
				t.Errorf("recovery %v, want %v", got, tt.recovery)
			}
		})
	}
}

// TestAnOrderThatIsTakenLateTakesAnAbandonmentBack asks about the same time
// twice: an order dated before it makes of every cart one that was bought, unless
// that cart was emptied first or lost.
func TestAnOrderThatIsTakenLateTakesAnAbandonmentBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cart := store.Cart{LastAt: start, Quantity: rapid.Int64Range(-1, 3).Draw(t, "quantity")}
		if rapid.Bool().Draw(t, "cleared") {
			cart.ClearedAt = start - event.Time(rapid.IntRange(0, 10).Draw(t, "before"))
		}
		after := rapid.OneOf(rapid.Int64Range(-10, int64(2*hour)), rapid.Int64Range(0, int64(10*day)))
		asOf, orderedAt := start+event.Time(after.Draw(t, "as of")), start+event.Time(after.Draw(t, "ordered"))
		without := cart.Status(0, asOf, idle, recovery)
		with := cart.Status(orderedAt, asOf, idle, recovery)
		switch {
		case orderedAt > asOf && with != without:
			t.Fatalf("%s for an order to come, %s without", with, without)
		case orderedAt <= asOf && with == store.CartAbandoned:
			t.Fatal("abandoned although it was ordered")
		case orderedAt <= asOf && without == store.CartAbandoned && with != store.CartOrdered && with != store.CartRecovered:
			t.Fatalf("%s, want it bought", with)
		case without == store.CartOrdered || without == store.CartRecovered:
			t.Fatalf("%s without an order", without)
		}
	})
}
