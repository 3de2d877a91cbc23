package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// watched is a configuration that counts the events folded.
func (r *rig) watched(l Ledger[*store.Changes], folded *counter) Config[*store.Changes] {
	cfg := r.config(l)
	next := cfg.NewFold
	cfg.NewFold = func(id store.TaskID) Fold[*store.Changes] { return counting{next(id), folded} }
	return cfg
}

func TestAfterAGracefulStopNothingIsReplayed(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 3000)
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		w.stop()

		var folded counter
		w = start(t, r.watched(s, &folded))
		eventually(t, "ready", func() bool { return w.Status().Ready })
		r.sendShop(1, 3000, 3001)
		r.drain(s)
		w.stop()
		if n := folded.value(); n > 2 { // a profile may come with the event
			t.Errorf("%d events were folded, want those that are new", n)
		}
		r.checkResults(s)
	})
}

// TestAStopWhileASnapshotIsWrittenWritesANewerOne has one in the queue that was
// taken before the last events.
func TestAStopWhileASnapshotIsWrittenWritesANewerOne(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 500)
		s := r.open()
		l := &spy{Ledger: s}
		cfg := r.config(l)
		cfg.SnapshotEvery = time.Nanosecond
		writing := make(chan struct{})
		release := make(chan struct{})
		first := true
		l.save = func() error {
			if first {
				first = false
				close(writing)
				<-release
			}
			return nil
		}
		w := start(t, cfg)
		<-writing
		r.sendShop(1, 500, 3000)
		r.drain(s)
		close(release)
		w.stop()

		var folded counter
		w = start(t, r.watched(s, &folded))
		eventually(t, "ready", func() bool { return w.Status().Ready })
		w.stop()
		if n := folded.value(); n != 0 {
			t.Errorf("%d events were replayed after a graceful stop", n)
		}
	})
}

// TestAfterAKillTheReplayRestoresWhatWasSeen sends events twice, once on each side
// of a kill.
func TestAfterAKillTheReplayRestoresWhatWasSeen(t *testing.T) {
	t.Parallel()
	for name, snapshot := range map[string]bool{"without a snapshot": false, "from a snapshot": true} {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, r *rig) {
				s := r.open()
				if snapshot {
					r.sendShop(1, 0, 1000)
					w := start(t, r.config(s))
					r.drain(s)
					w.stop()
				}
				r.sendShop(1, 1000, 2000)
				l := &spy{Ledger: s}
				w := start(t, r.config(l))
				r.drain(s)
				kill(w, l)
				r.sendShop(1, 500, 2000) // all of them again
				var folded counter
				w = start(t, r.watched(s, &folded))
				r.drain(s)
				w.stop()
				if folded.value() == 0 {
					t.Error("nothing was replayed: the worker was not killed")
				}
				r.checkResults(s)
			})
		})
	}
}

// TestADamagedSnapshotIsNotUsed damages what the store holds; the replay makes up
// for it.
func TestADamagedSnapshotIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]damage{
		"bits of the newest": bitsOfNewest, "the newest is cut short": cutNewest, "the newest one's row": rowOfNewest,
		"every row": everyRow, "both": bitsOfAll,
	} {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, r *rig) {
				s := r.open()
				for i := range 2 {
					r.sendShop(1, i*1000, i*1000+1000)
					w := start(t, r.config(s))
					r.drain(s)
					w.stop()
				}
				r.tables.damage(r, damage)
				r.sendShop(1, 500, 2500)
				var folded counter
				w := start(t, r.watched(s, &folded))
				r.drain(s)
				w.stop()
				r.checkResults(s)
				if folded.value() == 0 {
					t.Error("nothing was replayed")
				}
				w = start(t, r.watched(s, &folded)) // a good snapshot is there again
				before := folded.value()
				eventually(t, "ready", func() bool { return w.Status().Ready })
				w.stop()
				if n := folded.value() - before; n != 0 {
					t.Errorf("%d events were replayed although a good snapshot was written", n)
				}
			})
		})
	}
}

// TestSegmentsRoundTrip sees more ids than a snapshot holds by itself, twice, and
// then all of them again after a restart.
func TestSegmentsRoundTrip(t *testing.T) {
	l := newMemLedger()
	log := testLog{event.TopicProductViews: nil}
	w := newWorld(log, 1)
	w.ledger = l
	worker := w.newWorker()
	w.workers[0] = worker
	if err := w.own(worker, 0); err != nil {
		t.Fatal(err)
	}
	set := worker.tasks[taskID(0)].input(event.TopicProductViews).seen
	second := uint32(rigStart / 1000)
	n := 0
	see := func(count int) {
		for range count {
			if !set.Add(idOf(fmt.Sprint(n)), second) {
				t.Fatalf("id %d is not new", n)
			}
			n++
		}
	}
	for _, count := range []int{sealSize + 10, 20, sealSize, 5} {
		see(count)
		task := worker.tasks[taskID(0)]
		task.input(event.TopicProductViews).newest = rigStart
		task.folded = true
		if err := commit(worker, true); err != nil {
			t.Fatal(err)
		}
	}
	snapshots, err := l.Snapshots(t.Context(), taskID(0))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{segmentName(event.TopicProductViews+".ids", 0), segmentName(event.TopicProductViews+".ids", 1)}
	if diff := cmp.Diff(want, snapshots[0].Segments); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if got := set.open.len() + len(set.sealed); got != 5+2 || set.sealed[0].ids != nil {
		t.Errorf("%d open ids, %d segments: those that are stored must be let go", set.open.len(), len(set.sealed))
	}

	next := w.newWorker()
	if err := w.own(next, 0); err != nil {
		t.Fatal(err)
	}
	set = next.tasks[taskID(0)].input(event.TopicProductViews).seen
	for i := range n {
		if set.Add(idOf(fmt.Sprint(i)), second) {
			t.Fatalf("id %d of %d is not seen any more", i, n)
		}
	}
	if !set.Add(idOf("another"), second) {
		t.Error("an id that never came is seen")
	}
}

// TestNewSegmentsNeverTakeTheNameOfAKeptOne restores from an older snapshot, since
// this build cannot read the newest: another one may.
func TestNewSegmentsNeverTakeTheNameOfAKeptOne(t *testing.T) {
	l := newMemLedger()
	w := newWorld(testLog{}, 1)
	w.ledger = l
	worker := w.newWorker()
	if err := w.own(worker, 0); err != nil {
		t.Fatal(err)
	}
	worker.tasks[taskID(0)].folded = true
	if err := commit(worker, true); err != nil {
		t.Fatal(err)
	}
	name := event.TopicCartEvents + ".ids"
	l.snapshots[taskID(0)] = append([]store.Snapshot{{Generation: 2, State: []byte("newer"), Segments: []string{segmentName(name, 7)}}}, l.snapshots[taskID(0)]...)
	next := w.newWorker()
	if err := w.own(next, 0); err != nil {
		t.Fatal(err)
	}
	task := next.tasks[taskID(0)]
	if got := task.input(event.TopicCartEvents).seen.nextID; got != 8 {
		t.Errorf("the next segment is number %d, want 8", got)
	}
	if task.generation != 1 {
		t.Errorf("generation %d, want 1: the next snapshot replaces the one that cannot be read", task.generation)
	}
}

func TestARestoreThatIsInterruptedIsAnError(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 200)
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		w.stop()
		worker, err := New(r.config(s))
		r.must(err)
		id := store.TaskID{Family: store.Shopping, Partition: 0}
		claim, err := s.Claim(t.Context(), id, "test")
		r.must(err)
		ctx, cancel := context.WithCancel(t.Context())
		l := &snapshotSpy{s, cancel}
		worker.cfg.Ledger = l
		if _, err := worker.restore(ctx, id, claim, map[string]int64{}); err == nil {
			t.Error("a task was restored although the restore was interrupted")
		}
	})
}

// snapshotSpy cancels once it has given the snapshots, whose states it damages.
type snapshotSpy struct {
	rigStore
	cancel context.CancelFunc
}

func (s *snapshotSpy) Snapshots(ctx context.Context, id store.TaskID) ([]store.Snapshot, error) {
	snapshots, err := s.rigStore.Snapshots(ctx, id)
	for i := range snapshots {
		snapshots[i].State = nil
	}
	s.cancel()
	return snapshots, err
}
