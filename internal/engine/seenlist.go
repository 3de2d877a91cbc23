package engine

import "encoding/binary"

// chunk is a part of a list of seen ids, in the form of a snapshot: of each id its
// two halves and its second, little-endian.
type chunk struct {
	number uint32
	bytes  []byte
}

const (
	seenIDBytes = 20
	chunkBits   = 11
	chunkIDs    = 1 << chunkBits
	// chunkNumbers is how many chunks have numbers of their own. A place is the
	// number of a chunk and that of an id in it. Long before a number comes again
	// the table is rebuilt.
	chunkNumbers = 1 << (32 - chunkBits)
)

// chunks is a list of ids, oldest first, that grows without moving them.
type chunks []*chunk

func (c chunks) len() int {
	n := 0
	for _, one := range c {
		n += len(one.bytes)
	}
	return n / seenIDBytes
}

// newest is the last id added; c must not be empty.
func (c chunks) newest() seenID { return c[len(c)-1].newest() }

func (c *chunk) newest() seenID { return parseSeenID(c.bytes[len(c.bytes)-seenIDBytes:]) }

// append adds e to a list of s and returns its place.
func (s *seenSet) append(list *chunks, e seenID) (place uint32) {
	if n := len(*list); n == 0 || len((*list)[n-1].bytes) == chunkIDs*seenIDBytes {
		*list = append(*list, s.newChunk(e.second))
	}
	last := (*list)[len(*list)-1]
	place = last.number<<chunkBits | uint32(len(last.bytes)/seenIDBytes)
	b := binary.LittleEndian.AppendUint64(last.bytes, e.hi)
	b = binary.LittleEndian.AppendUint64(b, e.lo)
	last.bytes = binary.LittleEndian.AppendUint32(b, e.second)
	return place
}

// newChunk returns a chunk that is kept, and lets go of those that are past their
// time as of second now.
func (s *seenSet) newChunk(now uint32) *chunk {
	for len(s.kept) > 0 && now-s.kept[0].newest().second > s.retain {
		s.kept[0] = nil
		s.kept = s.kept[1:]
		s.first = (s.first + 1) % chunkNumbers
	}
	c := &chunk{(s.first + uint32(len(s.kept))) % chunkNumbers, make([]byte, 0, chunkIDs*seenIDBytes)}
	s.kept = append(s.kept, c)
	return c
}

// at returns the id at a place, if its chunk is kept.
func (s *seenSet) at(place uint32) (seenID, bool) {
	i := (place>>chunkBits - s.first) % chunkNumbers
	if i >= uint32(len(s.kept)) {
		return seenID{}, false
	}
	return parseSeenID(s.kept[i].bytes[place%chunkIDs*seenIDBytes:]), true
}

// keeps reports whether the chunk of a place is kept.
func (s *seenSet) keeps(place uint32) bool {
	return (place>>chunkBits-s.first)%chunkNumbers < uint32(len(s.kept))
}

func appendSeenIDs(b []byte, ids chunks) []byte {
	for _, c := range ids {
		b = append(b, c.bytes...)
	}
	return b
}

func parseSeenIDs(b []byte) []seenID {
	ids := make([]seenID, len(b)/seenIDBytes)
	for i := range ids {
		ids[i] = parseSeenID(b[i*seenIDBytes:])
	}
	return ids
}

func parseSeenID(b []byte) seenID {
	b = b[:seenIDBytes]
	return seenID{id{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}, binary.LittleEndian.Uint32(b[16:])}
}
