package processor

import (
	"maps"
	"slices"

	"globalmart/internal/event"
)

const wheelMS = 60_000

// wheel calls back about things when their time has come. Things are kept by the
// minute in which they are due; one that turns out to be due later is put off
// when it is met, so that nothing has to be moved when that changes.
type wheel[T any] struct {
	due map[event.Time][]T // by minute
}

func newWheel[T any]() wheel[T] { return wheel[T]{due: map[event.Time][]T{}} }

// add keeps thing until at.
func (w *wheel[T]) add(at event.Time, thing T) {
	minute := at / wheelMS
	w.due[minute] = append(w.due[minute], thing)
}

// turn meets everything whose minute has begun by now, the earliest first and
// those of one minute as they were added. meet returns when to meet the thing
// again, which is at the next turn at the earliest, or false to be rid of it.
func (w *wheel[T]) turn(now event.Time, meet func(thing T) (again event.Time, keep bool)) {
	var minutes []event.Time
	for minute := range maps.Keys(w.due) {
		if minute <= now/wheelMS {
			minutes = append(minutes, minute)
		}
	}
	slices.Sort(minutes)
	due := make([][]T, len(minutes))
	for i, minute := range minutes {
		due[i] = w.due[minute]
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
