package processor

import "unsafe"

// expected is how many visitors are looked up at once: as many as a processor
// can wait for, with some to spare.
const expected = 16

// Expect is told the keys of records that will be applied soon. What it loads of
// them into the caches, for many at once, each would else wait for by itself. It
// changes nothing, and need not be told.
func (f *Fold) Expect(keys [][]byte) {
	if f.sessions == nil {
		return
	}
	for ; len(keys) > expected; keys = keys[expected:] {
		f.sessions.expect(keys[:expected])
	}
	f.sessions.expect(keys)
}

// expect loads the state of at most [expected] visitors, given by their ids, in
// passes of loads that do not depend on each other.
func (s *Sessions) expect(ids [][]byte) {
	var found [expected]place
	var hashes [expected]uint32
	for i, id := range ids {
		packed, code := packID(append(s.packed[:0], 0), unsafe.String(unsafe.SliceData(id), len(id)))
		packed[0], s.packed = code, packed
		hashes[i] = s.index.hash(packed)
	}
	for i := range ids {
		found[i] = s.index.guess(hashes[i])
	}
	for i, p := range found {
		if p != 0 && s.visitors.at(p).used == 0 {
			found[i] = 0
		}
	}
	for _, p := range found {
		if p != 0 {
			v := s.visitors.at(p)
			room := s.visitors.bytes(v)
			s.loaded += room[0] + room[v.used-1]
		}
	}
}
