package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz"
)

const (
	// xzTail is how much of a file's end is kept for its index: enough for 3,000
	// blocks, of which xz makes one for every 24 MiB at most.
	xzTail = 64 << 10

	xzFooter = 12
)

// xzText reads the text of an xz file of one stream. It checks the length of
// the text against the index at the end of the file (section 4 of the format,
// tukaani.org/xz/xz-file-format.txt), because the decoder takes some files that
// are cut off or damaged at the edge of a block for shorter ones.
type xzText struct {
	text   io.Reader
	file   *file
	length uint64
}

func openXZ(compressed io.Reader, f *file) (io.Reader, error) {
	text, err := xz.ReaderConfig{SingleStream: true}.NewReader(compressed)
	if err != nil {
		return nil, err
	}
	return &xzText{text: text, file: f}, nil
}

func (x *xzText) Read(b []byte) (int, error) {
	n, err := x.text.Read(b)
	x.length += uint64(n)
	switch {
	case errors.Is(err, io.EOF):
		if want, ok := indexedLength(x.file.tail); !ok || want != x.length {
			err = io.ErrUnexpectedEOF
		}
	case err != nil:
		err = fmt.Errorf("%w (if xz -t finds no fault in the file, import it decompressed)", err)
	}
	return n, err
}

// indexedLength returns the length of the text of an xz stream as its index
// states it, given the end of the stream.
func indexedLength(tail []byte) (length uint64, ok bool) {
	if len(tail) < xzFooter || string(tail[len(tail)-2:]) != "YZ" {
		return 0, false
	}
	footer := tail[len(tail)-xzFooter:]
	size := 4 * (int64(binary.LittleEndian.Uint32(footer[4:])) + 1)
	start := int64(len(tail)) - xzFooter - size
	if start < 0 || tail[start] != 0 {
		return 0, false
	}
	index := tail[start+1:]
	next := func() uint64 {
		v, n := binary.Uvarint(index)
		if n <= 0 {
			index = nil
			return 0
		}
		index = index[n:]
		return v
	}
	for blocks := next(); blocks > 0 && len(index) > 0; blocks-- {
		next() // the block's compressed size
		length += next()
	}
	return length, true
}
