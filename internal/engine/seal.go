package engine

import (
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// sealed is a commit on its way to the store.
type sealed[C Changes] struct {
	task      *task[C]
	commit    store.Commit[C]
	snapshot  *snapshot // taken with this commit, to be published after it
	latencies []event.Time
}

// seal takes what is ready to be committed and lets the task fold on. It returns
// false if there is nothing. With snap it also captures the state, which then
// is exactly what the commit makes durable.
func (t *task[C]) seal(snap bool, rules int) (sealed[C], bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.replaying() {
		return sealed[C]{}, false
	}
	s := sealed[C]{task: t}
	s.commit = store.Commit[C]{Task: t.id, Epoch: t.epoch, Changes: t.out, DeadLetters: t.dead}
	for _, in := range t.inputs {
		if in.next > in.committed.Next {
			s.commit.Spans = append(s.commit.Spans, in.seal())
		}
	}
	if snap && t.folded {
		s.snapshot = t.capture(rules)
		t.folded = false
	}
	s.latencies = t.latencies
	if len(s.commit.Spans) == 0 && t.out.Len() == 0 {
		s.commit.Changes = t.newChanges() // the task goes on with its own
		return s, s.snapshot != nil
	}
	t.out = t.newChanges()
	t.dead, t.deadBytes, t.pending = nil, 0, 0
	t.latencies = make([]event.Time, 0, min(maxLatencies, 2*len(s.latencies)+16))
	return s, true
}

// committed tells the task that the store has s.
func (t *task[C]) committed(s *sealed[C]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, span := range s.commit.Spans {
		t.input(span.Topic).committed = span.To
	}
	signal(t.wake)
}

// saved notes that s is stored.
func (t *task[C]) saved(s *snapshot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.snapshotAt, t.snapshotBytes = s.at, int64(len(s.meta.State))
}

// unsaved notes that the newest snapshot was not stored.
func (t *task[C]) unsaved() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folded = true
}
