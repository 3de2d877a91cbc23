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

// seenID is an id and when it was seen, in seconds of record time. Zero seconds
// marks an empty slot.
type seenID struct {
	id
	second uint32
}

// seenSet remembers ids for a span of record time, exactly: an id counts as
// seen while the newest record of the topic-partition is at most retain seconds
// later than the newest record was when the id came. That depends on nothing
// but the partition's log, so neither growth nor a restart changes an answer.
//
// It is an open-addressing table of 24-byte slots (35 ns an insert, growth
// included) beside an append-only list of what is not in a sealed segment yet,
// from which snapshots are written without walking the table.
type seenSet struct {
	retain uint32 // seconds
	table  *slotTable
	slots  []seenID // of table
	used   int
	seed   [2]uint64 // per process: nobody outside can make ids collide

	open   chunks    // since the last sealed segment
	sealed []segment // oldest first
	nextID int       // number of the next segment
}

// segment is an immutable run of seen ids that snapshots refer to by name.
type segment struct {
	number int
	last   uint32 // second of its newest id
	ids    chunks // empty once it is stored
}

// chunks is a list of ids, oldest first, that grows without moving them.
type chunks [][]seenID

const chunkIDs = 2048

func (c *chunks) add(e seenID) {
	if n := len(*c); n == 0 || len((*c)[n-1]) == chunkIDs {
		*c = append(*c, make([]seenID, 0, chunkIDs))
	}
	last := &(*c)[len(*c)-1]
	*last = append(*last, e)
}

func (c chunks) len() int {
	if len(c) == 0 {
		return 0
	}
	return (len(c)-1)*chunkIDs + len(c[len(c)-1])
}

// newest is the last id added; c must not be empty.
func (c chunks) newest() seenID {
	last := c[len(c)-1]
	return last[len(last)-1]
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
	slot := s.find(k)
	if slot.second != 0 && now-slot.second <= s.retain {
		return false
	}
	if slot.second == 0 {
		if (s.used+1)*4 > len(s.slots)*3 {
			s.rebuild(now)
			slot = s.find(k)
		}
		s.used++
	}
	*slot = seenID{k, now}
	s.open.add(*slot)
	return true
}

// find returns the slot that holds k, or the empty one where it belongs.
func (s *seenSet) find(k id) *seenID {
	mask := uint64(len(s.slots) - 1)
	hi, lo := bits.Mul64(k.hi^s.seed[0], k.lo^s.seed[1])
	for i := (hi ^ lo) & mask; ; i = (i + 1) & mask {
		if e := &s.slots[i]; e.id == k || e.second == 0 {
			return e
		}
	}
}

// rebuild makes room: ids past their time go, and the table doubles if those
// that stay fill more than three eighths of it.
func (s *seenSet) rebuild(now uint32) {
	live := 0
	for i := range s.slots {
		if e := &s.slots[i]; e.second != 0 && now-e.second <= s.retain {
			live++
		}
	}
	size := len(s.slots)
	for live*8 > size*3 {
		size *= 2
	}
	old := s.table
	s.table = newSlotTable(size)
	s.slots = s.table.slots
	s.used = live
	for i := range old.slots {
		if e := &old.slots[i]; e.second != 0 && now-e.second <= s.retain {
			*s.find(e.id) = *e
		}
	}
	old.free()
}

// load puts back ids of a snapshot or segment, oldest first.
func (s *seenSet) load(ids []seenID, now uint32) {
	for _, e := range ids {
		if now-e.second > s.retain {
			continue
		}
		if (s.used+1)*4 > len(s.slots)*3 {
			s.rebuild(now)
		}
		slot := s.find(e.id)
		if slot.second == 0 {
			s.used++
		}
		*slot = e
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

const seenIDBytes = 20

func appendSeenIDs(b []byte, ids chunks) []byte {
	for _, chunk := range ids {
		for _, e := range chunk {
			b = binary.LittleEndian.AppendUint64(b, e.hi)
			b = binary.LittleEndian.AppendUint64(b, e.lo)
			b = binary.LittleEndian.AppendUint32(b, e.second)
		}
	}
	return b
}

func parseSeenIDs(b []byte) []seenID {
	ids := make([]seenID, len(b)/seenIDBytes)
	for i := range ids {
		e := b[i*seenIDBytes:]
		ids[i] = seenID{id{binary.LittleEndian.Uint64(e), binary.LittleEndian.Uint64(e[8:])}, binary.LittleEndian.Uint32(e[16:])}
	}
	return ids
}
