package processor

import "hash/maphash"

// idIndex finds the place of what an id names: an open-addressing table of 8-byte
// slots, the low half of a hash and a place, so that it grows without a look at
// what is there. Hashes are seeded per process: nobody outside
// can make ids collide, and what is found does not depend on them.
type idIndex struct {
	seed  maphash.Seed
	slots []uint64 // hash<<32 | place; 0 = empty; a power of two of them
	used  int
}

const leastSlots = 64

func newIDIndex() idIndex {
	return idIndex{seed: maphash.MakeSeed(), slots: make([]uint64, leastSlots)}
}

func (x *idIndex) hash(packed []byte) uint32 { return uint32(maphash.Bytes(x.seed, packed)) }

// find returns the slot of the place with that hash which is says it is, or the
// empty slot where it would be.
func (x *idIndex) find(hash uint32, is func(p place) bool) int {
	mask := len(x.slots) - 1
	at := int(hash) & mask
	for ; x.slots[at] != 0; at = (at + 1) & mask {
		if s := x.slots[at]; uint32(s>>32) == hash && is(place(s)) {
			break
		}
	}
	return at
}

// guess returns the first place with that hash, or 0: nearly always that of what
// has it, and found without a look at it.
func (x *idIndex) guess(hash uint32) place {
	mask := len(x.slots) - 1
	for at := int(hash) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		if s := x.slots[at]; uint32(s>>32) == hash {
			return place(s)
		}
	}
	return 0
}

// get returns the place in a slot; 0 if it is empty.
func (x *idIndex) get(slot int) place { return place(x.slots[slot]) }

// put fills a slot that find returned for hash.
func (x *idIndex) put(slot int, hash uint32, p place) {
	if x.slots[slot] == 0 {
		x.used++
	}
	x.slots[slot] = uint64(hash)<<32 | uint64(p)
	if x.used > len(x.slots)/4*3 {
		x.grow()
	}
}

func (x *idIndex) grow() {
	old := x.slots
	x.slots = make([]uint64, 2*len(old))
	mask := len(x.slots) - 1
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := int(s>>32) & mask
		for x.slots[at] != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = s
	}
}

// remove empties a slot and moves up what was displaced by it.
func (x *idIndex) remove(slot int) {
	mask := len(x.slots) - 1
	x.used--
	for at := (slot + 1) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		home := int(x.slots[at]>>32) & mask
		if (at-home)&mask >= (at-slot)&mask { // its way from home leads over the empty slot
			x.slots[slot] = x.slots[at]
			slot = at
		}
	}
	x.slots[slot] = 0
}
