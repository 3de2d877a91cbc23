package processor

import (
	"encoding/binary"
	"math/bits"

	"globalmart/internal/event"
)

// visitor is the state of one visitor: 64 bytes, a line of a cache, none of which the garbage
// collector looks into. Its packed id, led by its code, and then its touches
// stand in its room.
type visitor struct {
	last       event.Time // of its events
	run        event.Time // start of its last run
	pieceStart event.Time // of the last piece, as the two below
	bound      event.Time
	pieceAt    uint32 // its first touch, counted from the front of the room
	room       room
	used       uint32 // bytes of the room; 0 = nobody
	userAt     uint32 // text of the user and of the place that were said last; 0 = nothing
	whereAt    uint32
	due        uint32 // the minute in which the wheel has it; 0 = it has not
	class      uint8  // of the room
	flags      uint8
}

// The flags of a visitor.
const (
	flagWritten uint8 = 1 << iota // the row of the last piece is stored
	flagOlder                     // a piece before the last is not written
)

const (
	visitorBits = 10
	visitorsIn  = 1 << visitorBits
)

// visitors hold the state of visitors, in chunks that never move.
type visitors struct {
	chunks [][]visitor
	used   place // the first place that never was in use
	free   place // the first of those that are free, linked by room
	rooms  rooms
}

func newVisitors() visitors { return visitors{used: 1} }

func (s *visitors) at(p place) *visitor {
	return &s.chunks[p>>visitorBits][p&(visitorsIn-1)]
}

// take returns the place of a visitor with a room for n bytes.
func (s *visitors) take(n int) place {
	p := s.free
	if p != 0 {
		s.free = place(s.at(p).room)
	} else {
		p = s.used
		if int(p>>visitorBits) == len(s.chunks) {
			s.chunks = append(s.chunks, make([]visitor, visitorsIn))
		}
		s.used++
	}
	v := s.at(p)
	*v = visitor{}
	v.room, v.class = s.rooms.take(n)
	return p
}

func (s *visitors) release(p place) {
	v := s.at(p)
	s.rooms.release(v.room, v.class)
	*v = visitor{room: room(s.free)}
	s.free = p
}

// bytes returns what stands in the room of v.
func (s *visitors) bytes(v *visitor) []byte { return s.rooms.at(v.room, v.class)[:v.used] }

// append adds b to the room of v, or to a larger one.
func (s *visitors) append(v *visitor, b []byte) {
	n := int(v.used) + len(b)
	to := s.rooms.at(v.room, v.class)
	if n > len(to) {
		s.move(v, n, int(v.used))
		to = s.rooms.at(v.room, v.class)
	}
	copy(to[v.used:], b)
	v.used = uint32(n)
}

// replace makes b what stands after the first keep bytes of the room of v.
func (s *visitors) replace(v *visitor, keep int, b []byte) {
	n := keep + len(b)
	if have := len(s.rooms.at(v.room, v.class)); n > have || n < have/2 {
		s.move(v, n, keep)
	}
	copy(s.rooms.at(v.room, v.class)[keep:], b)
	v.used = uint32(keep + len(b))
}

// move gives v a room for n bytes and takes keep bytes along.
func (s *visitors) move(v *visitor, n, keep int) {
	to, class := s.rooms.take(n)
	copy(s.rooms.at(to, class), s.rooms.at(v.room, v.class)[:keep])
	s.rooms.release(v.room, v.class)
	v.room, v.class = to, class
}

// room is where the bytes of a visitor are among the rooms: the number of its
// chunk and of its first unit there, or of what is too large for a chunk.
type room uint32

const (
	roomUnits   = 1 << unitBits      // of a chunk
	smallest    = 2                  // units of class 0
	largest     = 1 + 4*(unitBits-2) // less than a chunk, whose first units are not used
	roomClasses = largest + 1
	huge        = uint8(roomClasses) // the class of rooms that are larger than a chunk
)

// rooms hold byte strings in rooms of classes whose sizes rise by a quarter at
// most, from 32 bytes to 64 KiB, in chunks that never move; what is larger stands
// alone.
type rooms struct {
	chunks  [][]byte
	used    int               // units of the last chunk
	free    [roomClasses]room // the first free room, linked by its first bytes; 0 = none
	alone   [][]byte
	vacancy []room // of alone
}

// unitsOf returns the units of a room of a class: 2, 3, 4, 5, 6, 7, 8, 10, 12, ...
func unitsOf(class uint8) int {
	if class < 2 {
		return smallest + int(class)
	}
	return (4 + int(class-2)&3) << ((class - 2) >> 2)
}

// classFor returns the smallest class for n bytes.
func classFor(n int) uint8 {
	need := max(units(n), smallest)
	if need <= 4 {
		return uint8(need - smallest)
	}
	shift := max(bits.Len(uint(need-1))-3, 0)
	class := 2 + 4*shift + (need-1)>>shift + 1 - 4
	if class > largest {
		return huge
	}
	return uint8(class)
}

func (s *rooms) at(r room, class uint8) []byte {
	if class == huge {
		return s.alone[r]
	}
	from := int(r&(roomUnits-1)) * unitBytes
	n := unitsOf(class) * unitBytes
	return s.chunks[r>>unitBits][from : from+n : from+n]
}

// take returns a room for n bytes, and its class.
func (s *rooms) take(n int) (r room, class uint8) {
	class = classFor(n)
	if class == huge {
		return s.takeAlone(n), huge
	}
	if r = s.free[class]; r != 0 {
		s.free[class] = room(binary.LittleEndian.Uint32(s.at(r, class)))
		return r, class
	}
	need := unitsOf(class)
	if len(s.chunks) == 0 || roomUnits-s.used < need {
		s.fill()
		s.chunks = append(s.chunks, make([]byte, roomUnits*unitBytes))
		s.used = 0
		if len(s.chunks) == 1 {
			s.used = smallest // there is no room 0
		}
	}
	r = room(len(s.chunks)-1)<<unitBits | room(s.used)
	s.used += need
	return r, class
}

// fill makes free rooms of what is left of the last chunk.
func (s *rooms) fill() {
	if len(s.chunks) == 0 {
		return
	}
	for class := uint8(largest); ; class-- {
		for need := unitsOf(class); roomUnits-s.used >= need; s.used += need {
			s.release(room(len(s.chunks)-1)<<unitBits|room(s.used), class)
		}
		if class == 0 {
			return
		}
	}
}

func (s *rooms) release(r room, class uint8) {
	if class == huge {
		s.alone[r] = nil
		s.vacancy = append(s.vacancy, r)
		return
	}
	binary.LittleEndian.PutUint32(s.at(r, class), uint32(s.free[class]))
	s.free[class] = r
}

// takeAlone returns a room of its own, for n bytes and half as many more.
func (s *rooms) takeAlone(n int) room {
	b := make([]byte, n+n/2)
	if last := len(s.vacancy) - 1; last >= 0 {
		r := s.vacancy[last]
		s.vacancy = s.vacancy[:last]
		s.alone[r] = b
		return r
	}
	s.alone = append(s.alone, b)
	return room(len(s.alone) - 1)
}
