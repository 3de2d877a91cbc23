package processor

import (
	"runtime"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// BenchmarkCarts folds the actions and transactions of a shop as the engine does,
// with a tick a second, and drops what is written every ten seconds.
func BenchmarkCarts(b *testing.B) {
	log, _ := shopLog(b, 1, 200_000)
	c, out := NewCarts(rules.Default()), store.NewChanges()
	run := newCartRun(rules.Default(), log)
	var events []*event.Event
	for range len(log[cartTopic]) + len(log[orderTopic]) {
		topic := run.behind()
		events = append(events, &log[topic][run.next[topic]])
		run.next[topic]++
	}
	span := events[len(events)-1].ReceivedAt - events[0].ReceivedAt + 1000
	b.ReportAllocs()
	n, shift, ticked := 0, event.Time(0), event.Time(0)
	rows := 0
	for b.Loop() {
		e := *events[n%len(events)]
		e.Timestamp += shift
		e.ReceivedAt += shift
		c.Apply(&e, out)
		if e.ReceivedAt-ticked >= 1000 {
			ticked = e.ReceivedAt
			c.Tick(ticked-30_000, out)
		}
		if n++; n%10_000 == 0 {
			rows += len(out.Carts)
			out = store.NewChanges()
		}
		if n%len(events) == 0 {
			shift += span
		}
	}
	b.ReportMetric(float64(rows)/float64(b.N), "rows/op")
}

// BenchmarkMillionCarts measures what a million open carts take: memory, a
// snapshot and its restore, and the longest tick when all come to rest.
func BenchmarkMillionCarts(b *testing.B) {
	const carts = 1_000_000
	r := rules.Default()
	for range b.N {
		before := heapInUse()
		c, out := NewCarts(r), store.NewChanges()
		e := event.Event{Type: event.TypeCartEvent, Action: event.ActionAdd, ProductID: "p", Quantity: 1, UnitPriceMinor: 1999, Country: "DE"}
		start := time.Now()
		longest := time.Duration(0)
		for i := range carts {
			at := cartNoon + event.Time(i)*20*60*wheelMS/carts/20 // within an hour
			e.Timestamp, e.ReceivedAt = at, at
			e.CartID = event.UUIDv7(at, 1, uint64(i))
			e.VisitorID = event.UUIDv7(at, 2, uint64(i)*7)
			e.UserID = event.UUIDv7(at, 3, uint64(i)*13)
			one := time.Now()
			c.Apply(&e, out)
			longest = max(longest, time.Since(one))
		}
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/carts, "ns/begin")
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-event")
		b.ReportMetric(float64(heapInUse()-before)/carts, "B/cart")

		start = time.Now()
		state := c.Snapshot(nil)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/snapshot")
		b.ReportMetric(float64(len(state))/carts, "B/snapshot")
		start = time.Now()
		again := NewCarts(r)
		if err := again.Restore(state); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/restore")

		start = time.Now()
		c.Tick(cartNoon.Add(2*time.Hour), out)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/all-at-rest")
		if len(out.Carts) != carts {
			b.Fatalf("%d rows, want %d", len(out.Carts), carts)
		}
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
