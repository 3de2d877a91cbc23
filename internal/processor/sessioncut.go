package processor

import (
	"bytes"
	"slices"

	"globalmart/internal/event"
)

// piece is a session: touches[from:to] of a visitor.
type piece struct {
	from, to int
	run      event.Time // start of the run that it is cut from
	bound    event.Time // what is not before this is not of it
	start    event.Time // of its first event
	end      event.Time // of its last event
	events   int64
	written  bool
}

// cut appends the pieces of touches, which are in the order of time, to pieces.
// run is the start of the run that the first touch belongs to.
func (s *Sessions) cut(touches []touch, run event.Time, pieces []piece) []piece {
	var p *piece
	for i := range touches {
		t := &touches[i]
		switch {
		case p != nil && t.at-p.end >= s.gap:
			run = t.at
			fallthrough
		case p == nil || t.at >= p.bound:
			pieces = append(pieces, piece{
				from: i, run: run, bound: s.bound(run, t.at), start: t.at, end: t.end, written: t.written,
			})
			p = &pieces[len(pieces)-1]
		}
		p.to, p.end = i+1, max(p.end, t.end)
		p.events += t.events
	}
	return pieces
}

// bound returns the first cut after a time of the run that began at run.
func (s *Sessions) bound(run, at event.Time) event.Time {
	return run + ((at-run)/s.most+1)*s.most
}

// sumUp returns the sum of touches, which are in the order of time. The earliest
// that says something of a field counts, of user the latest; of two at one time
// the smaller text.
func sumUp(touches []touch) touch {
	sum := touches[0]
	sum.written = false
	countryAt, deviceAt, userAt := sum.at, sum.at, sum.end
	for i := range touches[1:] {
		t := &touches[1+i]
		sum.end = max(sum.end, t.end)
		sum.tally.add(&t.tally)
		if t.country != [2]byte{} && (sum.country == [2]byte{} || t.at == countryAt && bytes.Compare(t.country[:], sum.country[:]) < 0) {
			sum.country, countryAt = t.country, t.at
		}
		if len(t.device) > 0 && (len(sum.device) == 0 || t.at == deviceAt && bytes.Compare(t.device, sum.device) < 0) {
			sum.device, deviceAt = t.device, t.at
		}
		if len(t.user) > 0 && (len(sum.user) == 0 || t.end > userAt || t.end == userAt && bytes.Compare(t.user, sum.user) < 0) {
			sum.user, userAt = t.user, t.end
		}
	}
	return sum
}

// insert puts t where it belongs in the order of time and returns its index. In
// a sum that covers its time it is added to it: no event should come that late.
func insert(touches []touch, t touch) (all []touch, at int, added bool) {
	at, _ = slices.BinarySearchFunc(touches, t.at, func(have touch, at event.Time) int {
		if have.at <= at {
			return -1
		}
		return 1
	})
	if at > 0 && touches[at-1].end > t.at {
		both := [...]touch{touches[at-1], t}
		both[1].end = both[0].end
		written := both[0].written
		touches[at-1] = sumUp(both[:])
		touches[at-1].written = written
		return touches, at - 1, false
	}
	return slices.Insert(touches, at, t), at, true
}

// settled is how many touches are worth being summed up.
const settled = 16

// shorten drops the pieces at the front that can no longer change and are
// written, and sums up what can no longer change of the others. since is a time
// before which no event will be. It returns what is left, with the start of the
// run of its first touch, and whether that is less than it was.
func (s *Sessions) shorten(touches []touch, pieces []piece, since event.Time) (left []touch, run event.Time, shorter bool) {
	n := s.droppable(pieces, since)
	if n == len(pieces) {
		return nil, 0, true
	}
	run = pieces[n].run
	left = touches[:0]
	for _, p := range pieces[n:] {
		old := p.from
		for old < p.to && touches[old].end < since {
			old++
		}
		if old-p.from < settled {
			left = append(left, touches[p.from:p.to]...)
			continue
		}
		sum := sumUp(touches[p.from:old])
		sum.written = p.written
		left = append(append(left, sum), touches[old:p.to]...)
	}
	return left, run, len(left) < len(touches)
}

// droppable returns how many pieces at the front can be forgotten: whole runs to
// which no event will be added, and pieces of a run that is known from the next
// one.
func (s *Sessions) droppable(pieces []piece, since event.Time) int {
	n := 0
	for i, p := range pieces {
		if !p.written {
			break
		}
		inRun := i+1 < len(pieces) && pieces[i+1].run == p.run
		if inRun && p.bound <= since || !inRun && p.end+s.gap <= since {
			n = i + 1
		}
	}
	return n
}
