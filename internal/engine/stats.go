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

	fenced    atomic.Int64
	snapshots atomic.Int64
	observe   func(time.Duration)
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
	Commits    int64                   // task commits since the start
	Fenced     int64                   // tasks lost to another owner
	Snapshots  int64
}

// TaskStatus is one task of a worker.
type TaskStatus struct {
	ID        store.TaskID
	Epoch     int64
	Replaying bool
	Queued    int                       // records fetched and not folded
	Clock     event.Time                // the task clock
	Committed map[string]store.Position // by topic
}

// Status returns the state of the worker now.
func (w *Worker[C]) Status() Status {
	s := Status{Fenced: w.stats.fenced.Load(), Snapshots: w.stats.snapshots.Load()}
	w.mu.Lock()
	s.Ready, s.StoreError = w.joined && w.down == nil, w.down
	w.mu.Unlock()
	w.stats.mu.Lock()
	s.ByTopic, s.Commits = maps.Clone(w.stats.byTopic), w.stats.commits
	w.stats.mu.Unlock()
	for _, t := range w.activeTasks() {
		ts := t.status()
		s.Ready = s.Ready && !ts.Replaying
		s.Tasks = append(s.Tasks, ts)
	}
	return s
}

func (t *task[C]) status() TaskStatus {
	queued, positions := t.queued(), t.positions()
	t.mu.Lock()
	defer t.mu.Unlock()
	return TaskStatus{ID: t.id, Epoch: t.epoch, Replaying: t.replaying(), Queued: queued, Clock: t.clock, Committed: positions}
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
		for topic, p := range t.positions() {
			if done[topic] == nil {
				done[topic] = map[int32]int64{}
			}
			done[topic][t.id.Partition] = p.Next
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
