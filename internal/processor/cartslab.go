package processor

import (
	"encoding/binary"
	"encoding/hex"

	"globalmart/internal/event"
)

// place is where an episode is in the slab; 0 is nowhere. It stays the same
// until the episode is freed.
type place uint32

// episode is the state of one episode of a cart: 80 bytes, none of which the
// garbage collector looks into.
type episode struct {
	number     event.Time // see store.CartKey
	firstAt    event.Time
	lastAt     event.Time
	checkoutAt event.Time
	clearedAt  event.Time
	quantity   int64
	value      event.Minor
	actions    uint32
	ids        block    // the ids of cart, visitor and user
	codes      [3]uint8 // their codes, see packID
	flags      uint8
	country    [2]byte // zeros = unknown

	// The episodes of a cart are linked. older is 0 for the oldest; newer leads
	// from the newest, which the index names, to the oldest.
	older, newer place
}

// flagStored is a flag of an episode: its row was written, or may have been
// before a restart.
const flagStored uint8 = 1

func (e *episode) stored() bool { return e.flags&flagStored != 0 }

const (
	slabBits = 9
	slabSize = 1 << slabBits
)

// slab holds episodes, in chunks that never move.
type slab struct {
	chunks [][]episode
	used   place // the first place that never was in use
	free   place // the first of those that are free, linked by older
}

func newSlab() slab { return slab{used: 1} }

func (s *slab) at(p place) *episode { return &s.chunks[p>>slabBits][p&(slabSize-1)] }

// take returns the place of a zero episode.
func (s *slab) take() place {
	if p := s.free; p != 0 {
		e := s.at(p)
		s.free = e.older
		*e = episode{}
		return p
	}
	p := s.used
	if int(p>>slabBits) == len(s.chunks) {
		s.chunks = append(s.chunks, make([]episode, slabSize))
	}
	s.used++
	return p
}

func (s *slab) release(p place) {
	*s.at(p) = episode{older: s.free}
	s.free = p
}

// block is where a byte string is: the number of its first unit.
type block uint32

const (
	unitBytes = 16
	unitBits  = 12 // of the units of a chunk
	unitCount = 1 << unitBits
	maxUnits  = (2*event.MaxIDLength + event.MaxVisitorID + unitBytes - 1) / unitBytes
)

// blocks holds short byte strings in blocks of whole units. What is freed is taken
// again by what needs as many.
type blocks struct {
	chunks [][]byte
	used   block               // the first unit that never was in use
	free   [maxUnits + 1]block // the first free block by units, linked by its first bytes
}

func newBlocks() blocks { return blocks{used: 1} }

func units(n int) int { return (n + unitBytes - 1) / unitBytes }

func (t *blocks) at(b block, n int) []byte {
	from := int(b&(unitCount-1)) * unitBytes
	return t.chunks[b>>unitBits][from : from+n]
}

// take returns a block for n bytes.
func (t *blocks) take(n int) block {
	need := units(n)
	if b := t.free[need]; b != 0 {
		t.free[need] = block(binary.LittleEndian.Uint32(t.at(b, 4)))
		return b
	}
	if left := unitCount - int(t.used&(unitCount-1)); left < need {
		rest := t.used
		t.used += block(left)
		t.release(rest, left*unitBytes)
	}
	if int(t.used>>unitBits) == len(t.chunks) {
		t.chunks = append(t.chunks, make([]byte, unitCount*unitBytes))
	}
	b := t.used
	t.used += block(need)
	return b
}

// release frees the block of n bytes.
func (t *blocks) release(b block, n int) {
	binary.LittleEndian.PutUint32(t.at(b, 4), uint32(t.free[units(n)]))
	t.free[units(n)] = b
}

// uuidCode is the code of an id that is a UUID, of which only the bits are kept.
// Any other id is kept as it is and its code is its length.
const (
	uuidCode  = 0xff
	uuidBytes = 16
)

// packID appends the packed form of id to b and returns its code.
func packID(b []byte, id string) (packed []byte, code uint8) {
	if hi, lo, ok := event.ParseUUID(id); ok {
		b = binary.BigEndian.AppendUint64(b, hi)
		return binary.BigEndian.AppendUint64(b, lo), uuidCode
	}
	return append(b, id...), uint8(len(id))
}

// packedLen is the length of a packed id.
func packedLen(code uint8) int {
	if code == uuidCode {
		return uuidBytes
	}
	return int(code)
}

// appendID appends the id of a packed form and its code to b.
func appendID(b, packed []byte, code uint8) []byte {
	if code == uuidCode {
		b = hex.AppendEncode(b, packed[:4])
		for _, part := range [...][2]int{{4, 6}, {6, 8}, {8, 10}, {10, 16}} {
			b = append(b, '-')
			b = hex.AppendEncode(b, packed[part[0]:part[1]])
		}
		return b
	}
	return append(b, packed...)
}
