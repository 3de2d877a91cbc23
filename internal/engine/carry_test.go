package engine

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// viewLog is a log of n views on partition 0, the first at offset first.
func viewLog(first, n int) testLog {
	var records []*kgo.Record
	for i := range n {
		at := rigStart + event.Time(i)
		value := testEvent(event.TopicProductViews, "event-"+at.String(), 1, 0, at)
		records = append(records, &kgo.Record{Topic: event.TopicProductViews, Offset: int64(first + i), Value: value, Timestamp: at.Std()})
	}
	return testLog{event.TopicProductViews: {records}}
}

// workerWith is a new worker of w with another configuration.
func (w *world) workerWith(change func(*Config[*probeRows])) *Worker[*probeRows] {
	cfg := w.newWorker().cfg
	change(&cfg)
	worker, err := New(cfg)
	if err != nil {
		panic(err)
	}
	return worker
}

// takeOver claims task 0 for worker and restores it from a log whose views begin
// at offset start.
func (w *world) takeOver(t *testing.T, worker *Worker[*probeRows], start int64) error {
	t.Helper()
	claim, err := w.ledger.Claim(t.Context(), taskID(0), "test")
	if err != nil {
		t.Fatal(err)
	}
	task, err := worker.restore(t.Context(), taskID(0), claim, map[string]int64{event.TopicProductViews: start})
	if err == nil {
		worker.tasks[taskID(0)] = task
	}
	return err
}

// apply folds and commits records of the views.
func apply(t *testing.T, worker *Worker[*probeRows], records []*kgo.Record, snapshot bool) {
	t.Helper()
	task := worker.tasks[taskID(0)]
	task.offer(event.TopicProductViews, records, records[len(records)-1].Offset+1)
	if err := fold(task); err != nil {
		t.Fatal(err)
	}
	if err := commit(worker, snapshot); err != nil {
		t.Fatal(err)
	}
}

// stateless is a fold whose results are increments alone.
type stateless struct{}

func (stateless) Apply(e *event.Event, out *probeRows) { out.sums[string(e.Type)]++ }
func (stateless) Tick(event.Time, *probeRows)          {}
func (stateless) Snapshot(b []byte) []byte             { return b }
func (stateless) Restore([]byte) error                 { return nil }

// TestOtherRulesThanThoseOfTheSnapshot restores under rules that are not those
// which the state was folded under, with the log whole: a replay could make up
// for the state, but not for the finals that are in the store.
func TestOtherRulesThanThoseOfTheSnapshot(t *testing.T) {
	type config = Config[*probeRows]
	noState := func(c *config) { c.NewFold = func(store.TaskID) Fold[*probeRows] { return stateless{} } }
	for name, tt := range map[string]struct {
		before, after func(*config)
		refused       bool
	}{
		"the same rules":                       {after: func(*config) {}},
		"a version was raised":                 {after: func(c *config) { c.RulesVersion = 2 }, refused: true},
		"a version was put back":               {before: func(c *config) { c.RulesVersion = 2 }, after: func(c *config) { c.RulesVersion = 1 }, refused: true},
		"a version was raised, without state":  {before: noState, after: func(c *config) { noState(c); c.RulesVersion = 2 }},
		"a longer horizon":                     {after: func(c *config) { c.Horizon += time.Minute }, refused: true},
		"a longer horizon, without state":      {before: noState, after: func(c *config) { noState(c); c.Horizon += time.Minute; c.RulesVersion = 2 }, refused: true},
		"a shorter horizon, without state":     {before: noState, after: func(c *config) { noState(c); c.Horizon -= time.Minute; c.RulesVersion = 2 }},
		"a shorter horizon of the same rules":  {after: func(c *config) { c.Horizon -= time.Minute }},
		"a version was raised, in every field": {after: func(c *config) { c.RulesVersion = 2; c.Horizon += time.Hour }, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(viewLog(0, 20), 1)
			first := w.workerWith(func(c *config) {
				c.RulesVersion = 1
				if tt.before != nil {
					tt.before(c)
				}
			})
			if err := w.takeOver(t, first, 0); err != nil {
				t.Fatal(err)
			}
			records := w.log[event.TopicProductViews][0]
			apply(t, first, records[:10], true)

			next := w.workerWith(func(c *config) { c.RulesVersion = 1; tt.after(c) })
			err := w.takeOver(t, next, 0)
			if got := errors.Is(err, ErrOtherRules); got != tt.refused || (err != nil) != tt.refused {
				t.Fatalf("error %v, refused should be %t", err, tt.refused)
			}
			if err != nil {
				return
			}
			apply(t, next, records, true)
			if n := w.ledger.sums[string(event.TypeProductView)]; n != 20 {
				t.Errorf("%d views are counted, want 20", n)
			}
		})
	}
}

// TestAnOlderSnapshotOfTheRunningRulesDoesNotHideAnotherVersion has been there and
// back: what the version in between wrote is in the store.
func TestAnOlderSnapshotOfTheRunningRulesDoesNotHideAnotherVersion(t *testing.T) {
	w := newWorld(viewLog(0, 20), 1)
	worker := w.workerWith(func(c *Config[*probeRows]) { c.RulesVersion = 1 })
	if err := w.takeOver(t, worker, 0); err != nil {
		t.Fatal(err)
	}
	records := w.log[event.TopicProductViews][0]
	apply(t, worker, records[:5], true)
	worker.cfg.RulesVersion = 2
	apply(t, worker, records[5:10], true)
	worker.cfg.RulesVersion = 1
	if err := w.takeOver(t, worker, 0); !errors.Is(err, ErrOtherRules) {
		t.Errorf("error %v, want %v", err, ErrOtherRules)
	}
}

// TestALogThatDoesNotReachBackToTheBeginningOfATask restores a task that was
// killed before its first snapshot.
func TestALogThatDoesNotReachBackToTheBeginningOfATask(t *testing.T) {
	const begun = 100 // where the log began when the task did
	for name, tt := range map[string]struct {
		begun   int64 // where the log began when the task did
		start   int64 // where it begins now
		damaged bool  // the snapshots cannot be read
		refused bool
	}{
		"whole":                                         {begun: 0, start: 0},
		"trimmed since":                                 {begun: 0, start: 3, refused: true},
		"trimmed to what is committed":                  {begun: 0, start: 10, refused: true},
		"trimmed before the task":                       {begun: begun, start: begun},
		"trimmed before the task and since":             {begun: begun, start: begun + 3, refused: true},
		"trimmed before the task, without its snapshot": {begun: begun, start: begun, damaged: true, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(viewLog(int(tt.begun), 20), 1)
			worker := w.newWorker()
			if err := w.takeOver(t, worker, tt.begun); err != nil {
				t.Fatal(err)
			}
			records := w.log[event.TopicProductViews][0]
			apply(t, worker, records[:10], false)
			if tt.damaged {
				for i := range w.ledger.snapshots[taskID(0)] {
					w.ledger.snapshots[taskID(0)][i].State = nil
				}
			}

			next := w.newWorker()
			err := w.takeOver(t, next, tt.start)
			if got := errors.Is(err, ErrNotReplayable); got != tt.refused || (err != nil) != tt.refused {
				t.Fatalf("error %v, refused should be %t", err, tt.refused)
			}
			if err != nil {
				return
			}
			apply(t, next, records, false)
			if n := w.ledger.sums[string(event.TypeProductView)]; n != 20 {
				t.Errorf("%d views are counted, want 20", n)
			}
		})
	}
}

// TestRecordsThatWentUnreadAreNotPassedOver trims a topic that the task has not
// read yet.
func TestRecordsThatWentUnreadAreNotPassedOver(t *testing.T) {
	w := newWorld(viewLog(0, 20), 1)
	worker := w.newWorker()
	if err := w.takeOver(t, worker, 0); err != nil {
		t.Fatal(err)
	}
	apply(t, worker, w.log[event.TopicProductViews][0], true)
	claim, err := w.ledger.Claim(t.Context(), taskID(0), "test")
	if err != nil {
		t.Fatal(err)
	}
	starts := map[string]int64{event.TopicCartEvents: 7}
	if _, err := w.newWorker().restore(t.Context(), taskID(0), claim, starts); !errors.Is(err, ErrNotReplayable) {
		t.Errorf("error %v, want %v", err, ErrNotReplayable)
	}
}

// TestTheFirstSnapshotOfATaskThatWasTakenOverMeanwhile belongs to nobody.
func TestTheFirstSnapshotOfATaskThatWasTakenOverMeanwhile(t *testing.T) {
	w := newWorld(viewLog(100, 20), 1)
	worker := w.newWorker()
	worker.cfg.Log = slog.New(slog.DiscardHandler)
	claim, err := w.ledger.Claim(t.Context(), taskID(0), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ledger.Claim(t.Context(), taskID(0), "another"); err != nil {
		t.Fatal(err)
	}
	if _, err := worker.restore(t.Context(), taskID(0), claim, map[string]int64{event.TopicProductViews: 100}); err != nil {
		t.Errorf("error %v: the first commit finds out who owns the task", err)
	}
	if n := len(w.ledger.snapshots[taskID(0)]); n != 0 {
		t.Errorf("%d snapshots were written", n)
	}
}
