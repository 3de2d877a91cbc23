package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"globalmart/internal/store"
)

// memLedger is a Ledger in memory, for the property tests: the promises of the
// interface in the most obvious way, with faults on request.
type memLedger struct {
	mu        sync.Mutex
	tasks     map[store.TaskID]*memTask
	sums      map[string]int64
	finals    map[string]string
	counts    map[string]store.Counts // by topic/partition
	dead      map[string]store.DeadLetter
	sent      map[string]bool
	snapshots map[store.TaskID][]store.Snapshot // newest first
	segments  map[string][]byte

	// fault, if set, is asked before each commit and may fail it.
	fault func() memFault
	// away, if set, is asked before positions are read and may fail that.
	away func() bool
}

type memTask struct {
	epoch     int64
	positions map[string]store.Position
}

type memFault int

const (
	noFault          memFault = iota
	unavailable               // nothing happens
	lostBeforeCommit          // outcome unknown: it did not commit
	lostAfterCommit           // outcome unknown: it did
)

func newMemLedger() *memLedger {
	return &memLedger{
		tasks: map[store.TaskID]*memTask{}, sums: map[string]int64{}, finals: map[string]string{},
		counts: map[string]store.Counts{}, dead: map[string]store.DeadLetter{}, sent: map[string]bool{},
		snapshots: map[store.TaskID][]store.Snapshot{}, segments: map[string][]byte{},
	}
}

func (m *memLedger) Claim(_ context.Context, id store.TaskID, _ string) (store.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tasks[id]
	if t == nil {
		t = &memTask{positions: map[string]store.Position{}}
		m.tasks[id] = t
	}
	t.epoch++
	return store.Claim{Epoch: t.epoch, PrevEpoch: t.epoch - 1, Positions: maps.Clone(t.positions)}, nil
}

func (m *memLedger) Commit(_ context.Context, batch []store.Commit[*probeRows]) ([]store.TaskID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fault := noFault
	if m.fault != nil {
		fault = m.fault()
	}
	switch fault {
	case unavailable:
		return nil, store.ErrUnavailable
	case lostBeforeCommit:
		return nil, store.ErrOutcomeUnknown
	}
	var fenced []store.TaskID
	for _, c := range batch {
		t := m.tasks[c.Task]
		if t.epoch != c.Epoch {
			fenced = append(fenced, c.Task)
			continue
		}
		for _, s := range c.Spans {
			if have, ok := t.positions[s.Topic]; ok && have.Next != s.From {
				return nil, fmt.Errorf("%s: %w: at %d, span from %d", c.Task, store.ErrConflict, have.Next, s.From)
			}
		}
		m.write(t, &c)
	}
	if fault == lostAfterCommit {
		return nil, store.ErrOutcomeUnknown
	}
	return fenced, nil
}

func (m *memLedger) write(t *memTask, c *store.Commit[*probeRows]) {
	for _, s := range c.Spans {
		t.positions[s.Topic] = s.To
		key := fmt.Sprintf("%s/%d", s.Topic, c.Task.Partition)
		n := m.counts[key]
		n.Add(s.Counts)
		m.counts[key] = n
	}
	for k, n := range c.Changes.sums {
		m.sums[k] += n
	}
	for k, v := range c.Changes.finals {
		if v == "" {
			delete(m.finals, k)
		} else {
			m.finals[k] = v
		}
	}
	for _, d := range c.DeadLetters {
		m.dead[DeadLetterKey(d.Topic, d.Partition, d.Offset)] = d
	}
}

func (m *memLedger) Positions(_ context.Context, id store.TaskID) (int64, map[string]store.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil && m.away() {
		return 0, nil, store.ErrUnavailable
	}
	t := m.tasks[id]
	return t.epoch, maps.Clone(t.positions), nil
}

func (m *memLedger) PutSegment(_ context.Context, id store.TaskID, epoch int64, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tasks[id].epoch != epoch {
		return store.ErrFenced
	}
	m.segments[id.String()+name] = slices.Clone(data)
	return nil
}

func (m *memLedger) PutSnapshot(_ context.Context, id store.TaskID, epoch int64, s store.Snapshot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tasks[id]
	if t.epoch != epoch {
		return store.ErrFenced
	}
	for topic, offset := range s.Offsets {
		if p, ok := t.positions[topic]; ok && offset > p.Next {
			return fmt.Errorf("%w: snapshot at %d of %s, committed %d", store.ErrConflict, offset, topic, p.Next)
		}
	}
	all := append([]store.Snapshot{s}, m.snapshots[id]...)
	m.snapshots[id] = all[:min(2, len(all))]
	return nil
}

func (m *memLedger) Snapshots(_ context.Context, id store.TaskID) ([]store.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.snapshots[id]), nil
}

func (m *memLedger) Segment(_ context.Context, id store.TaskID, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.segments[id.String()+name]
	if !ok {
		return nil, store.ErrNotFound
	}
	return data, nil
}

func (m *memLedger) Outbox(_ context.Context, id store.TaskID, limit int) ([]store.DeadLetter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var letters []store.DeadLetter
	for _, k := range slices.Sorted(maps.Keys(m.dead)) {
		d := m.dead[k]
		family, _ := familyOf(d.Topic)
		if !m.sent[k] && d.Partition == id.Partition && family == id.Family && len(letters) < limit {
			letters = append(letters, d)
		}
	}
	return letters, nil
}

func (m *memLedger) MarkSent(_ context.Context, id store.TaskID, epoch int64, letters []store.DeadLetter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tasks[id].epoch != epoch {
		return store.ErrFenced
	}
	for _, d := range letters {
		m.sent[DeadLetterKey(d.Topic, d.Partition, d.Offset)] = true
	}
	return nil
}
