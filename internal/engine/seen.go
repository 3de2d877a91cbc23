package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"globalmart/internal/event"
)

// id is a 16-byte key: a UUID as it is, any other text by the first half of its
// SHA-256, so that nobody can make up an id that hides somebody else's.
type id struct{ hi, lo uint64 }

func idOf(text string) id {
	if hi, lo, ok := event.ParseUUID(text); ok {
		return id{hi, lo}
	}
	sum := sha256.Sum256([]byte(text))
	return id{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}

// seenID is an id and when it was seen, in seconds of record time.
type seenID struct {
	id
	second uint32
}

// seenSet remembers ids for a span of record time, exactly: an id counts as
// seen while the newest record of the topic-partition is at most retain seconds
// later than the newest record was when the id came. That depends on nothing
// but the partition's log, so neither growth nor a restart changes an answer.
//
// The ids are in a list, in the order in which they came and in the form that
// snapshots have: what is looked up is what is written. An open-addressing table of
// 8-byte slots leads to them, so that little memory is reached at random and the
// table grows without a look at the ids.
type seenSet struct {
	retain uint32 // seconds
	table  *slotTable
	slots  []slot // of table
	used   int
	seed   [2]uint64 // per process: nobody outside can make ids collide

	kept  []*chunk // all that slots lead to, oldest first
	first uint32   // number of kept[0]

	open   chunks    // since the last sealed segment
	sealed []segment // oldest first
	nextID int       // number of the next segment
}

// slot leads to an id. One whose chunk is no longer kept leads nowhere, and is in
// the way until the table is rebuilt.
type slot struct {
	mark  uint32 // hash of the id; 0 = empty
	place uint32
}

// segment is an immutable run of seen ids that snapshots refer to by name.
type segment struct {
	number int
	last   uint32 // second of its newest id
	ids    chunks // empty once it is stored
}

const minSlots = 1 << 10

func newSeenSet(retainSeconds uint32) *seenSet {
	table := newSlotTable(minSlots)
	return &seenSet{
		retain: retainSeconds,
		table:  table,
		slots:  table.slots,
		seed:   [2]uint64{rand.Uint64() | 1, rand.Uint64() | 1},
	}
}

// Add remembers k as of second now and reports whether it was new. now must not
// decrease between calls.
func (s *seenSet) Add(k id, now uint32) bool {
	mark := s.mark(k)
	at, have := s.find(k, mark)
	if have != 0 && now-have <= s.retain {
		return false
	}
	s.put(at, slot{mark, s.append(&s.open, seenID{k, now})})
	return true
}

// mark is the hash of k that slots have.
func (s *seenSet) mark(k id) uint32 {
	hi, lo := bits.Mul64(k.hi^s.seed[0], k.lo^s.seed[1])
	return uint32(hi^lo) | 1
}

// find returns the slot that leads to k and when that was seen, or the empty one
// where it belongs and 0.
func (s *seenSet) find(k id, mark uint32) (at *slot, second uint32) {
	mask := uint32(len(s.slots) - 1)
	for i := mark >> 1 & mask; ; i = (i + 1) & mask {
		at = &s.slots[i]
		if at.mark == 0 {
			return at, 0
		}
		if at.mark == mark {
			if e, ok := s.at(at.place); ok && e.id == k {
				return at, e.second
			}
		}
	}
}

// put puts e where find has found that it belongs.
func (s *seenSet) put(at *slot, e slot) {
	if at.mark == 0 {
		s.used++
	}
	*at = e
	if s.used*4 > len(s.slots)*3 {
		s.rebuild()
	}
}

// rebuild makes room: slots that lead nowhere go, and the table doubles if those
// that stay fill more than three eighths of it.
func (s *seenSet) rebuild() {
	live := 0
	for _, e := range s.slots {
		if e.mark != 0 && s.keeps(e.place) {
			live++
		}
	}
	size := len(s.slots)
	for live*8 > size*3 {
		size *= 2
	}
	old := s.table
	s.table = newSlotTable(size)
	s.slots, s.used = s.table.slots, live
	mask := uint32(size - 1)
	for _, e := range old.slots {
		if e.mark == 0 || !s.keeps(e.place) {
			continue
		}
		i := e.mark >> 1 & mask
		for s.slots[i].mark != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = e
	}
	old.free()
}

// load puts back ids of a snapshot, oldest first, as a part of list.
func (s *seenSet) load(list *chunks, ids []seenID, now uint32) {
	for _, e := range ids {
		place := s.append(list, e)
		if now-e.second <= s.retain {
			mark := s.mark(e.id)
			at, _ := s.find(e.id, mark)
			s.put(at, slot{mark, place})
		}
	}
}

// sealSize is how many open ids make it worth while to seal a segment (1.5 MB);
// fewer are written with the snapshot itself.
const sealSize = 1 << 16

// seal turns the open ids into a segment if there are many, and forgets
// segments that are past their time as of second now.
func (s *seenSet) seal(now uint32) {
	if s.open.len() >= sealSize {
		s.sealed = append(s.sealed, segment{s.nextID, s.open.newest().second, s.open})
		s.nextID++
		s.open = nil
	}
	kept := s.sealed[:0]
	for _, g := range s.sealed {
		if now-g.last <= s.retain {
			kept = append(kept, g)
		}
	}
	s.sealed = kept
}

// stored drops the ids of a segment from memory once the store has them.
func (s *seenSet) stored(number int) {
	for i := range s.sealed {
		if s.sealed[i].number == number {
			s.sealed[i].ids = nil
		}
	}
}
