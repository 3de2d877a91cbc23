package engine

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// bomb is a fold that panics at its at-th order, before it has folded it.
type bomb struct {
	Fold[*store.Changes]
	at   int
	seen int
}

func (b *bomb) Apply(e *event.Event, out *store.Changes) {
	if e.Status == event.StatusCompleted {
		if b.seen++; b.seen == b.at {
			panic("boom")
		}
	}
	b.Fold.Apply(e, out)
}

// TestAPanicStopsTheWorkerAndSkipsNothing restarts with a processor that does not
// panic: the record at which the other one did must not be counted as applied.
func TestAPanicStopsTheWorkerAndSkipsNothing(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 3000)
		s := r.open()
		cfg := r.config(s)
		cfg.CommitEvery = 0
		next := cfg.NewFold
		cfg.NewFold = func(id store.TaskID) Fold[*store.Changes] { return &bomb{Fold: next(id), at: 40} }
		err := start(t, cfg).wait()
		if err == nil || !strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "]@") {
			t.Fatalf("the worker ended with %v, want topic[partition]@offset and the cause", err)
		}
		w := start(t, r.config(s))
		r.drain(s)
		w.stop()
		r.checkResults(s)
	})
}

// dud is a fold that panics at a tick.
type dud struct{ Fold[*store.Changes] }

func (dud) Tick(event.Time, *store.Changes) { panic("boom") }

func TestAPanicAtATickStopsTheWorker(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 100)
		cfg := r.config(r.open())
		next := cfg.NewFold
		cfg.NewFold = func(id store.TaskID) Fold[*store.Changes] { return dud{next(id)} }
		if err := start(t, cfg).wait(); err == nil || !strings.Contains(err.Error(), "tick of") {
			t.Errorf("the worker ended with %v, want the tick", err)
		}
	})
}

// TestTicksWriteFinalsWithoutFurtherRecords runs the probe on a live log: its
// bursts are over once the clock says so.
func TestTicksWriteFinalsWithoutFurtherRecords(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		l := newMemLedger()
		var passed atomic.Int64 // of time, which stands still otherwise
		began := time.Now()
		cfg := probeConfig(r, l)
		cfg.Now = func() time.Time { return began.Add(time.Duration(passed.Load())) }
		w := start(t, cfg)
		at := event.TimeOf(began)
		for i, topic := range store.Shopping.Topics() {
			r.sendValue(topic, "v1", testEvent(topic, string(rune('a'+i)), 1, 1, at), at, 1)
		}
		eventually(t, "the events are committed", func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return len(l.sums) == 3
		})
		finals := func() int {
			l.mu.Lock()
			defer l.mu.Unlock()
			return len(l.finals)
		}
		if finals() != 0 {
			t.Error("a final is written before its time")
		}
		passed.Store(int64(2 * burstGap * time.Millisecond))
		eventually(t, "the final is written", func() bool { return finals() == 1 })
		w.stop()
	})
}

func probeConfig(r *rig, l Ledger[*probeRows]) Config[*probeRows] {
	c := r.config(nil)
	return Config[*probeRows]{
		Kafka: c.Kafka, Group: c.Group, Owner: c.Owner, Ledger: l,
		NewFold: func(store.TaskID) Fold[*probeRows] { return newProbe() }, NewChanges: newProbeRows,
		Horizon: c.Horizon, CommitEvery: c.CommitEvery, SnapshotEvery: c.SnapshotEvery,
		Graceful: c.Graceful, Now: c.Now, Log: c.Log, KafkaOpts: c.KafkaOpts,
	}
}

func TestTheTaskClock(t *testing.T) {
	const noon event.Time = 1_780_000_000_000
	views, carts := event.TopicProductViews, event.TopicCartEvents
	for name, tt := range map[string]struct {
		folded map[string]event.Time // record time of the one record folded, by topic
		ends   map[string]int64
		now    event.Time
		want   event.Time
	}{
		"all at their ends, live: now":                      {map[string]event.Time{views: noon}, map[string]int64{views: 1}, noon + 5000, noon + 5000},
		"all at their ends, history: the newest record":     {map[string]event.Time{views: noon}, map[string]int64{views: 1}, noon + 3_600_000, noon},
		"a wall clock that is behind does not hold it back": {map[string]event.Time{views: noon}, map[string]int64{views: 1}, noon - 5000, noon},
		"one behind: its newest record":                     {map[string]event.Time{views: noon, carts: noon + 9000}, map[string]int64{views: 2, carts: 1}, noon + 20_000, noon},
		"one that is at its end does not count":             {map[string]event.Time{views: noon, carts: noon + 9000}, map[string]int64{views: 1, carts: 2}, noon + 20_000, noon + 9000},
		"one that was never read holds it":                  {map[string]event.Time{views: noon}, map[string]int64{views: 1, carts: 1}, noon + 20_000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			task := newTask(taskID(0), testHorizon, Fold[*probeRows](newProbe()), newProbeRows, make(chan struct{}, 1))
			for topic, at := range tt.folded {
				task.offer(topic, []*kgo.Record{{Topic: topic, Value: testEvent(topic, topic, 0, 0, at), Timestamp: at.Std()}}, 1)
			}
			if err := fold(task); err != nil {
				t.Fatal(err)
			}
			ends := map[string]map[int32]int64{}
			for _, topic := range store.Shopping.Topics() {
				ends[topic] = map[int32]int64{0: tt.ends[topic]}
			}
			if err := task.tick(tt.now, ends); err != nil {
				t.Fatal(err)
			}
			if task.clock != tt.want {
				t.Errorf("clock at %s, want %s", task.clock, tt.want)
			}
			if err := task.tick(0, ends); err != nil || task.clock < tt.want {
				t.Errorf("clock went back to %s: %v", task.clock, err)
			}
		})
	}
}
