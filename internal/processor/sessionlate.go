package processor

import (
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// load reads the touches of v, of a copy of its room, and their pieces.
func (s *Sessions) load(v *visitor) (run event.Time) {
	s.copied = append(s.copied[:0], s.visitors.bytes(v)...)
	s.touches, run, _ = unpack(&stateReader{}, s.copied, v.last, s.touches[:0])
	s.pieces = s.cut(s.touches, run, s.pieces[:0])
	return run
}

// idLen is the length of the packed id, led by its code, at the front of a room.
func idLen(room []byte) int { return 1 + packedLen(room[0]) }

// idOf returns the id of v.
func (s *Sessions) idOf(v *visitor) string {
	room := s.visitors.bytes(v)
	s.id = appendID(s.id[:0], room[1:idLen(room)], room[0])
	return string(s.id)
}

// saidIn returns what was said last of v, whose room is given.
func saidIn(room []byte, v *visitor) (now said) {
	if v.userAt > 0 {
		r := stateReader{b: room[v.userAt:]}
		now.user, now.userAt = r.bytes(), int(v.userAt)
	}
	if v.whereAt > 0 {
		r := stateReader{b: room[v.whereAt:]}
		now.country, now.whereAt = r.country(), int(v.whereAt)
		now.device = r.bytes()
	}
	return now
}

// squeeze puts t among the touches of the visitor at p, where it is not the
// last. Pieces that are no more are deleted, and those that changed, if they may
// be stored; all that is new is written at a tick.
func (s *Sessions) squeeze(p place, t touch, out *store.Changes) {
	v := s.visitors.at(p)
	run := s.load(v)
	var at int
	var added bool
	s.touches, at, added = insert(s.touches, t)
	if at == 0 {
		run = min(run, t.at)
	}
	s.old, s.pieces = s.pieces, s.cut(s.touches, run, s.old[:0])
	s.carry(at, added)
	s.retract(v, out)
	s.weigh(s.old, -1)
	s.weigh(s.pieces, +1)
	s.keep(p, run)
}

// carry marks those of s.pieces as written that are written and did not change
// when the touch at an index was added, or added to.
func (s *Sessions) carry(at int, added bool) {
	shift := 0
	if added {
		shift = 1
	}
	for i := range s.touches {
		s.touches[i].written = false
	}
	n := 0
	for i := range s.pieces {
		p := &s.pieces[i]
		p.written = false
		if p.from <= at && at < p.to {
			continue
		}
		from, to := p.from, p.to
		if from > at {
			from, to = from-shift, to-shift
		}
		for n < len(s.old) && s.old[n].from < from {
			n++
		}
		if n == len(s.old) {
			return
		}
		if o := s.old[n]; o.from == from && o.to == to {
			p.written = o.written
			s.touches[p.from].written = o.written
		}
	}
}

// retract deletes the rows of s.old that are not what s.pieces has under their
// name.
func (s *Sessions) retract(v *visitor, out *store.Changes) {
	n := 0
	for i := range s.old {
		o := &s.old[i]
		for n < len(s.pieces) && s.pieces[n].start < o.start {
			n++
		}
		named := n < len(s.pieces) && s.pieces[n].start == o.start
		switch {
		case named && s.pieces[n].events == o.events && s.pieces[n].end == o.end:
		case named && !o.written && s.newest < o.end+s.gap-storedSlack:
		default:
			out.Sessions[store.SessionKey{VisitorID: s.idOf(v), Start: o.start}] = nil
		}
	}
}

// weigh adds the pieces that are not written to what is open, or takes them away
// with sign -1.
func (s *Sessions) weigh(pieces []piece, sign int64) {
	for i := range pieces {
		if !pieces[i].written {
			s.open.Sessions += sign
			s.open.SessionEvents += sign * pieces[i].events
		}
	}
}

// keep packs s.touches, of which the first belongs to the run that began at run,
// into the room of the visitor at p, and sets what follows from s.pieces.
func (s *Sessions) keep(p place, run event.Time) {
	v := s.visitors.at(p)
	id := idLen(s.visitors.bytes(v))
	end, last := run, &s.pieces[len(s.pieces)-1]
	var now said
	b := s.packed[:0]
	for i := range s.touches {
		t := &s.touches[i]
		if i == last.from {
			v.pieceAt = uint32(id + len(b))
		}
		b = now.append(b, id, t, t.at-end)
		end = t.end
	}
	s.packed = b
	s.visitors.replace(v, id, b)
	v.userAt, v.whereAt = uint32(now.userAt), uint32(now.whereAt)
	s.settle(v)
	s.arm(p, s.next(v))
}

// settle sets what is known of v from s.pieces.
func (s *Sessions) settle(v *visitor) {
	last := &s.pieces[len(s.pieces)-1]
	v.last, v.run, v.pieceStart, v.bound = last.end, last.run, last.start, last.bound
	v.flags = 0
	if last.written {
		v.flags = flagWritten
	}
	for i := range s.pieces[:len(s.pieces)-1] {
		if !s.pieces[i].written {
			v.flags |= flagOlder
		}
	}
}

// next returns when v has to be met, by s.pieces: when the first piece that is
// not written is at rest, or else when v can be forgotten.
func (s *Sessions) next(v *visitor) event.Time {
	at := v.last + s.gap + s.memory
	for i := range s.pieces {
		if p := &s.pieces[i]; !p.written {
			at = min(at, p.end+s.gap)
		}
	}
	return at
}

// forget drops the visitor at p.
func (s *Sessions) forget(p place) {
	room := s.visitors.bytes(s.visitors.at(p))
	packed := room[:idLen(room)]
	s.index.remove(s.index.find(s.index.hash(packed), func(q place) bool { return q == p }))
	s.visitors.release(p)
}
