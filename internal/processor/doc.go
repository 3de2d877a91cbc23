// Package processor holds the pure folds of the stream: what an event means for
// the live tables. A processor sees the events of one task once each, in an
// order of which nothing may depend, and adds rows to the task's changes.
//
// Nothing here does I/O, reads a clock or draws random numbers.
package processor

import (
	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Fold folds the events of one task with every processor of its family.
type Fold struct {
	apply func(e *event.Event, out *store.Changes)
}

// New returns the fold of a family's tasks.
func New(family store.Family, r rules.Rules) *Fold {
	if family == store.Reference {
		return &Fold{apply: applyCatalogue}
	}
	return &Fold{apply: NewSales(r).Apply}
}

// Apply folds e into out.
func (f *Fold) Apply(e *event.Event, out *store.Changes) { f.apply(e, out) }

// Tick does nothing: no processor of these families keeps state between events.
func (f *Fold) Tick(event.Time, *store.Changes) {}

// Snapshot appends nothing: there is no state.
func (f *Fold) Snapshot(b []byte) []byte { return b }

// Restore takes the empty state that Snapshot gives.
func (f *Fold) Restore([]byte) error { return nil }
