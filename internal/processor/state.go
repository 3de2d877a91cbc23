package processor

import (
	"encoding/binary"
	"fmt"
)

// stateReader reads what binary.AppendUvarint, binary.AppendVarint and
// appendText wrote. After the first thing that cannot be read it gives zeros, and
// err says what was wrong. It never allocates more than it is given.
type stateReader struct {
	b   []byte
	err error
}

func (r *stateReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", errState, fmt.Sprintf(format, args...))
	}
	r.b = nil
}

func (r *stateReader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("it ends within a number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *stateReader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("it ends within a number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many things of at least size bytes follow.
func (r *stateReader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.b)/size) {
		r.fail("%d things in %d bytes", n, len(r.b))
		return 0
	}
	return int(n)
}

// bytes reads bytes led by their number. They share memory with the state.
func (r *stateReader) bytes() []byte {
	n := r.count(1)
	text := r.b[:n]
	r.b = r.b[n:]
	return text
}

// end reports what was wrong, or that something is left.
func (r *stateReader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail("%d bytes too many", len(r.b))
	}
	return r.err
}

// appendText appends text, led by its length.
func appendText[T string | []byte](b []byte, text T) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}
