package shop

import (
	"strings"

	"globalmart/internal/event"
)

// slabSize is the size of a piece of a slab, bytes: large enough that there is
// one allocation for hundreds of ids.
const slabSize = 32 << 10

// slab makes strings of short-lived bytes with few allocations. Its memory is
// only appended to, so the strings never change.
type slab struct{ b strings.Builder }

// keep returns p as a string.
func (s *slab) keep(p []byte) string {
	start := s.b.Len()
	if s.b.Cap()-start < len(p) {
		s.b.Reset()
		s.b.Grow(max(slabSize, len(p)))
		start = 0
	}
	s.b.Write(p)
	return s.b.String()[start:]
}

// id returns prefix, a dash and n as 16 hexadecimal digits.
func (s *slab) id(prefix byte, n uint64) string {
	var buf [18]byte
	buf[0], buf[1] = prefix, '-'
	putHex(buf[2:], n, 16)
	return s.keep(buf[:])
}

// uuid returns a UUID of version 7: the instant, all bits of unique, and ten of
// more.
func (s *slab) uuid(at event.Time, unique, more uint64) string {
	var buf [36]byte
	return s.keep(event.AppendUUIDv7(buf[:0], at, more<<2|unique>>62, unique))
}

const hexDigits = "0123456789abcdef"

// putHex writes the low digits of n to the front of p.
func putHex(p []byte, n uint64, digits int) {
	for i := digits - 1; i >= 0; i-- {
		p[i] = hexDigits[n&15]
		n >>= 4
	}
}
