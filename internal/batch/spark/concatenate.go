package spark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// part is an open file of Parquet.
type part struct {
	*parquet.File
	io.Closer
}

func open(path string) (*part, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	p, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return &part{p, file}, nil
}

// chunk is how many rows are copied at once, and how often ctx is looked at.
const chunk = 4096

// concatenate writes the rows of parts, of which there is one or more, to a file, in row
// groups of so many rows. The bytes that come out depend on the rows alone, not on where
// one part ends.
func concatenate(ctx context.Context, parts []string, path string, group int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var w *writer
	for i, name := range parts {
		p, err := open(name)
		if err != nil {
			return err
		}
		if p.NumRows() == 0 && i < len(parts)-1 {
			if err := p.Close(); err != nil {
				return err
			}
			continue // it does not tell how columns are encoded
		}
		if w == nil {
			w = newWriter(file, writable(p.Schema()), group)
		}
		if err := errors.Join(w.copy(ctx, p), p.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return w.close()
}

// step is after how many rows the library looks whether a page is full, counted from
// where a call or a row group begins. A call that begins elsewhere makes other pages.
const step = 64

// writer writes rows in groups of one size.
type writer struct {
	*parquet.Writer
	group  int // rows of a row group
	filled int // rows of the one in progress
	buffer []parquet.Row
	kept   int // rows of the buffer that are not written: too few for a step
}

func newWriter(file io.Writer, schema *parquet.Schema, group int) *writer {
	w := parquet.NewWriter(file, schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(int64(group)))
	return &writer{Writer: w, group: group, buffer: make([]parquet.Row, chunk)}
}

// copy writes the rows of p.
func (w *writer) copy(ctx context.Context, p *part) error {
	for _, g := range p.RowGroups() {
		if err := w.copyGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) copyGroup(ctx context.Context, g parquet.RowGroup) (err error) {
	rows := g.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := rows.ReadRows(w.buffer[w.kept:])
		if failed := w.write(w.kept + n); failed != nil {
			return failed
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// write writes the first n rows of the buffer, but keeps those at their end that make no
// whole step.
func (w *writer) write(n int) error {
	at := 0
	for at < n {
		room := w.group - w.filled
		size := min(n-at, room)
		if size < room {
			size -= size % step
		}
		if size == 0 {
			break
		}
		if _, err := w.WriteRows(w.buffer[at : at+size]); err != nil {
			return err
		}
		at += size
		w.filled = (w.filled + size) % w.group
	}
	w.kept = n - at
	for i := range w.kept {
		w.buffer[i] = w.buffer[at+i].Clone() // what was read is valid until the next read
	}
	return nil
}

// close writes what was kept, and the footer.
func (w *writer) close() error {
	_, err := w.WriteRows(w.buffer[:w.kept])
	return errors.Join(err, w.Close())
}
