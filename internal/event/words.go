package event

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Text is scanned eight bytes at a time, as one little-endian word (SWAR:
// "SIMD within a register", as in Sean Anderson's Bit Twiddling Hacks). All
// loads are bounds-checked.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load returns the eight bytes of b from i on; b must have them.
func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8]) }

// special marks by its high bit the first byte of x that is not plain: a quote,
// a backslash, a control character or not ASCII. Marks above the first may be
// wrong, for borrows and carries run upwards. No mark: all eight are plain.
func special(x uint64) uint64 {
	quote := x ^ ones*'"'
	slash := x ^ ones*'\\'
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x - ones*0x20) | (x + ones) | x) & highs
}

func isSpecial(c byte) bool { return c == '"' || c == '\\' || c < 0x20 || c >= 0x7f }

// plainEnd returns the index of the first byte of b from i on that is not
// plain, or len(b).
func plainEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		if m := special(load(b, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && !isSpecial(b[i]) {
		i++
	}
	return i
}

// wideEnd returns the index of the quote that ends the string which starts at
// b[i], or -1 if it has escapes, control characters or invalid UTF-8 or no end.
func wideEnd(b []byte, i int) int {
	for k := i; k < len(b); k++ {
		switch c := b[k]; {
		case c == '"':
			if utf8.Valid(b[i:k]) {
				return k
			}
			return -1
		case c < 0x80 && isSpecial(c):
			return -1
		}
	}
	return -1
}

// integer reads the integer at b[i] and returns it with the index after it, or
// -1 if there is none, or one of more than 18 digits. What follows is not
// looked at.
func integer(b []byte, i int) (n int64, next int) {
	negative := i < len(b) && b[i] == '-'
	if negative {
		i++
	}
	start := i
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		n = n*10 + int64(c)
	}
	digits := i - start
	if digits == 0 || digits > 18 || digits > 1 && b[start] == '0' {
		return 0, -1
	}
	if negative {
		n = -n
	}
	return n, i
}

// token is the start of a member as the scanner compares it: the key with its
// quotes and colon, and the opening quote if the value is a string.
type token struct {
	first, last, middle uint64 // words at 0, n-8 and, if n > 16, 8
	offset              uint16
	n                   uint8
	kind                kind
	index               uint8
}

// tokenOf returns the token of f. It panics if the name does not fit three
// words: that is a bug.
func tokenOf(f *field) token {
	text := strconv.Quote(f.name) + ":"
	if f.kind.quoted() {
		text += `"`
	}
	n := len(text)
	if n < 8 || n > 24 || f.index > 63 {
		panic("event: the scanner cannot compare " + f.name)
	}
	t := token{
		first: load([]byte(text), 0), last: load([]byte(text), n-8),
		offset: uint16(f.offset), n: uint8(n), kind: f.kind, index: uint8(f.index),
	}
	if n > 16 {
		t.middle = load([]byte(text), 8)
	}
	return t
}

// at reports whether t stands at b[i].
func (t *token) at(b []byte, i int) bool {
	n := int(t.n)
	return len(b)-i >= n && load(b, i) == t.first && load(b, i+n-8) == t.last &&
		(n <= 16 || load(b, i+8) == t.middle)
}
