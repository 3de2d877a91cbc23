package lake_test

import (
	"cmp"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
)

const (
	benchPartitions = 4
	benchRecords    = 40_000 // what a few fetches bring: they are read while the caches hold them
	benchPasses     = 20
)

// shopRecords are records of a shop, in the order in which they were sent, over
// four partitions.
var shopRecords = sync.OnceValue(func() []*kgo.Record {
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Rate, cfg.Convert = 1, event.TimeOf(benchStart), shop.Load(5000), rules.Default().Convert
	s, err := shop.New(cfg)
	if err != nil {
		panic(err)
	}
	var records []*kgo.Record
	next := map[lake.Place]int64{}
	for e := range s.Events() {
		if e.Topic == event.TopicProducts || e.Topic == event.TopicCustomers {
			continue // the catalogue comes first, all at once
		}
		value := slices.Clone(e.Raw)
		if e.Event != nil {
			value = e.Event.AppendJSON(nil)
		}
		at := lake.Place{Topic: e.Topic, Partition: partitionOf(e.Key)}
		records = append(records, &kgo.Record{
			Topic: at.Topic, Partition: at.Partition, Offset: next[at],
			Key: []byte(e.Key), Value: value, Timestamp: e.At.Std(),
		})
		if next[at]++; len(records) == benchRecords {
			break
		}
	}
	// As a consumer gets them: a partition's after the other's.
	slices.SortStableFunc(records, func(a, b *kgo.Record) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return records
})

var benchStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func partitionOf(key string) int32 {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return int32(h % benchPartitions)
}

// BenchmarkWriter writes the events of a shop, of all topics, to files.
func BenchmarkWriter(b *testing.B) {
	records := shopRecords()
	var bytes int64
	offsets := make([]int64, len(records))
	count := map[lake.Place]int64{}
	for i, r := range records {
		bytes += int64(len(r.Value))
		offsets[i] = r.Offset
		count[lake.Place{Topic: r.Topic, Partition: r.Partition}]++
	}
	b.SetBytes(bytes * benchPasses)
	b.ReportAllocs()
	var cpu time.Duration
	var size int64
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		from := cpuTime()
		w, err := lake.Open(lake.Config{Dir: dir, Calendar: rules.Default().Calendar()}, benchStart)
		if err != nil {
			b.Fatal(err)
		}
		for pass := range int64(benchPasses) {
			for i, r := range records {
				r.Offset = offsets[i] + pass*count[lake.Place{Topic: r.Topic, Partition: r.Partition}]
				if err := w.Append(r); err != nil {
					b.Fatal(err)
				}
			}
			w.Settle()
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		cpu += cpuTime() - from
		size = w.Stats().Bytes
	}
	n := float64(len(records) * benchPasses)
	b.ReportMetric(n*float64(b.N)/cpu.Seconds(), "events/cpu-s")
	b.ReportMetric(float64(size)/n, "B/event")
}

// BenchmarkBulk writes days of a shop's events, decoded, as history does.
func BenchmarkBulk(b *testing.B) {
	var decoder event.Decoder
	events := make([]event.Event, 0, benchRecords)
	for _, r := range shopRecords() {
		var e event.Event
		if err := decoder.Decode(r.Value, event.TimeOf(r.Timestamp), &e); err != nil {
			b.Fatal(err)
		}
		events = append(events, e)
	}
	bulk, err := lake.OpenBulk(lake.BulkConfig{Dir: b.TempDir(), Source: lake.SourceHistory, Calendar: rules.Default().Calendar()})
	if err != nil {
		b.Fatal(err)
	}
	defer bulk.Close()
	b.ReportAllocs()
	var cpu time.Duration
	for n := 0; b.Loop(); n++ {
		from := cpuTime()
		d, err := bulk.Day(benchStart.AddDate(0, 0, n).Format(time.DateOnly))
		if err != nil {
			b.Fatal(err)
		}
		p, err := d.Part(0)
		if err != nil {
			b.Fatal(err)
		}
		for range benchPasses {
			for i := range events {
				if err := p.Add(&events[i]); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := d.Commit(); err != nil {
			b.Fatal(err)
		}
		cpu += cpuTime() - from
	}
	b.ReportMetric(float64(len(events)*benchPasses*b.N)/cpu.Seconds(), "events/cpu-s")
}

// BenchmarkRead reads a lake: its records, and a deep check of them.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	w := open(b, lake.Config{Dir: dir, Calendar: rules.Default().Calendar()})
	records := shopRecords()
	next := map[lake.Place]int64{}
	for range benchPasses {
		for _, r := range records {
			at := lake.Place{Topic: r.Topic, Partition: r.Partition}
			copied := *r
			copied.Offset = next[at]
			next[at]++
			add(b, w, &copied)
		}
	}
	closeLake(b, w)
	n := float64(len(records) * benchPasses)
	b.Run("scan", func(b *testing.B) {
		from := cpuTime()
		for b.Loop() {
			l, err := lake.List(dir, lake.SourceRaw)
			if err != nil {
				b.Fatal(err)
			}
			for at, end := range next {
				if err := l.Scan(b.Context(), at, 0, end, func(*kgo.Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(n*float64(b.N)/(cpuTime()-from).Seconds(), "events/cpu-s")
	})
	for name, deep := range map[string]bool{"check": false, "deep": true} {
		b.Run(name, func(b *testing.B) {
			from := cpuTime()
			for b.Loop() {
				if r := check(b, dir, lake.SourceRaw, deep); r.Found > 0 {
					b.Fatal(r.Problems)
				}
			}
			b.ReportMetric(n*float64(b.N)/(cpuTime()-from).Seconds(), "events/cpu-s")
		})
	}
}

// cpuTime is the CPU time of the process.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
