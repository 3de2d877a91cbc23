package importer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// line is one line of a file.
type line struct {
	number int    // from 1
	text   []byte // without the end of the line; good until the next one
	length int    // of the line in bytes; over len(text) if it was too long
}

// whole reports whether l is all there.
func (l line) whole() bool { return l.length == len(l.text) }

// lineReader reads the lines of a file. Of lines over its limit it keeps the
// start alone.
type lineReader struct {
	file   *file
	text   *bufio.Reader
	limit  int // bytes
	number int
	start  []byte // of a line that is too long
}

// newLineReader returns a reader of lines of up to limit bytes, which must be
// over 4*maxShown and below maxRowBytes/2.
func newLineReader(f *file, limit int) *lineReader {
	return &lineReader{file: f, text: bufio.NewReaderSize(f, limit+len("\r\n")), limit: limit}
}

// next returns the next line, or io.EOF after the last.
func (r *lineReader) next(ctx context.Context) (line, error) {
	text, err := r.text.ReadSlice('\n')
	r.file.nextRow()
	l := line{number: r.number + 1, text: text, length: len(text)}
	if errors.Is(err, bufio.ErrBufferFull) {
		l, err = r.skip(ctx, l)
	}
	if errors.Is(err, io.EOF) && l.length > 0 {
		err = nil // the last line has no end
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			return line{}, io.EOF
		}
		return line{}, fmt.Errorf("importer: read line %d: %w", l.number, err)
	}
	r.number++
	if l.whole() {
		l.text = bytes.TrimSuffix(bytes.TrimSuffix(l.text, []byte("\n")), []byte("\r"))
		if r.number == 1 {
			l.text = bytes.TrimPrefix(l.text, []byte("\ufeff"))
		}
		l.length = len(l.text)
		if l.length > r.limit {
			l.text = l.text[:4*maxShown]
		}
	}
	return l, nil
}

// skip reads on to the end of l, of which a buffer was read.
func (r *lineReader) skip(ctx context.Context, l line) (line, error) {
	r.start = append(r.start[:0], l.text[:4*maxShown]...)
	l.text = r.start
	for {
		if ctx.Err() != nil {
			return l, context.Cause(ctx)
		}
		more, err := r.text.ReadSlice('\n')
		r.file.nextRow()
		l.length += len(bytes.TrimRight(more, "\r\n"))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l, err
		}
	}
}

// eachLine calls take for every line that is not blank, and counts those as
// rows. It fails if the file cannot be read on, when ctx ends, with the error of
// take, or if there are over most rows.
func (in *intake) eachLine(ctx context.Context, r *lineReader, most int, take func(line) error) error {
	for {
		if r.number%rowsPerCheck == 0 && ctx.Err() != nil {
			return fmt.Errorf("importer: read lines: %w", context.Cause(ctx))
		}
		l, err := r.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(l.text)) == 0 && l.whole() {
			continue
		}
		if in.summary.Rows++; in.summary.Rows > most {
			return fmt.Errorf("importer: read lines: over %d lines, more than one import takes; split the file by date", most)
		}
		if err := take(l); err != nil {
			return err
		}
	}
}
