package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// TestWhatIsFoldedAfterASealIsNotInItsCommit holds also for a seal that has
// nothing to commit, only a snapshot to take: its commit must not share the
// changes that the task goes on with, or they are written twice.
func TestWhatIsFoldedAfterASealIsNotInItsCommit(t *testing.T) {
	topic := event.TopicTransactions
	at := event.Time(1_780_000_000_000)
	log := testLog{topic: make([][]*kgo.Record, testPartitions)}
	for i := range 2 {
		log[topic][0] = append(log[topic][0], &kgo.Record{
			Topic: topic, Offset: int64(i), Timestamp: at.Std(),
			Value: testEvent(topic, string(rune('a'+i)), 0, i, at),
		})
	}
	w := newWorld(log, 1)
	worker := w.workers[0]
	if err := w.own(worker, 0); err != nil {
		t.Fatal(err)
	}
	task := worker.tasks[taskID(0)]
	foldNext := func() {
		w.read(task, topic, 1)
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
	}
	commitSealed := func(batch []sealed[*probeRows]) {
		if err := worker.tryCommit(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}

	foldNext()
	commitSealed(worker.sealAll())
	snapshot, ok := task.seal(true, 1)
	if !ok || snapshot.snapshot == nil {
		t.Fatal("no snapshot was taken")
	}
	foldNext()
	commitSealed([]sealed[*probeRows]{snapshot})
	commitSealed(worker.sealAll())

	if diff := cmp.Diff(expected(log).Sums, w.ledger.sums); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
}

// noSnapshots is a ledger that stores none.
type noSnapshots struct{ *memLedger }

func (noSnapshots) PutSnapshot(context.Context, store.TaskID, int64, store.Snapshot) error {
	return store.ErrUnavailable
}

// TestASnapshotThatIsNotStoredIsTakenAgain although nothing more is folded.
func TestASnapshotThatIsNotStoredIsTakenAgain(t *testing.T) {
	for name, lose := range map[string]func(*Worker[*probeRows], publication[*probeRows]) error{
		"given up": func(w *Worker[*probeRows], p publication[*probeRows]) error {
			w.giveUp(p)
			return nil
		},
		"refused by the store": func(w *Worker[*probeRows], p publication[*probeRows]) error {
			return w.write(t.Context(), p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(testLog{}, 1)
			worker := w.workers[0]
			worker.cfg.Ledger = noSnapshots{w.ledger}
			if err := w.own(worker, 0); err != nil {
				t.Fatal(err)
			}
			worker.tasks[taskID(0)].folded = true
			for round := range 2 {
				worker.lastSnapshot = time.Time{}
				if err := worker.commitSealed(t.Context(), worker.sealAll()); err != nil {
					t.Fatal(err)
				}
				if len(worker.publications) != 1 {
					t.Fatalf("round %d: %d snapshots were taken, want 1", round, len(worker.publications))
				}
				if err := lose(worker, <-worker.publications); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
