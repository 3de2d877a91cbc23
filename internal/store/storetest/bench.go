package storetest

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Bench measures what a store costs, the same of every adapter.
type Bench struct {
	// Open returns a new, empty store, and cleans it up after the benchmark.
	Open func(b *testing.B) AlertStore
	// ServerMS is the processor time of a server so far, in milliseconds; nil: there
	// is none.
	ServerMS func(b *testing.B) float64
}

// meter adds up what is used between moments: our processor time, that of the
// server, and its write-ahead log.
type meter struct {
	b                *testing.B
	read             func() (own, server, log float64)
	own, server, log float64
}

func (m Bench) meter(b *testing.B, s AlertStore) *meter {
	logged, _ := s.(interface {
		LogBytes(ctx context.Context) (int64, error)
	})
	return &meter{b: b, read: func() (own, server, log float64) {
		if logged != nil {
			n, err := logged.LogBytes(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			log = float64(n)
		}
		if m.ServerMS != nil {
			server = m.ServerMS(b)
		}
		return cpuMS(b), server, log
	}}
}

// run runs f while the timer runs, and adds what it uses.
func (m *meter) run(f func()) {
	own, server, log := m.read()
	m.b.StartTimer()
	f()
	m.b.StopTimer()
	ownAfter, serverAfter, logAfter := m.read()
	m.own, m.server, m.log = m.own+ownAfter-own, m.server+serverAfter-server, m.log+logAfter-log
	m.b.StartTimer()
}

// report reports what each of n things used.
func (m *meter) report(n int, thing string) {
	m.b.ReportMetric(1000*m.own/float64(n), "cpu-µs/"+thing)
	if m.server > 0 {
		m.b.ReportMetric(1000*m.server/float64(n), "server-µs/"+thing)
	}
	if m.log > 0 {
		m.b.ReportMetric(m.log/float64(n), "log-B/"+thing)
	}
}

// CommitSmall is a live commit: four tasks move three topics each and
// together write five rows of sales. 200 commits a second are
// usual.
func (m Bench) CommitSmall(b *testing.B) {
	m.commit(b, func(i int, c *store.Commit[*store.Changes]) {
		at := event.Time(i/12_000) * 60_000 // 200 commits a second
		one := func() *store.Sales { return &store.Sales{Orders: 1, Units: 2, RevenueMinor: 999} }
		switch c.Task.Partition {
		case 1:
			c.Changes.MinuteByCountry[store.SalesKey{Start: at, Country: "DE"}] = one()
			c.Changes.MinuteByCategory[store.SalesKey{Start: at, Category: "Books"}] = one()
			c.Changes.MinuteByCategory[store.SalesKey{Start: at, Category: "Toys"}] = one()
			c.Changes.Hour[store.SalesKey{Start: at, Country: "DE"}] = one()
		case 2:
			c.Changes.Hour[store.SalesKey{Start: at, Country: "DE", Category: "Books"}] = one()
		}
	})
}

// CommitLarge is a commit while catching up: four tasks, 15,000 rows
// of sales after merging.
func (m Bench) CommitLarge(b *testing.B) {
	m.commit(b, func(i int, c *store.Commit[*store.Changes]) {
		at := event.Time(i) * 142 * 60_000
		for m := range event.Time(142) {
			for k := range 100 {
				c.Changes.MinuteByCategory[store.SalesKey{Start: at + m*60_000, Category: fmt.Sprint(k)}] = &store.Sales{Orders: 1, Units: 2, RevenueMinor: 999}
			}
			for k := range 5 {
				c.Changes.MinuteByCountry[store.SalesKey{Start: at + m*60_000, Country: fmt.Sprint(k)}] = &store.Sales{Orders: 1, Units: 2, RevenueMinor: 999}
			}
		}
	})
}

func (m Bench) commit(b *testing.B, fill func(i int, c *store.Commit[*store.Changes])) {
	s := m.Open(b)
	tasks := claimAll(b, s)
	b.ReportAllocs()
	cost := m.meter(b, s)
	i := 0
	for b.Loop() {
		b.StopTimer()
		batch := batchOf(tasks, int64(i))
		for p := range batch {
			fill(i, &batch[p])
		}
		cost.run(func() { commitAll(b, s, batch) })
		i++
	}
	cost.report(i, "commit")
}

// claimAll claims four tasks.
func claimAll(b *testing.B, s Store) []store.Claim {
	b.Helper()
	tasks := make([]store.Claim, 4)
	for p := range tasks {
		var err error
		if tasks[p], err = s.Claim(b.Context(), store.TaskID{Family: store.Shopping, Partition: int32(p)}, "bench"); err != nil {
			b.Fatal(err)
		}
	}
	return tasks
}

func batchOf(tasks []store.Claim, i int64) []store.Commit[*store.Changes] {
	var batch []store.Commit[*store.Changes]
	for p, claim := range tasks {
		c := store.Commit[*store.Changes]{Task: store.TaskID{Family: store.Shopping, Partition: int32(p)}, Epoch: claim.Epoch, Changes: store.NewChanges()}
		for _, topic := range store.Shopping.Topics() {
			c.Spans = append(c.Spans, store.Span{Topic: topic, From: i, To: store.Position{Next: i + 1, LastTime: event.Time(i)}, Counts: store.Counts{Applied: 1}})
		}
		batch = append(batch, c)
	}
	return batch
}

func commitAll(b *testing.B, s Store, batch []store.Commit[*store.Changes]) {
	b.Helper()
	if fenced, err := s.Commit(b.Context(), batch); err != nil || len(fenced) > 0 {
		b.Fatal(fenced, err)
	}
}

// cpuMS is the processor time of this process so far, in milliseconds.
func cpuMS(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}
