package flat

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/DataDog/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic = "PAR1"
	// createdBy has the form that readers parse to work around bugs of writers.
	createdBy = "globalmart version 1.0.0 (build lake)"
	// checkEvery is how many rows are added between two looks for full pages.
	checkEvery = 16
	// MaxGroupRows is how many rows a row group has at most: what DuckDB itself
	// writes.
	MaxGroupRows = 122_880
	// zstdLevel is the fastest that compresses text by its entropy; faster ones
	// save a tenth of the writer's time and take half more space.
	zstdLevel = 1
)

// Packer compresses pages. Writers of one goroutine share one, with its memory.
type Packer struct {
	Level int // of zstd; readers do not care

	zstd   zstd.Ctx
	body   []byte // a page before compression
	part   []byte // what an encoder made
	ends   []uint32
	packed []byte
}

// NewPacker returns a packer. It is not safe for concurrent use.
func NewPacker() *Packer { return &Packer{Level: zstdLevel, zstd: zstd.NewCtx()} }

// compress returns b compressed, in memory that the next call uses again.
func (p *Packer) compress(b []byte) ([]byte, error) {
	packed, err := p.zstd.CompressLevel(p.packed[:cap(p.packed)], b, p.Level)
	if cap(packed) > cap(p.packed) {
		p.packed = packed
	}
	return packed, err
}

// Writer collects rows and writes them as one Parquet file. The rows of a row
// group are in memory, compressed, until it is written.
//
// A row is made by setting each column of Columns once, then calling EndRow.
type Writer struct {
	schema   Schema
	columns  []Column
	elements []format.SchemaElement
	groups   []format.RowGroup
	rows     int64 // of the group
	all      int64 // of the file
	offset   int64 // bytes written
	err      error // of a page; the file is lost
}

// NewWriter returns a writer of files with schema s. It writes nothing yet.
func NewWriter(s Schema, p *Packer) *Writer {
	w := &Writer{schema: s, elements: s.elements(), columns: make([]Column, len(s))}
	for i, f := range s {
		w.columns[i] = newColumn(f, p)
	}
	return w
}

// Columns returns the columns, in the schema's order.
func (w *Writer) Columns() []Column { return w.columns }

// EndRow ends a row.
func (w *Writer) EndRow() {
	w.rows++
	if w.rows%checkEvery != 0 {
		return
	}
	for i := range w.columns {
		if c := &w.columns[i]; c.full() && w.err == nil {
			w.err = c.endPage()
		}
	}
}

// Held returns the memory that the row group at hand takes, in bytes.
func (w *Writer) Held() int {
	n := 0
	for i := range w.columns {
		n += w.columns[i].held()
	}
	return n
}

// GroupRows returns the rows of the row group at hand.
func (w *Writer) GroupRows() int64 { return w.rows }

// Written returns how many bytes of the file were given to an [io.Writer].
func (w *Writer) Written() int64 { return w.offset }

// Rows returns the rows of the file so far.
func (w *Writer) Rows() int64 { return w.all + w.rows }

// EndGroup writes the row group at hand to out. After an error the file is lost:
// call Reset.
func (w *Writer) EndGroup(out io.Writer) error {
	if w.offset == 0 {
		if err := w.write(out, []byte(magic)); err != nil {
			return err
		}
	}
	if w.rows == 0 {
		return w.err
	}
	group := format.RowGroup{NumRows: w.rows, FileOffset: w.offset, Ordinal: int16(len(w.groups))}
	for i := range w.columns {
		c := &w.columns[i]
		if w.err == nil {
			w.err = c.endPage()
		}
		if w.err != nil {
			return w.err
		}
		dictionary, err := c.dictionary()
		if err != nil {
			w.err = err
			return err
		}
		chunk := c.chunk(w.offset, len(dictionary))
		group.Columns = append(group.Columns, chunk)
		group.TotalByteSize += chunk.MetaData.TotalUncompressedSize
		group.TotalCompressedSize += chunk.MetaData.TotalCompressedSize
		if err := w.write(out, dictionary); err != nil {
			return err
		}
		for _, page := range c.pages {
			if err := w.write(out, page); err != nil {
				return err
			}
		}
		c.reset()
	}
	w.groups = append(w.groups, group)
	w.all += w.rows
	w.rows = 0
	return nil
}

// write counts what is written and remembers that it failed.
func (w *Writer) write(out io.Writer, b []byte) error {
	if w.err != nil {
		return w.err
	}
	n, err := out.Write(b)
	w.offset += int64(n)
	if err != nil {
		w.err = fmt.Errorf("flat: write: %w", err)
	}
	return w.err
}

// Finish writes what is left and the footer, with one entry of metadata, and
// makes the writer ready for the next file. After an error the file is lost:
// call Reset.
func (w *Writer) Finish(out io.Writer, key, value string) error {
	if err := w.EndGroup(out); err != nil {
		return err
	}
	meta := format.FileMetaData{
		Version: 1, Schema: w.elements, NumRows: w.all, RowGroups: w.groups, CreatedBy: createdBy,
		KeyValueMetadata: []format.KeyValue{{Key: key, Value: value}},
	}
	for range w.schema {
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	footer, err := thrift.Marshal(&thrift.CompactProtocol{}, &meta)
	if err != nil {
		return fmt.Errorf("flat: footer: %w", err)
	}
	end := binary.LittleEndian.AppendUint32(sealed(footer), uint32(len(footer)))
	if err := w.write(out, append(end, magic...)); err != nil {
		return err
	}
	w.Reset()
	return nil
}

// Reset drops what was collected.
func (w *Writer) Reset() {
	for i := range w.columns {
		w.columns[i].reset()
	}
	w.groups, w.rows, w.all, w.offset, w.err = nil, 0, 0, 0, nil
}
