package processor

import (
	"encoding/binary"
	"errors"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// processor is one of the folds of a family. Its methods are those of
// engine.Fold; what they say there holds for each.
type processor interface {
	Apply(e *event.Event, out *store.Changes)
	Tick(now event.Time, out *store.Changes)
	Snapshot(b []byte) []byte
	Restore(b []byte) error
}

// gauge is a processor that holds things of which nothing is written yet.
type gauge interface {
	// count adds how many they are to o.
	count(o *store.Open)
}

// Fold folds the events of one task with every processor of its family.
type Fold struct {
	processors []processor
	sessions   *Sessions // among them; nil = it is not
	partition  int32
	open       *store.Open // as last written, without its clock; nil = not since New
}

// New returns the fold of a task. It panics if r is not valid.
func New(task store.TaskID, r rules.Rules) *Fold {
	f := &Fold{partition: task.Partition}
	if task.Family == store.Reference {
		f.processors = []processor{catalogue{}, stock{}}
		return f
	}
	f.sessions = NewSessions(r)
	f.processors = []processor{
		NewSales(r),
		stock{},
		f.sessions,
		NewCarts(r),
		NewAnomalies(task.Partition, r),
	}
	return f
}

// Apply folds e into out.
func (f *Fold) Apply(e *event.Event, out *store.Changes) {
	for _, p := range f.processors {
		p.Apply(e, out)
	}
}

// Tick tells every processor that the task clock has reached now, and counts
// what is open after it: if that is not what it was, a row says so.
func (f *Fold) Tick(now event.Time, out *store.Changes) {
	var open store.Open
	gauges := 0
	for _, p := range f.processors {
		p.Tick(now, out)
		if g, ok := p.(gauge); ok {
			g.count(&open)
			gauges++
		}
	}
	if gauges == 0 || f.open != nil && *f.open == open {
		return
	}
	f.open = &open
	row := open
	row.Clock = now
	out.Open[f.partition] = &row
}

// Snapshot appends the state of every processor, each led by its length.
func (f *Fold) Snapshot(b []byte) []byte {
	for _, p := range f.processors {
		at := len(b)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
		b = p.Snapshot(b)
		binary.BigEndian.PutUint64(b[at:], uint64(len(b)-at-8))
	}
	return b
}

// errState reports a state that is not one of Snapshot.
var errState = errors.New("processor: state is damaged")

// Restore replaces the state by what Snapshot gave.
func (f *Fold) Restore(b []byte) error {
	f.open = nil
	for i, p := range f.processors {
		if len(b) < 8 || binary.BigEndian.Uint64(b) > uint64(len(b)-8) {
			return fmt.Errorf("%w: %d bytes are left for %d processors", errState, len(b), len(f.processors)-i)
		}
		n := binary.BigEndian.Uint64(b)
		if err := p.Restore(b[8 : 8+n]); err != nil {
			return err
		}
		b = b[8+n:]
	}
	if len(b) > 0 {
		return fmt.Errorf("%w: %d bytes too many", errState, len(b))
	}
	return nil
}

// stateless are the methods of a processor that keeps nothing between events.
type stateless struct{}

// Tick does nothing.
func (stateless) Tick(event.Time, *store.Changes) {}

// Snapshot appends nothing.
func (stateless) Snapshot(b []byte) []byte { return b }

// Restore takes the empty state that Snapshot gives.
func (stateless) Restore(b []byte) error {
	if len(b) > 0 {
		return fmt.Errorf("%w: %d bytes for a processor without state", errState, len(b))
	}
	return nil
}
