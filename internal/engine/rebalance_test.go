package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/store"
)

// TestFromOneToThreeToOneWorkersNothingIsLostOrDoubled lets workers with their own
// connections come and go while events flow.
func TestFromOneToThreeToOneWorkersNothingIsLostOrDoubled(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		s := r.open()
		var flow errgroup.Group
		shop := r.shop(1)
		events := 0
		more := func() {
			from := events
			events += 1000
			r.must(flow.Wait())
			flow.Go(func() error { return r.send(shop, from, from+1000) })
		}
		var workers []*running[*store.Changes]
		for range 3 {
			more()
			workers = append(workers, start(t, r.config(r.open())))
			r.settled(workers)
		}
		for len(workers) > 1 {
			more()
			workers[0].stop()
			workers = workers[1:]
			r.settled(workers)
		}
		r.must(flow.Wait())
		r.drain(s)
		workers[0].stop()
		r.checkResults(s)
	})
}

// settled waits until every task has one owner among workers, and the families
// are co-partitioned.
func (r *rig) settled(workers []*running[*store.Changes]) {
	r.Helper()
	eventually(r, "every task has an owner", func() bool {
		owners := map[store.TaskID]int{}
		for _, w := range workers {
			partitions := map[store.Family][]int32{}
			for _, t := range w.Status().Tasks {
				owners[t.ID]++
				partitions[t.ID.Family] = append(partitions[t.ID.Family], t.ID.Partition)
			}
			if !slices.Equal(partitions[store.Shopping], partitions[store.Reference]) {
				return false
			}
			if len(workers) <= rigPartitions && len(w.Status().Tasks) == 0 {
				return false
			}
		}
		for _, n := range owners {
			if n != 1 {
				return false
			}
		}
		return len(owners) == rigPartitions*len(store.Families)
	})
}

// TestATaskThatComesBackUntouchedKeepsItsState looks at what a worker asks the
// store for when another one has come and gone: nothing for the tasks that only
// it had.
func TestATaskThatComesBackUntouchedKeepsItsState(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 2000)
		s := r.open()
		l := &spy{Ledger: s}
		stays := start(t, r.config(l))
		r.drain(s)
		before := l.restores()

		comes := start(t, r.config(r.open()))
		r.settled([]*running[*store.Changes]{stays, comes})
		if diff := cmp.Diff(before, l.restores()); diff != "" {
			t.Errorf("a worker restored tasks that nobody else had (-before +after):\n%s", diff)
		}
		moved := map[store.TaskID]int{}
		for _, task := range comes.Status().Tasks {
			moved[task.ID] = before[task.ID] + 1
		}
		comes.stop()
		r.settled([]*running[*store.Changes]{stays})
		for id, n := range before {
			if moved[id] == 0 {
				moved[id] = n
			}
		}
		if diff := cmp.Diff(moved, l.restores()); diff != "" {
			t.Errorf("restores of each task (-want +got):\n%s", diff)
		}
		r.sendShop(1, 1500, 3000) // 500 of them again: the kept state knows them
		r.drain(s)
		r.checkResults(s)
		stays.stop()
	})
}

func TestRevokedTasksAreForgottenIfTheyDoNotComeBack(t *testing.T) {
	clock := &testClock{}
	w := newWorld(testLog{}, 1).workers[0]
	w.cfg.Now = clock.now
	w.parked[taskID(0)] = &task[*probeRows]{}
	w.since = clock.now()
	clock.at = clock.at.Add(parkFor)
	if w.forgetParked(); len(w.parked) != 1 {
		t.Error("a parked task is forgotten too soon")
	}
	clock.at = clock.at.Add(1)
	if w.forgetParked(); len(w.parked) != 0 {
		t.Error("a parked task is kept for ever")
	}
}

// TestASpareWorkerIsReady has one worker more than partitions, and stops one.
func TestASpareWorkerIsReady(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		s := r.open()
		var workers []*running[*store.Changes]
		for range rigPartitions + 1 {
			workers = append(workers, start(t, r.config(s)))
		}
		allReady := func(spare int) func() bool {
			return func() bool {
				idle := 0
				for _, w := range workers {
					status := w.Status()
					if !status.Ready {
						return false
					}
					if len(status.Tasks) == 0 {
						idle++
					}
				}
				return idle == spare
			}
		}
		eventually(t, "every worker is ready, one without a task", allReady(1))
		workers[0].stop()
		workers = workers[1:]
		eventually(t, "every worker has a task", allReady(0))
	})
}
