package lake

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// cursor reads the values of one column of a row group, one after the other.
// Bytes that it returns stay as they are: a page's memory is not used again.
type cursor struct {
	name  string
	pages parquet.Pages
	set   bool // the value is not null
	rows  int  // left of the page
	row   int  // index in the page
	value int  // index among the values that are not null
	defs  []byte
	ints  []int32
	longs []int64
	bools []byte
	text  []byte
	ends  []uint32
}

// newCursor reads column at of group.
func newCursor(group parquet.RowGroup, at int) *cursor {
	chunk := group.ColumnChunks()[at]
	return &cursor{name: group.Schema().Fields()[at].Name(), pages: chunk.Pages()}
}

func (c *cursor) close() { _ = c.pages.Close() } // it was only read

// next moves to the next value; io.EOF after the last.
func (c *cursor) next() error {
	if c.rows == 0 {
		if err := c.turn(); err != nil {
			return err
		}
	} else {
		c.row++
		if c.set {
			c.value++
		}
	}
	c.rows--
	c.set = c.defs == nil || c.defs[c.row] != 0
	return nil
}

// turn reads the next page.
func (c *cursor) turn() error {
	page, err := c.pages.ReadPage()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	c.row, c.value, c.rows, c.defs = 0, 0, int(page.NumValues()), page.DefinitionLevels()
	if c.rows == 0 {
		return c.turn()
	}
	if c.defs != nil && len(c.defs) != c.rows {
		return fmt.Errorf("column %s: %d levels of %d values", c.name, len(c.defs), c.rows)
	}
	if page.Dictionary() != nil {
		return fmt.Errorf("column %s: a dictionary where none is written", c.name)
	}
	data := page.Data()
	c.ints, c.longs, c.bools, c.text, c.ends = nil, nil, nil, nil, nil
	switch page.Type().Kind() {
	case parquet.Int32:
		c.ints = data.Int32()
	case parquet.Int64:
		c.longs = data.Int64()
	case parquet.Boolean:
		c.bools = data.Boolean()
	case parquet.ByteArray:
		c.text, c.ends = data.ByteArray()
	default:
		return fmt.Errorf("column %s has type %s", c.name, page.Type())
	}
	return nil
}

func (c *cursor) int32() int32 { return c.ints[c.value] }
func (c *cursor) int64() int64 { return c.longs[c.value] }
func (c *cursor) bool() bool   { return c.bools[c.value/8]>>(c.value%8)&1 != 0 }

// bytes returns the value, which is the caller's to keep.
func (c *cursor) bytes() []byte {
	from, to := c.ends[c.value], c.ends[c.value+1]
	return c.text[from:to:to]
}
