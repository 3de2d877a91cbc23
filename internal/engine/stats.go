package engine

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// stats counts what a worker has made durable since it started.
type stats struct {
	mu      sync.Mutex
	byTopic map[string]store.Counts
	commits int64

	fenced     atomic.Int64
	snapshots  atomic.Int64
	rebalances atomic.Int64
	observe    func(time.Duration)
}

// Transaction is what one transaction of a worker made durable, over all tasks.
type Transaction struct {
	Records int64 // of the log, whatever became of them
	Rows    int64 // of results
	Took    time.Duration
}

func transactionOf[C Changes](commits []store.Commit[C]) (t Transaction) {
	for i := range commits {
		t.Rows += int64(commits[i].Changes.Len())
		for _, span := range commits[i].Spans {
			t.Records += span.Counts.Total()
		}
	}
	return t
}

func committed[C Changes](s *stats, c *store.Commit[C]) {
	if len(c.Spans) == 0 && c.Changes.Len() == 0 {
		return // only a snapshot
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byTopic == nil {
		s.byTopic = map[string]store.Counts{}
	}
	for _, span := range c.Spans {
		n := s.byTopic[span.Topic]
		n.Add(span.Counts)
		s.byTopic[span.Topic] = n
	}
	s.commits++
}

func (s *stats) latency(ms event.Time) {
	if s.observe != nil {
		s.observe(time.Duration(ms) * time.Millisecond)
	}
}

// Status is what a worker is doing.
type Status struct {
	Ready      bool  // owns its assignment, which may be no task, replays nothing, and the store takes commits
	StoreError error // why the store cannot be written, nil if it can
	Tasks      []TaskStatus
	ByTopic    map[string]store.Counts // records made durable since the start
	Behind     map[string]int64        // records of the log, of its own tasks, that are not durable; a second old at most
	Commits    int64                   // task commits since the start
	Fenced     int64                   // tasks lost to another owner
	Snapshots  int64
	Rebalances int64 // times that the group assigned tasks, the first one among them
}

// TaskStatus is one task of a worker.
type TaskStatus struct {
	ID        store.TaskID
	Epoch     int64
	Replaying bool
	Queued    int                       // records fetched and not folded
	Clock     event.Time                // the task clock
	Committed map[string]store.Position // by topic
	Behind    map[string]int64          // by topic: records of the log that are not durable

	SnapshotAge   time.Duration // of the newest snapshot, or since the task was taken over; 0 while nothing was folded after it
	SnapshotBytes int64         // of its state, without the segments that it shares with others; 0 without one
}

// Status returns the state of the worker now.
func (w *Worker[C]) Status() Status {
	s := Status{
		Fenced: w.stats.fenced.Load(), Snapshots: w.stats.snapshots.Load(), Rebalances: w.stats.rebalances.Load(),
		Behind: map[string]int64{},
	}
	now := w.cfg.Now()
	w.mu.Lock()
	s.Ready, s.StoreError = w.joined && w.down == nil, w.down
	w.mu.Unlock()
	w.stats.mu.Lock()
	s.ByTopic, s.Commits = maps.Clone(w.stats.byTopic), w.stats.commits
	w.stats.mu.Unlock()
	for _, t := range w.activeTasks() {
		ts := t.status(now)
		s.Ready = s.Ready && !ts.Replaying
		for topic, n := range ts.Behind {
			s.Behind[topic] += n
		}
		s.Tasks = append(s.Tasks, ts)
	}
	return s
}

func (t *task[C]) status(now time.Time) TaskStatus {
	queued, positions := t.queued(), t.positions()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := TaskStatus{
		ID: t.id, Epoch: t.epoch, Replaying: t.replaying(), Queued: queued, Clock: t.clock, Committed: positions,
		Behind: map[string]int64{}, SnapshotBytes: t.snapshotBytes,
	}
	if t.folded {
		s.SnapshotAge = max(0, now.Sub(t.snapshotAt))
	}
	for _, in := range t.inputs {
		s.Behind[in.topic] = max(0, in.end-in.settled())
	}
	return s
}

func (w *Worker[C]) setStoreDown(err error) {
	w.mu.Lock()
	was := w.down
	w.down = err
	w.mu.Unlock()
	switch {
	case err != nil && was == nil:
		w.log.Error("the store does not take commits, retrying", "error", err)
	case err == nil && was != nil:
		w.log.Info("the store takes commits again")
	}
}

// Reached reports whether everything below ends (offsets by topic and partition)
// is committed by this worker.
func (w *Worker[C]) Reached(ends map[string]map[int32]int64) bool {
	done := map[string]map[int32]int64{}
	for _, t := range w.activeTasks() {
		for topic, offset := range t.settled() {
			if done[topic] == nil {
				done[topic] = map[int32]int64{}
			}
			done[topic][t.id.Partition] = offset
		}
	}
	for topic, partitions := range ends {
		if _, ok := familyOf(topic); !ok {
			continue
		}
		for p, end := range partitions {
			if done[topic][p] < end {
				return false
			}
		}
	}
	return true
}
