package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"globalmart/internal/engine"
	"globalmart/internal/store"
	"globalmart/internal/verify"
)

// memory is a store in memory: the promises of engine.Ledger, each transaction
// whole and one after the other. It never fails by itself. What it keeps equals
// what SQLite keeps: see TestMemoryKeepsWhatSQLiteKeeps.
type memory struct {
	now    func() time.Time
	record func(operation) // told of every transaction, in their order; may be nil

	mu     sync.Mutex
	tasks  map[store.TaskID]*books
	tables tables
}

var (
	_ ledger       = (*memory)(nil)
	_ verify.Store = (*memory)(nil)
)

// books are what the engine keeps of one task.
type books struct {
	epoch     int64
	owner     string
	positions map[string]store.Position // of topics that were read
	minutes   map[string]int64          // of the newest ledger row, by topic
	ledger    []store.LedgerRow
	letters   []letter
	snapshots []store.Snapshot // newest first
	segments  map[string][]byte
}

// letter is a dead letter in the outbox.
type letter struct {
	store.DeadLetter
	sent bool
}

type ledger = engine.Ledger[*store.Changes]

// operation is a transaction and what came of it.
type operation struct {
	at     time.Time
	result any
	err    error
	again  func(context.Context, ledger) (any, error) // the same on another store
}

// tell records a transaction. The caller holds m.mu.
func (m *memory) tell(result any, err error, again func(context.Context, ledger) (any, error)) {
	if m.record != nil {
		m.record(operation{m.now(), result, err, again})
	}
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, tasks: map[store.TaskID]*books{}, tables: newTables()}
}

// Claim implements [engine.Ledger].
func (m *memory) Claim(_ context.Context, id store.TaskID, owner string) (store.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.tasks[id]
	if b == nil {
		b = &books{positions: map[string]store.Position{}, minutes: map[string]int64{}, segments: map[string][]byte{}}
		m.tasks[id] = b
	}
	b.epoch++
	b.owner = owner
	c := store.Claim{Epoch: b.epoch, PrevEpoch: b.epoch - 1, Positions: maps.Clone(b.positions)}
	m.tell(c, nil, func(ctx context.Context, l ledger) (any, error) { return l.Claim(ctx, id, owner) })
	return c, nil
}

// Positions implements [engine.Ledger].
func (m *memory) Positions(_ context.Context, id store.TaskID) (int64, map[string]store.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.tasks[id]
	if b == nil {
		return 0, map[string]store.Position{}, nil
	}
	return b.epoch, maps.Clone(b.positions), nil
}

// current returns the books of a task if epoch is current.
func (m *memory) current(id store.TaskID, epoch int64) *books {
	if b := m.tasks[id]; b != nil && b.epoch == epoch {
		return b
	}
	return nil
}

// Commit implements [engine.Ledger].
func (m *memory) Commit(_ context.Context, batch []store.Commit[*store.Changes]) (fenced []store.TaskID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var alive []*store.Commit[*store.Changes]
	for i := range batch {
		if c := &batch[i]; m.current(c.Task, c.Epoch) != nil {
			alive = append(alive, c)
		} else {
			fenced = append(fenced, c.Task)
		}
	}
	defer func() {
		m.tell(fenced, err, func(ctx context.Context, l ledger) (any, error) { return l.Commit(ctx, batch) })
	}()
	for _, c := range alive { // all of them or none
		if err := m.tasks[c.Task].fits(c); err != nil {
			return nil, err
		}
	}
	for _, c := range alive {
		m.tasks[c.Task].write(c, m.now().Unix()/60)
		if c.Changes != nil {
			m.tables.write(c.Changes)
		}
	}
	return fenced, nil
}

// fits returns store.ErrConflict if a span does not start where the topic stands.
func (b *books) fits(c *store.Commit[*store.Changes]) error {
	for _, s := range c.Spans {
		if !slices.Contains(c.Task.Family.Topics(), s.Topic) {
			return fmt.Errorf("%w: task %s has no topic %s", store.ErrConflict, c.Task, s.Topic)
		}
		if at := b.positions[s.Topic].Next; at != 0 && at != s.From {
			return fmt.Errorf("%w: %s of task %s is committed up to %d, the span starts at %d", store.ErrConflict, s.Topic, c.Task, at, s.From)
		}
	}
	return nil
}

func (b *books) write(c *store.Commit[*store.Changes], minute int64) {
	for _, s := range c.Spans {
		b.positions[s.Topic] = s.To
		b.minutes[s.Topic] = max(b.minutes[s.Topic], minute) // a clock that is set back does not show
		b.record(c, &s)
	}
	for _, d := range c.DeadLetters {
		if !slices.ContainsFunc(b.letters, func(l letter) bool { return at(&l.DeadLetter) == at(&d) }) {
			b.letters = append(b.letters, letter{DeadLetter: d})
		}
	}
}

// record adds a span to the ledger, which has a row for each minute and epoch.
func (b *books) record(c *store.Commit[*store.Changes], s *store.Span) {
	minute := b.minutes[s.Topic]
	for i := range b.ledger {
		if r := &b.ledger[i]; r.Topic == s.Topic && r.Minute == minute && r.Epoch == c.Epoch {
			r.To = s.To.Next
			r.Counts.Add(s.Counts)
			return
		}
	}
	b.ledger = append(b.ledger, store.LedgerRow{
		Task: c.Task, Topic: s.Topic, Epoch: c.Epoch, Minute: minute, From: s.From, To: s.To.Next, Counts: s.Counts,
	})
}

// position is where a dead letter comes from.
type position struct {
	topic     string
	partition int32
	offset    int64
}

func at(d *store.DeadLetter) position { return position{d.Topic, d.Partition, d.Offset} }

func comparePositions(a, b position) int {
	return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
}

// PutSegment implements [engine.Ledger].
func (m *memory) PutSegment(_ context.Context, id store.TaskID, epoch int64, name string, data []byte) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() {
		m.tell(nil, err, func(ctx context.Context, l ledger) (any, error) { return nil, l.PutSegment(ctx, id, epoch, name, data) })
	}()
	b := m.current(id, epoch)
	if b == nil {
		return store.ErrFenced
	}
	b.segments[name] = slices.Clone(data)
	return nil
}

// PutSnapshot implements [engine.Ledger].
func (m *memory) PutSnapshot(_ context.Context, id store.TaskID, epoch int64, s store.Snapshot) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() {
		m.tell(nil, err, func(ctx context.Context, l ledger) (any, error) { return nil, l.PutSnapshot(ctx, id, epoch, s) })
	}()
	b := m.current(id, epoch)
	if b == nil {
		return store.ErrFenced
	}
	for topic, offset := range s.Offsets {
		if p, read := b.positions[topic]; read && offset > p.Next {
			return fmt.Errorf("%w: %s of task %s is committed up to %d, the snapshot has %d", store.ErrConflict, topic, id, p.Next, offset)
		}
	}
	for _, name := range s.Segments {
		if _, ok := b.segments[name]; !ok {
			return fmt.Errorf("segment %q of task %s is not stored", name, id)
		}
	}
	s.State, s.Offsets, s.Segments = slices.Clone(s.State), maps.Clone(s.Offsets), slices.Clone(s.Segments)
	b.keep(s)
	return nil
}

// keep keeps s, the newest other snapshot, and the segments that the two name.
func (b *books) keep(s store.Snapshot) {
	others := slices.DeleteFunc(b.snapshots, func(o store.Snapshot) bool { return o.Generation == s.Generation })
	slices.SortFunc(others, func(a, b store.Snapshot) int { return cmp.Compare(b.Generation, a.Generation) })
	b.snapshots = append([]store.Snapshot{s}, others[:min(1, len(others))]...)
	slices.SortFunc(b.snapshots, func(a, b store.Snapshot) int { return cmp.Compare(b.Generation, a.Generation) })
	maps.DeleteFunc(b.segments, func(name string, _ []byte) bool {
		return !slices.ContainsFunc(b.snapshots, func(s store.Snapshot) bool { return slices.Contains(s.Segments, name) })
	})
}

// Snapshots implements [engine.Ledger].
func (m *memory) Snapshots(_ context.Context, id store.TaskID) ([]store.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.tasks[id]; b != nil {
		return slices.Clone(b.snapshots), nil
	}
	return nil, nil
}

var errDamaged = errors.New("the row of the snapshot is damaged")

// damage makes the newest snapshot of a task unreadable and reports whether there
// are two: the older one is what the task is restored from then.
func (m *memory) damage(id store.TaskID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.tasks[id]
	if b == nil || len(b.snapshots) < 2 {
		return false
	}
	newest := &b.snapshots[0]
	*newest = store.Snapshot{Generation: newest.Generation, Segments: newest.Segments, Damaged: errDamaged}
	return true
}

// Segment implements [engine.Ledger].
func (m *memory) Segment(_ context.Context, id store.TaskID, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.tasks[id]; b != nil {
		if data, ok := b.segments[name]; ok {
			return slices.Clone(data), nil
		}
	}
	return nil, fmt.Errorf("segment %s of task %s: %w", name, id, store.ErrNotFound)
}

// Outbox implements [engine.Ledger].
func (m *memory) Outbox(_ context.Context, id store.TaskID, limit int) ([]store.DeadLetter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var unsent []store.DeadLetter
	if b := m.tasks[id]; b != nil {
		for _, l := range b.letters {
			if !l.sent {
				unsent = append(unsent, l.DeadLetter)
			}
		}
	}
	slices.SortFunc(unsent, func(a, b store.DeadLetter) int { return comparePositions(at(&a), at(&b)) })
	return unsent[:min(limit, len(unsent))], nil
}

// MarkSent implements [engine.Ledger].
func (m *memory) MarkSent(_ context.Context, id store.TaskID, epoch int64, letters []store.DeadLetter) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() {
		m.tell(nil, err, func(ctx context.Context, l ledger) (any, error) { return nil, l.MarkSent(ctx, id, epoch, letters) })
	}()
	b := m.current(id, epoch)
	if b == nil {
		return store.ErrFenced
	}
	for _, d := range letters {
		for i := range b.letters {
			if at(&b.letters[i].DeadLetter) == at(&d) {
				b.letters[i].sent = true
			}
		}
	}
	return nil
}
