package sqlite_test

import (
	"fmt"
	"syscall"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
)

// BenchmarkCommitSmall is a live commit: four tasks move three topics each and
// together write five rows of sales. cpu-ms/op is what 200 commits a second
// cost, times five, in percent of a core.
func BenchmarkCommitSmall(b *testing.B) {
	benchmarkCommit(b, func(i int, c *store.Commit[*store.Changes]) {
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

// BenchmarkCommitLarge is a commit while catching up: four tasks, 15,000 rows
// of sales after merging.
func BenchmarkCommitLarge(b *testing.B) {
	benchmarkCommit(b, func(i int, c *store.Commit[*store.Changes]) {
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

func benchmarkCommit(b *testing.B, fill func(i int, c *store.Commit[*store.Changes])) {
	s := open(b, migrated(b))
	tasks := claimAll(b, s)
	b.ReportAllocs()
	var used float64
	i := 0
	for b.Loop() {
		b.StopTimer()
		batch := batchOf(tasks, int64(i))
		for p := range batch {
			fill(i, &batch[p])
		}
		start := cpuMS(b)
		b.StartTimer()
		commitAll(b, s, batch)
		used += cpuMS(b) - start
		i++
	}
	b.ReportMetric(used/float64(i), "cpu-ms/op")
}

// claimAll claims four tasks.
func claimAll(b *testing.B, s *sqlite.Store) []store.Claim {
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

func commitAll(b *testing.B, s *sqlite.Store, batch []store.Commit[*store.Changes]) {
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
