package processor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// quick are rules under which three orders within a minute are a burst.
func quick() rules.Rules {
	r := rules.Default()
	r.Anomaly.Velocity = rules.Velocity{Window: time.Minute, Orders: 3}
	return r
}

// placed is an order that a visitor placed, in seconds after noon.
type placed struct {
	visitor  string
	at       int
	received int // 0 = at
}

func (p placed) event(n int) event.Event {
	received := noon + 1000*event.Time(max(p.received, p.at))
	e := order(received, "DE", item("Books", 1, 1000))
	e.Timestamp = noon + 1000*event.Time(p.at)
	e.ID, e.VisitorID, e.TransactionID, e.UserID = fmt.Sprintf("e%d", n), p.visitor, fmt.Sprintf("t%d", n), "u-"+p.visitor
	return e
}

// burstsOf returns the value of the finding of each order that there is one of.
func burstsOf(out *store.Changes) map[string]int64 {
	found := map[string]int64{}
	for k, f := range out.Findings {
		if k.Rule == store.Velocity {
			found[k.EventID] = f.Value
		}
	}
	return found
}

func TestOrdersThatFollowEachOtherTooQuicklyAreFound(t *testing.T) {
	tests := map[string]struct {
		orders []placed
		want   map[string]int64
	}{
		"two are none too many":                         {[]placed{{"a", 0, 0}, {"a", 1, 0}}, nil},
		"the third makes the first two part of it":      {[]placed{{"a", 0, 0}, {"a", 1, 0}, {"a", 59, 0}}, map[string]int64{"e0": 3, "e1": 3, "e2": 3}},
		"a window is shorter than a minute":             {[]placed{{"a", 0, 0}, {"a", 1, 0}, {"a", 60, 0}}, nil},
		"each visitor alone":                            {[]placed{{"a", 0, 0}, {"b", 1, 0}, {"a", 2, 0}, {"b", 3, 0}}, nil},
		"more of them count up":                         {[]placed{{"a", 0, 0}, {"a", 10, 0}, {"a", 20, 0}, {"a", 30, 0}}, map[string]int64{"e0": 3, "e1": 3, "e2": 3, "e3": 4}},
		"a chain is found link by link":                 {[]placed{{"a", 0, 0}, {"a", 30, 0}, {"a", 59, 0}, {"a", 89, 0}, {"a", 118, 0}}, map[string]int64{"e0": 3, "e1": 3, "e2": 3, "e3": 3, "e4": 3}},
		"one that comes late closes the gap":            {[]placed{{"a", 0, 0}, {"a", 40, 0}, {"a", 4000, 0}, {"a", 20, 4001}}, map[string]int64{"e0": 3, "e1": 3, "e3": 3}},
		"one that comes very late does, too":            {[]placed{{"a", 0, 0}, {"a", 40, 0}, {"b", 7000, 0}, {"a", 20, 7219}}, map[string]int64{"e0": 3, "e1": 3, "e3": 3}},
		"at one time":                                   {[]placed{{"a", 5, 0}, {"a", 5, 0}, {"a", 5, 0}}, map[string]int64{"e0": 3, "e1": 3, "e2": 3}},
		"what came long ago is remembered no more":      {[]placed{{"a", 0, 0}, {"a", 40, 0}, {"b", 20000, 0}, {"a", 20, 20000}}, nil},
		"who comes back after long begins from nothing": {[]placed{{"a", 0, 0}, {"a", 1, 0}, {"b", 20000, 0}, {"a", 30000, 0}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, out := processor.NewAnomalies(0, quick()), store.NewChanges()
			for i, p := range test.orders {
				e := p.event(i)
				a.Apply(&e, out)
			}
			check(t, "orders in a burst", test.want, burstsOf(out))
		})
	}
}

func TestAnOrderOfABurstIsToldOfWhole(t *testing.T) {
	a, out := processor.NewAnomalies(0, quick()), store.NewChanges()
	for i := range 3 {
		e := with(placed{"a", 10 * i, 30 + i}.event(i), 50, 70)
		a.Apply(&e, out)
	}
	want := &store.Finding{
		At: noon + 10_000, ReceivedAt: noon + 31_000, TransactionID: "t1", VisitorID: "a", UserID: "u-a", Country: "DE",
		OrderMinor: 1120, Value: 3, Expected: 1, ScoreMilli: 3000, ThresholdMilli: 3000,
	}
	check(t, "finding", want, out.Findings[store.FindingKey{EventID: "e1", Rule: store.Velocity}])
}

func TestOnlyCompletedOrdersMakeABurst(t *testing.T) {
	a, out := processor.NewAnomalies(0, quick()), store.NewChanges()
	for i, status := range []event.Status{event.StatusCompleted, event.StatusFailed, event.StatusPending, event.StatusRefunded, event.StatusCompleted} {
		e := placed{"a", i, 0}.event(i)
		e.Status = status
		a.Apply(&e, out)
	}
	check(t, "findings", map[string]int64(nil), burstsOf(out))
}

// plainBursts finds bursts in the plainest way: for every order that comes, for
// every stretch that begins with an order.
func plainBursts(orders []event.Event, window event.Time, least int) map[string]int64 {
	found := map[string]int64{}
	for n := range orders {
		for i := range orders[:n+1] {
			o := &orders[i]
			most := 0
			for from := range orders[:n+1] {
				start := orders[from].Time()
				if orders[from].VisitorID != o.VisitorID || o.Time() < start || o.Time() >= start+window {
					continue
				}
				count := 0
				for j := range orders[:n+1] {
					if at := orders[j].Time(); orders[j].VisitorID == o.VisitorID && at >= start && at < start+window {
						count++
					}
				}
				most = max(most, count)
			}
			if _, known := found[o.ID]; !known && most >= least {
				found[o.ID] = int64(most)
			}
		}
	}
	return found
}

func TestBurstsAreThoseOfThePlainestSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := quick()
		r.Anomaly.Velocity.Orders = rapid.IntRange(2, 5).Draw(t, "least")
		a, out := processor.NewAnomalies(0, r), store.NewChanges()
		var orders []event.Event
		now := 0
		for i := range rapid.IntRange(0, 40).Draw(t, "orders") {
			now += rapid.IntRange(0, 30).Draw(t, "later")
			p := placed{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "visitor"), now - rapid.SampledFrom([]int{0, 0, 0, 5, 70, 500}).Draw(t, "late"), now}
			e := p.event(i)
			orders = append(orders, e)
			a.Apply(&e, out)
		}
		if diff := cmp.Diff(plainBursts(orders, 60_000, r.Anomaly.Velocity.Orders), burstsOf(out)); diff != "" {
			t.Fatalf("orders in a burst (-want +got):\n%s", diff)
		}
	})
}

func TestAVisitorWhoNeverStopsTakesBoundedTime(t *testing.T) {
	a, out := processor.NewAnomalies(0, quick()), store.NewChanges()
	const orders = 20_000
	for i := range orders {
		e := placed{"bot", i / 500, 0}.event(i)
		a.Apply(&e, out)
	}
	if got := len(burstsOf(out)); got != orders {
		t.Errorf("%d orders were found, want all %d", got, orders)
	}
}
