package engine

import (
	"math"

	"globalmart/internal/event"
)

// tick advances the task clock to the lowest record time of the inputs that are
// behind; if none is, to now while the log is live, else to the newest record.
// The fold is told about once a second of its clock.
//
// ends are the log's end offsets, just read: what the last fetch said is not
// enough, because a topic that cannot be fetched would seem to be at its end, and
// state that its records still need would be dropped. If that of a topic is missing
// the clock stands still, which delays finals and changes none.
func (t *task[C]) tick(now event.Time, ends map[string]map[int32]int64) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = t.panicked(p, "the tick of "+t.clock.String())
		}
	}()
	if t.closed || t.replaying() {
		return nil
	}
	if !t.reach(ends) {
		return nil
	}
	behind, newest := event.Time(math.MaxInt64), event.Time(0)
	for _, in := range t.inputs {
		newest = max(newest, in.newest)
		if !in.atEnd() {
			behind = min(behind, in.newest)
		}
	}
	clock := behind
	if behind == math.MaxInt64 {
		clock = newest
		if now-newest < event.Time(idleTickLimit.Milliseconds()) {
			clock = max(now, newest)
		}
	}
	t.clock = max(t.clock, clock)
	if t.clock-t.ticked < 1000 {
		return nil
	}
	t.ticked = t.clock
	t.fold.Tick(t.clock, t.out)
	if t.out.Len() > 0 {
		signal(t.dirty)
	}
	return nil
}
