package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	// foldChunk bounds how long a task holds its lock, in records.
	foldChunk = 2048
	// maxPending bounds what a task may fold ahead of the committer, in records. It
	// decides how much memory a worker takes while its store is slow.
	maxPending = 100_000
	// maxPendingDead bounds the dead letters waiting for a commit, in bytes.
	maxPendingDead = 8 << 20
	// maxLatencies bounds the samples of one commit: enough for every event at
	// live rates, a sample when catching up.
	maxLatencies = 1024
	// seenSlack is added to the duplicates' horizon D for clock corrections
	// (±10 min) and disorder of record times within a partition.
	seenSlack = 30 * time.Minute
	// idleTickLimit: a log whose last record is older gets no ticks from the
	// wall clock; it is history, not a shop that is quiet.
	idleTickLimit = time.Hour
	// HeaderRedriven marks a dead letter that was sent again, which is never too old. Its
	// value is the DeadLetterKey of the record that was refused.
	HeaderRedriven = "redriven"
)

// task is one partition of one family: its inputs, its fold and what waits for
// the next commit. mu guards everything; the folding goroutine and the
// committer take turns.
type task[C Changes] struct {
	id      store.TaskID
	horizon event.Time // D, milliseconds

	mu     sync.Mutex
	epoch  int64
	paused bool          // fold nothing more; what is folded may be committed
	closed bool          // revoked or fenced: fold and commit nothing more
	spoilt bool          // closed for good: what was folded is lost or half folded
	done   chan struct{} // closed when the folding goroutine has ended
	inputs []*input
	fold   Fold[C]
	// expecter is the fold, if it is one; keys is for what it is told.
	expecter Expecter
	keys     [][]byte
	dec      event.Decoder
	ev       event.Event
	clock    event.Time // the task clock, never decreasing
	ticked   event.Time // clock at the last tick

	repeated   func(source string) // of Config.Duplicate
	newChanges func() C
	out        C
	dead       []store.DeadLetter
	deadBytes  int
	pending    int // records folded since the last seal
	latencies  []event.Time
	folded     bool  // anything since the last snapshot
	generation int64 // of the newest snapshot

	snapshotAt    time.Time // when the newest snapshot was captured, or the task was taken over
	snapshotBytes int64     // of its state

	wake  chan struct{} // capacity 1: there is something to fold, or room again
	dirty chan<- struct{}
}

func newTask[C Changes](id store.TaskID, horizon time.Duration, fold Fold[C], newChanges func() C, dirty chan<- struct{}) *task[C] {
	t := &task[C]{
		id: id, horizon: event.Time(horizon.Milliseconds()), fold: fold, newChanges: newChanges,
		out: newChanges(), wake: make(chan struct{}, 1), dirty: dirty,
	}
	t.expecter, _ = fold.(Expecter)
	retain := uint32((horizon + seenSlack) / time.Second)
	for _, topic := range id.Family.Topics() {
		t.inputs = append(t.inputs, newInput(topic, retain))
	}
	return t
}

func (t *task[C]) input(topic string) *input {
	for _, in := range t.inputs {
		if in.topic == topic {
			return in
		}
	}
	return nil
}

// offer queues fetched records, whose offsets rise; end is the partition's high
// watermark.
func (t *task[C]) offer(topic string, records []*kgo.Record, end int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	in := t.input(topic)
	in.push(records)
	in.end = max(in.end, end)
	signal(t.wake)
}

// reach tells how far the log reaches, and reports whether that is known of every
// topic. What was known before holds, as the answer may be older, unless nothing of it
// comes: then the log has lost its end.
func (t *task[C]) reach(ends map[string]map[int32]int64) (known bool) {
	known = true
	for _, in := range t.inputs {
		end, ok := ends[in.topic][t.id.Partition]
		if !ok {
			known = false
			continue
		}
		if lost := in.starved >= maxStarved/3; lost && end < in.end {
			in.end = max(end, in.fetched, in.next)
			signal(t.wake)
		}
		in.end = max(in.end, end)
	}
	return known
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// foldSome folds at most foldChunk queued records and reports whether more can
// be folded at once. A panic of a processor is a bug: it becomes an error that
// names the record, and the task commits nothing more.
func (t *task[C]) foldSome() (more bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := &kgo.Record{}
	defer func() {
		if p := recover(); p != nil {
			err = t.panicked(p, fmt.Sprintf("%s[%d]@%d", at.Topic, at.Partition, at.Offset))
		}
	}()
	for range foldChunk {
		in := t.choose()
		if in == nil {
			break
		}
		t.expect(in)
		at = in.pop()
		if at.Offset >= in.next { // else fetched again after a seek
			t.apply(in, at)
			t.endReplay(in)
		}
	}
	for _, in := range t.inputs {
		in.keepLast()
	}
	if t.replaying() {
		t.out.DropIncrements() // they are in the store already
	}
	if t.pending > 0 {
		signal(t.dirty)
	}
	return t.choose() != nil, nil
}

// panicked closes the task after a panic of its fold.
func (t *task[C]) panicked(p any, at string) error {
	t.spoil()
	return &panicError{fmt.Sprintf("engine: task %s: processor panicked at %s: %v", t.id, at, p), debug.Stack()}
}

// panicError is a panic of a processor.
type panicError struct {
	text  string
	stack []byte
}

func (e *panicError) Error() string { return e.text }

func (t *task[C]) full() bool { return t.pending >= maxPending || t.deadBytes >= maxPendingDead }

// choose returns the input to fold from next, or nil: the one whose next record
// is the oldest, so that topics stay aligned when the task is behind. An input of
// which more is to come is waited for: a fetch of a topic with little traffic
// spans hours, and folding on alone would outrun what the fold remembers for the
// others. While any input is replaying, only those are chosen: no input may run
// past the committed vector before all have reached it.
func (t *task[C]) choose() *input {
	if t.closed || t.paused || t.full() || t.waits() {
		return nil
	}
	replaying := t.replaying()
	var best *input
	oldest := int64(math.MaxInt64)
	for _, in := range t.inputs {
		if len(in.queue) == 0 || replaying && !in.replay {
			continue
		}
		if ts := in.queue[0].Timestamp.UnixMilli(); ts < oldest {
			best, oldest = in, ts
		}
	}
	return best
}

func (t *task[C]) replaying() bool {
	for _, in := range t.inputs {
		if in.replay {
			return true
		}
	}
	return false
}

// apply gives one record its disposition. Of a record that is replayed only the
// state is wanted: its increments, counts and dead letter are in the store.
func (t *task[C]) apply(in *input, r *kgo.Record) {
	in.next = r.Offset + 1
	in.last, in.moved = r.Value, true
	received := event.TimeOf(r.Timestamp)
	in.newest = max(in.newest, received)
	t.folded = true
	if !in.replay {
		t.pending++
	}

	if err := t.decode(in, r, received); err != nil {
		in.counts.Dead++
		if !in.replay {
			t.bury(r, received, err)
		}
		return
	}
	switch {
	case t.ev.Time() < received-t.horizon && !redriven(r):
		in.counts.TooOld++
	case in.duplicate(&t.ev):
		in.counts.Duplicate++
		if !in.replay && t.repeated != nil {
			t.repeated(t.ev.Source)
		}
	default:
		in.counts.Applied++
		t.fold.Apply(&t.ev, t.out)
		if !in.replay && t.id.Family == store.Shopping && len(t.latencies) < maxLatencies {
			t.latencies = append(t.latencies, received)
		}
	}
}

func (t *task[C]) decode(in *input, r *kgo.Record, received event.Time) error {
	if err := t.dec.Decode(r.Value, received, &t.ev); err != nil {
		return err
	}
	if t.ev.Type.Topic() != in.topic {
		return &event.Invalid{Reason: event.BadSchema, Field: "event_type", Detail: fmt.Sprintf("%q does not belong on topic %s", t.ev.Type, in.topic)}
	}
	return nil
}

func redriven(r *kgo.Record) bool {
	for _, h := range r.Headers {
		if h.Key == HeaderRedriven {
			return true
		}
	}
	return false
}

func (t *task[C]) bury(r *kgo.Record, received event.Time, err error) {
	d := store.DeadLetter{ // of copies: the record would keep its whole fetch in memory
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: received,
		Key:   bytes.Clone(r.Key[:min(len(r.Key), store.MaxLetterKey)]),
		Value: bytes.Clone(r.Value[:min(len(r.Value), event.MaxRecordBytes)]),
	}
	if invalid, ok := errors.AsType[*event.Invalid](err); ok {
		d.Reason, d.Field, d.Detail = invalid.Reason, invalid.Field, invalid.Detail
	} else {
		d.Reason, d.Detail = event.BadSchema, err.Error()
	}
	t.dead = append(t.dead, d)
	t.deadBytes += len(d.Value) + len(d.Key)
}

// endReplay notes that in has reached what is committed. When the last input
// has, what was folded on the way is dropped: increments are in the store
// already; finals stay in out and are written again.
func (t *task[C]) endReplay(in *input) {
	if !in.replay || in.next < in.committed.Next {
		return
	}
	in.replay = false
	in.last, in.moved, in.counts = nil, false, store.Counts{}
	if !t.replaying() {
		t.out.DropIncrements()
	}
}

// nexts returns the offsets to read from, by topic.
func (t *task[C]) nexts() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := map[string]int64{}
	for _, in := range t.inputs {
		m[in.topic] = in.next
	}
	return m
}

// settled returns the offsets below which nothing is left to commit, by topic.
func (t *task[C]) settled() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := map[string]int64{}
	for _, in := range t.inputs {
		m[in.topic] = in.settled()
	}
	return m
}

// positions returns the committed positions, by topic.
func (t *task[C]) positions() map[string]store.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := map[string]store.Position{}
	for _, in := range t.inputs {
		m[in.topic] = in.committed
	}
	return m
}
