package engine

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// noCommit fails commits with err.
func noCommit(err error) func(func() ([]store.TaskID, error)) ([]store.TaskID, error) {
	return func(func() ([]store.TaskID, error)) ([]store.TaskID, error) { return nil, err }
}

// TestAnOutageOfTheStoreIsWaitedOut holds the store back for so long that the
// worker is full: it must stop reading, say that it is not ready, and go on by
// itself.
func TestAnOutageOfTheStoreIsWaitedOut(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		s := r.open()
		l := &spy{Ledger: s}
		w := start(t, r.config(l))
		eventually(t, "ready", func() bool { return w.Status().Ready })
		l.set(func(l *spy) { l.commit = noCommit(store.ErrUnavailable) })

		// 100 records of 400 KB of garbage, which no compression makes smaller, to one partition: 40 MB, of which 8 MB may be
		// in the commit that is tried, 8 MB folded after it and 16 MB queued, each with
		// one record more.
		garbage := make([]byte, 400_000)
		if _, err := rand.NewChaCha8([32]byte{}).Read(garbage); err != nil {
			t.Fatal(err)
		}
		r.sendValue(event.TopicProductViews, "v", garbage, rigStart, 100)
		eventually(t, "the outage is noticed", func() bool { return !w.Status().Ready && w.Status().StoreError != nil })
		full := func() bool {
			for _, task := range w.activeTasks() {
				task.mu.Lock()
				full := task.full()
				task.mu.Unlock()
				if full && task.crowded() {
					return true
				}
			}
			return false
		}
		eventually(t, "the worker is full", full)
		for _, task := range w.activeTasks() {
			task.mu.Lock()
			bytes := task.deadBytes
			for _, in := range task.inputs {
				bytes += in.bytes
			}
			task.mu.Unlock()
			if most := maxPendingDead + maxQueuedBytes + 10<<20; bytes > most { // and one fetch
				t.Errorf("task %s holds %d bytes, at most %d are allowed", task.id, bytes, most)
			}
		}
		l.set(func(l *spy) { l.commit = nil })
		r.drain(s)
		eventually(t, "ready again", func() bool { return w.Status().Ready })
		r.checkResults(s)
		w.stop()
	})
}

// TestAnUnknownOutcomeIsSettledBeforeAnythingElse loses the answer of commits that
// happened, and of commits that did not, while positions cannot be read either.
func TestAnUnknownOutcomeIsSettledBeforeAnythingElse(t *testing.T) {
	for name, happened := range map[string]bool{"the commit happened": true, "the commit did not happen": false} {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, r *rig) {
				r.sendShop(1, 0, 500)
				s := r.open()
				l := &spy{Ledger: s}
				w := start(t, r.config(l))
				r.drain(s)

				reads := 0
				l.set(func(l *spy) {
					l.commit = func(do func() ([]store.TaskID, error)) ([]store.TaskID, error) {
						l.set(func(l *spy) { l.commit = nil })
						if happened {
							if _, err := do(); err != nil {
								return nil, err
							}
						}
						return nil, store.ErrOutcomeUnknown
					}
					l.read = func() error {
						if reads++; reads < 3 {
							return store.ErrUnavailable
						}
						return nil
					}
				})
				r.sendShop(1, 500, 501)
				r.drain(s)
				eventually(t, "ready again", func() bool { return w.Status().Ready })
				w.stop()
				if reads < 3 {
					t.Errorf("positions were read %d times, want until it worked", reads)
				}
				r.checkResults(s)
			})
		})
	}
}

func TestAnErrorThatTryingAgainCannotMendStopsTheWorkerAndLosesNothing(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 2000)
		s := r.open()
		broken := errors.New("constraint failed")
		l := &spy{Ledger: s}
		l.commit = func(func() ([]store.TaskID, error)) ([]store.TaskID, error) {
			l.set(func(l *spy) { l.commit = nil }) // as if it were mended at once
			return nil, broken
		}
		w := start(t, r.config(l))
		if err := w.wait(); !errors.Is(err, broken) {
			t.Fatalf("the worker ended with %v, want %v", err, broken)
		}
		w = start(t, r.config(s))
		r.drain(s)
		r.checkResults(s)
		w.stop()
	})
}

func TestAConflictFoundWhileSettlingStopsTheWorker(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		l := &spy{Ledger: r.open(), commit: noCommit(store.ErrOutcomeUnknown)}
		l.read = func() error { return store.ErrConflict }
		r.sendShop(1, 0, 10)
		if err := start(t, r.config(l)).wait(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("the worker ended with %v, want %v", err, store.ErrConflict)
		}
	})
}

// TestAFatalErrorEndsTheWorkerAlsoWhileTheStoreIsDown has a processor panic while
// the committer waits for the store.
func TestAFatalErrorEndsTheWorkerAlsoWhileTheStoreIsDown(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		cfg := r.config(&spy{Ledger: r.open(), commit: noCommit(store.ErrUnavailable)})
		cfg.Graceful = time.Second // in vain
		next := cfg.NewFold
		cfg.NewFold = func(id store.TaskID) Fold[*store.Changes] { return &bomb{Fold: next(id), at: 60} }
		w := start(t, cfg)
		r.sendShop(1, 0, 200)
		eventually(t, "the store is down", func() bool { return w.Status().StoreError != nil })
		r.sendShop(1, 200, 4000)
		if err := w.wait(); err == nil {
			t.Error("the worker ended without an error")
		}
	})
}

func TestAStoreThatIsDownAtTheStartIsWaitedFor(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 500)
		s := r.open()
		away := 3
		l := &claimSpy{Ledger: s, claim: func() error {
			if away--; away >= 0 {
				return store.ErrUnavailable
			}
			return nil
		}}
		w := start(t, r.config(l))
		r.drain(s)
		eventually(t, "ready after the store came", func() bool { return w.Status().Ready })
		w.stop()
		r.checkResults(s)
	})
}

// claimSpy is a ledger whose claims may fail.
type claimSpy struct {
	Ledger[*store.Changes]
	claim func() error
}

func (s *claimSpy) Claim(ctx context.Context, id store.TaskID, owner string) (store.Claim, error) {
	if err := s.claim(); err != nil {
		return store.Claim{}, err
	}
	return s.Ledger.Claim(ctx, id, owner)
}

func TestAnAbandonedBatchClosesItsTasksForGood(t *testing.T) {
	log := testLog{event.TopicTransactions: nil}
	w := newWorld(log, 1)
	worker := w.workers[0]
	worker.cfg.Log = slog.New(slog.DiscardHandler)
	if err := w.own(worker, 0); err != nil {
		t.Fatal(err)
	}
	task := worker.tasks[taskID(0)]
	task.out.sums["x"] = 1
	w.ledger.fault = func() memFault { return unavailable }
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := worker.commitSealed(ctx, worker.sealAll()); !errors.Is(err, errAbandoned) {
		t.Fatalf("got %v, want %v", err, errAbandoned)
	}
	claim, err := w.ledger.Claim(t.Context(), task.id, "test")
	if err != nil {
		t.Fatal(err)
	}
	if task.revive(claim) {
		t.Error("a task was taken back into use although what it sealed is lost")
	}
}
