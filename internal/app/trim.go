package app

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/store"
)

// TrimOptions say how much of the embedded broker's log is kept. Zeros are the
// defaults.
type TrimOptions struct {
	Every time.Duration // between two rounds; 0 = 10 s
	Large int64         // bytes kept of a partition of the topics of what shoppers do; 0 = 64 MiB
	Small int64         // of any other partition; 0 = a quarter of Large
}

func (o TrimOptions) orDefault() TrimOptions {
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.Large == 0 {
		o.Large = 64 << 20
	}
	if o.Small == 0 {
		o.Small = o.Large / 4
	}
	return o
}

// limit is how many bytes are kept of a partition of topic.
func (o TrimOptions) limit(topic string) int64 {
	if slices.Contains(store.Shopping.Topics(), topic) {
		return o.Large
	}
	return o.Small
}

// trimmer bounds the log of the embedded broker. It deletes the oldest records,
// and only what nobody needs any more: the lake holds it durably, the stream has
// applied it, and no kept snapshot lies before it. While the lake cannot be
// written, or the stream is not well, it deletes nothing, and the log grows.
//
// A killed broker forgets how far it deleted, and brings back what is left of its
// oldest file. That is harmless: the stream goes on from the store's offsets, the
// lake's writer from where the lake ends, so nobody reads those records again; the
// next round deletes them again.
type trimmer struct {
	platform *platform
	limits   TrimOptions
	lake     func() (floor map[lake.Place]int64, sound bool)
	roll     func() // asks the lake to finish its files
	needs    func(context.Context) ([]store.ReplayNeed, error)
	// ready says that no task of this process replays. One that found no snapshot
	// it can read does so from the log's start, which is below every floor.
	ready func() bool

	deleted atomic.Int64 // records
	bytes   atomic.Int64 // of the log, when last looked at
}

// newTrimmer returns the trimmer of u's log.
func (u *upRun) newTrimmer() *trimmer {
	return &trimmer{
		platform: u.platform, limits: u.o.Trim.orDefault(), lake: u.lake.floor, roll: u.lake.roll,
		needs: u.store.ReplayNeeds, ready: func() bool { return u.worker.Status().Ready },
	}
}

// run trims every so often until ctx ends.
func (t *trimmer) run(ctx context.Context) error {
	for sleep(ctx, t.limits.Every) {
		if err := t.round(ctx); err != nil && ctx.Err() == nil {
			t.platform.env.Log.WarnContext(ctx, "the log is not trimmed; it grows until it can be", "error", err)
		}
	}
	return nil
}

// round deletes what is over the limits and not needed.
func (t *trimmer) round(ctx context.Context) error {
	extents, err := kafka.Extents(ctx, t.platform.kafka, lake.Topics)
	if err != nil {
		return err
	}
	t.bytes.Store(total(extents))
	held, sound := t.lake()
	if !sound || !t.ready() {
		return nil
	}
	needs, err := t.needs(ctx)
	if err != nil {
		return err
	}
	to, short := cuts(extents, held, needs, t.limits)
	if short {
		t.roll()
	}
	if len(to) == 0 {
		return nil
	}
	if err := kafka.DeleteBefore(ctx, t.platform.kafka, to); err != nil {
		return err
	}
	for topic, partitions := range to {
		for p, cut := range partitions {
			t.deleted.Add(cut - extents[topic][p].Start)
		}
	}
	return nil
}

// cuts returns where to cut each partition that is over its limit and begins with
// records that nobody needs, given what the lake holds and the stream needs; and
// whether more could be cut if the lake finished its open files.
func cuts(extents map[string]map[int32]kafka.Extent, held map[lake.Place]int64, needs []store.ReplayNeed, limits TrimOptions) (to kafka.Offsets, short bool) {
	to = kafka.Offsets{}
	stream := streamFloors(needs)
	read := engineTopics()
	for topic, partitions := range extents {
		for p, e := range partitions {
			want, floor := surplus(e, limits.limit(topic)), e.End
			if slices.Contains(read, topic) {
				floor = stream[topic][p]
			}
			inLake := held[lake.Place{Topic: topic, Partition: p}]
			short = short || inLake < min(want, floor)
			if cut := trimTo(e, want, min(floor, inLake)); cut > e.Start {
				if to[topic] == nil {
					to[topic] = map[int32]int64{}
				}
				to[topic][p] = cut
			}
		}
	}
	return to, short
}

// surplus returns the offset from which on a partition is about limit bytes long.
// How long single records are is not known: they are taken to be as long as the
// average of the partition, and what that leaves is seen in the next round.
func surplus(e kafka.Extent, limit int64) int64 {
	if e.Bytes <= limit {
		return e.Start
	}
	share := float64(e.Bytes-limit) / float64(e.Bytes)
	return e.Start + int64(math.Ceil(share*float64(e.End-e.Start)))
}

// trimTo returns where a partition is cut that should begin at want and whose
// records from floor on are needed: from e.Start, nothing is cut, up to one below
// the floor. The record before the floor stays, so that a partition never loses
// its last record, by which the broker knows its end, and whoever goes on at the
// floor can compare that record with the one it remembers.
func trimTo(e kafka.Extent, want, floor int64) int64 {
	return max(e.Start, min(want, floor-1, e.End-1))
}

// streamFloors returns, for each topic-partition that the stream reads, the offset
// from which on the log may have to be read again: that of the oldest kept
// snapshot, and no more than is applied. Without a snapshot that is the very
// start, as for a partition that it does not name.
func streamFloors(needs []store.ReplayNeed) kafka.Offsets {
	floors := kafka.Offsets{}
	for _, n := range needs {
		if floors[n.Topic] == nil {
			floors[n.Topic] = map[int32]int64{}
		}
		if len(n.Snapshots) > 0 {
			floors[n.Topic][n.Partition] = min(n.Committed, slices.Min(n.Snapshots))
		}
	}
	return floors
}

func total(extents map[string]map[int32]kafka.Extent) int64 {
	var n int64
	for _, partitions := range extents {
		for _, e := range partitions {
			n += e.Bytes
		}
	}
	return n
}

// metrics are how long the log is and what was deleted of it.
func (t *trimmer) metrics() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "globalmart_log_bytes", Help: "Size of the embedded broker's log."}, func() float64 { return float64(t.bytes.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "globalmart_log_trimmed_records_total", Help: "Records deleted from the embedded broker's log, all of them in the lake."}, func() float64 { return float64(t.deleted.Load()) }),
	}
}
