package processor

import (
	"maps"
	"math"
	"slices"

	"globalmart/internal/event"
)

const wheelMS = 60_000

// wheel calls back about things when their time has come. Things are kept by the
// minute in which they are due; one that turns out to be due later is put off
// when it is met, so that nothing has to be moved when that changes.
type wheel[T any] struct {
	due   map[event.Time][]T // by minute
	first event.Time         // no minute before it has anything
}

func newWheel[T any]() wheel[T] {
	return wheel[T]{due: map[event.Time][]T{}, first: math.MaxInt64}
}

// add keeps thing until at.
func (w *wheel[T]) add(at event.Time, thing T) {
	minute := at / wheelMS
	w.due[minute] = append(w.due[minute], thing)
	w.first = min(w.first, minute)
}

// turn meets everything whose minute has begun by now, the earliest first and
// those of one minute as they were added. meet returns when to meet the thing
// again, which is at the next turn at the earliest, or false to be rid of it.
func (w *wheel[T]) turn(now event.Time, meet func(thing T) (again event.Time, keep bool)) {
	var due [][]T
	for _, minute := range w.begun(now / wheelMS) {
		due = append(due, w.due[minute])
		delete(w.due, minute)
	}
	for _, things := range due {
		for _, thing := range things {
			if again, keep := meet(thing); keep {
				w.add(max(again, now), thing)
			}
		}
	}
}

// begun returns the minutes until last that have something, in their order. The
// caller empties them.
func (w *wheel[T]) begun(last event.Time) []event.Time {
	if last < w.first {
		return nil
	}
	var minutes []event.Time
	if last-w.first < event.Time(len(w.due)) {
		for minute := w.first; minute <= last; minute++ {
			if _, ok := w.due[minute]; ok {
				minutes = append(minutes, minute)
			}
		}
	} else {
		for minute := range maps.Keys(w.due) {
			if minute <= last {
				minutes = append(minutes, minute)
			}
		}
		slices.Sort(minutes)
	}
	w.first = last + 1
	return minutes
}
