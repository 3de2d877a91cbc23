package processor

import (
	"encoding/binary"
	"slices"

	"globalmart/internal/event"
)

// sessionState is the version of the form in which Sessions is kept.
const sessionState = 1

// Snapshot appends the state to b: its version, the newest record time, and of
// each visitor the time of the last touch, and the packed id and touches, led by
// their length. What else is known follows from them.
func (s *Sessions) Snapshot(b []byte) []byte {
	const head = 8 // bytes of time and length, mostly less
	size := 32
	for p := place(1); p < s.visitors.used; p++ {
		size += int(s.visitors.at(p).used) + head
	}
	b = append(slices.Grow(b, size), sessionState)
	b = binary.AppendUvarint(b, uint64(s.newest))
	for p := place(1); p < s.visitors.used; p++ {
		if v := s.visitors.at(p); v.used > 0 {
			b = binary.AppendUvarint(b, uint64(s.newest-v.last))
			b = appendText(b, s.visitors.bytes(v))
		}
	}
	return b
}

// Restore replaces the state by one that was kept under the same rules. If it is
// damaged, what there is afterwards is of no use.
func (s *Sessions) Restore(b []byte) error {
	s.reset()
	r := &stateReader{b: b}
	if len(b) == 0 || b[0] != sessionState {
		r.fail("it is not one of sessions in form %d", sessionState)
		return r.err
	}
	r.b = b[1:]
	s.newest = r.span()
	for len(r.b) > 0 {
		last := s.newest - r.span()
		room := r.bytes()
		if r.err == nil {
			s.restore(r, last, room)
		}
	}
	return r.err
}

// restore takes the visitor whose last touch was at last.
func (s *Sessions) restore(r *stateReader, last event.Time, room []byte) {
	if len(room) == 0 || len(room) <= idLen(room) || last < 0 {
		r.fail("a visitor of %d bytes at %d", len(room), last)
		return
	}
	id := idLen(room)
	var touches stateReader
	var run event.Time
	var now said
	s.touches, run, now = unpack(&touches, room, last, s.touches[:0])
	if r.err = touches.err; r.err != nil {
		return
	}
	s.pieces = s.cut(s.touches, run, s.pieces[:0])
	hash := s.index.hash(room[:id])
	slot := s.index.find(hash, func(p place) bool { return s.isOf(p, room[:id]) })
	if s.index.get(slot) != 0 || run < 0 {
		r.fail("a visitor stands twice, or at %d", run)
		return
	}
	p := s.visitors.take(len(room))
	s.index.put(slot, hash, p)
	v := s.visitors.at(p)
	s.visitors.append(v, room)
	s.settle(v)
	v.pieceAt = uint32(s.touches[s.pieces[len(s.pieces)-1].from].offset)
	v.userAt, v.whereAt = uint32(now.userAt), uint32(now.whereAt)
	s.weigh(s.pieces, +1)
	s.arm(p, s.next(v))
}
