package app

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/shop"
	"globalmart/internal/testenv/process"
)

// testLimits are so small that a few thousand events exceed them.
var testLimits = TrimOptions{Every: time.Hour, Large: 64 << 10, Small: 64 << 10}

// trimRig is a platform whose parts are started and stopped one by one.
type trimRig struct {
	*platform
	t     *testing.T
	store liveStore
	seed  uint64
	start event.Time // of the events that are sent
	sent  int64
}

func newTrimRig(t *testing.T) *trimRig {
	t.Helper()
	getenv := func(string) string { return "" }
	env := Env{Console: console.New(io.Discard, io.Discard, console.Table, slog.LevelError, getenv), Getenv: getenv}
	src := Source{Data: filepath.Join(t.TempDir(), "data"), Kafka: embeddedKafka, KafkaListen: "127.0.0.1:0"}
	p, err := openOwn(t.Context(), env, src, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	s, err := p.openStore(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return &trimRig{platform: p, t: t, store: s, start: event.TimeOf(noon)}
}

// eventually waits until ok.
func (r *trimRig) eventually(what string, ok func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), process.Patience)
	defer cancel()
	for !ok() {
		if !sleep(ctx, 2*time.Millisecond) {
			r.t.Fatalf("not within %s: %s", process.Patience, what)
		}
	}
}

// send sends n events to the log, in batches that are small beside testLimits: a
// batch is kept or deleted as a whole.
func (r *trimRig) send(n int64) {
	r.t.Helper()
	const together = 1000
	r.seed++
	f, err := r.newFeed(feedOptions{rate: Rate{PerSecond: 5000}, seed: r.seed, start: r.start, pace: asFast})
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.close()
	next, done := iter.Pull(f.shop.Events())
	defer done()
	chunk := func(yield func(shop.Emission) bool) {
		for {
			if e, ok := next(); !ok || !yield(e) {
				return
			}
		}
	}
	for left := n; left > 0; left -= together {
		err := f.send(r.t.Context(), chunk, min(left, together))
		if err = errors.Join(err, f.producer.Flush(r.t.Context())); err != nil {
			r.t.Fatal(err)
		}
	}
	r.sent += n
	r.start += event.Time(n / 5)
}

// during runs a part until the returned function is called.
func (r *trimRig) during(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stopped := false
	stop = func() {
		r.t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

// stream starts a stream worker on s and waits until it is ready. A stop of it writes a
// snapshot, however slow the disk is.
func (r *trimRig) stream(s liveStore, snapshotEvery time.Duration) (w *worker, stop func()) {
	r.t.Helper()
	cfg := r.workerConfig(s, snapshotEvery)
	cfg.Graceful = time.Minute
	w, err := engine.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	stop = r.during(w.Run)
	r.eventually("the stream is ready", func() bool { return w.Status().Ready })
	return w, stop
}

// writer starts a writer of the lake.
func (r *trimRig) writer() (w *lakeWriter, stop func()) {
	w = r.newLakeWriter(r.lakeDir(""), 0)
	return w, r.during(w.run)
}

// trimmer returns a trimmer that trims when it is told.
func (r *trimRig) trimmer(w *lakeWriter, ready func() bool) *trimmer {
	return &trimmer{platform: r.platform, limits: testLimits, lake: w.floor, roll: w.roll, needs: r.store.ReplayNeeds, ready: ready}
}

func (r *trimRig) round(t *trimmer) {
	r.t.Helper()
	if err := t.round(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *trimRig) extents() map[string]map[int32]kafka.Extent {
	r.t.Helper()
	extents, err := kafka.Extents(r.t.Context(), r.kafka, lake.Topics)
	if err != nil {
		r.t.Fatal(err)
	}
	return extents
}

func (r *trimRig) ends() kafka.Offsets {
	r.t.Helper()
	ends, err := kafka.LogEnds(r.t.Context(), r.kafka, lake.Topics...)
	if err != nil {
		r.t.Fatal(err)
	}
	return ends
}

// applied waits until w has applied all that the log holds.
func (r *trimRig) applied(w *worker) {
	r.t.Helper()
	ends := r.ends()
	r.eventually("everything is applied", func() bool { return w.Reached(ends) })
}

// kept waits until the lake holds all that the log holds, in finished files.
func (r *trimRig) kept(w *lakeWriter) {
	r.t.Helper()
	ends := r.ends()
	r.eventually("everything is in the lake", func() bool {
		w.roll()
		floor, sound := w.floor()
		return sound && r.holds(floor, ends)
	})
}

func (r *trimRig) holds(floor map[lake.Place]int64, ends kafka.Offsets) bool {
	for topic, partitions := range ends {
		for p, end := range partitions {
			if floor[lake.Place{Topic: topic, Partition: p}] < end {
				return false
			}
		}
	}
	return true
}

// snapshots waits until both kept snapshots of every task are from now on.
func (r *trimRig) snapshots(w *worker) {
	r.t.Helper()
	for range 2 {
		before := r.needs()
		r.send(50)
		r.applied(w)
		r.eventually("another snapshot of every task that moved", func() bool { return oldest(r.needs()) > oldest(before) })
	}
}

// needs are the floors of the stream.
func (r *trimRig) needs() kafka.Offsets {
	r.t.Helper()
	needs, err := r.store.ReplayNeeds(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return streamFloors(needs)
}

func oldest(floors kafka.Offsets) (sum int64) {
	for _, partitions := range floors {
		for _, at := range partitions {
			sum += at
		}
	}
	return sum
}

// expectWithin checks that no partition begins above its floor, and that some
// begin above 0, so that there was something to check.
func (r *trimRig) expectWithin(what string, floor func(topic string, partition int32) int64) {
	r.t.Helper()
	trimmed := false
	for topic, partitions := range r.extents() {
		for p, e := range partitions {
			if limit := floor(topic, p); e.Start > 0 && e.Start >= limit {
				r.t.Errorf("%s[%d] begins at offset %d, but %s from %d on", topic, p, e.Start, what, limit)
			}
			trimmed = trimmed || e.Start > 0
		}
	}
	if !trimmed {
		r.t.Error("nothing at all was trimmed")
	}
}

// expectUntouched checks that the log begins where it did.
func (r *trimRig) expectUntouched(before map[string]map[int32]kafka.Extent) {
	r.t.Helper()
	for topic, partitions := range r.extents() {
		for p, e := range partitions {
			if was := before[topic][p].Start; e.Start != was {
				r.t.Errorf("%s[%d] begins at offset %d, before it was %d", topic, p, e.Start, was)
			}
		}
	}
}

// expectLakeWhole checks that the lake holds every record, without a hole.
func (r *trimRig) expectLakeWhole() {
	r.t.Helper()
	report, err := lake.Check(r.t.Context(), r.lakeDir(""), lake.SourceRaw, lake.CheckOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, problem := range report.Problems {
		r.t.Error(problem)
	}
	var records int64
	for _, part := range report.Parts {
		records += part.Sum.Records
	}
	if records != r.sent {
		r.t.Errorf("the lake holds %d records, want %d", records, r.sent)
	}
}
