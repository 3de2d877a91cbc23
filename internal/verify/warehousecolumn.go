package verify

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
)

// columns is an open Parquet file of flat rows: one of the lake, or one of the
// warehouse, whichever engine wrote it.
type columns struct {
	path string
	os   *os.File
	file *parquet.File
	size int64
}

// openColumns opens the file at path. The caller closes it. The error is of
// [errUnreadable] unless the file is not there.
func openColumns(path string) (*columns, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	c := &columns{path: path, os: f}
	if err := c.read(); err != nil {
		c.close()
		return nil, fmt.Errorf("%s: %w: %w", path, errUnreadable, err)
	}
	return c, nil
}

// errUnreadable reports a file that is not as it was written.
var errUnreadable = errors.New("the file is damaged")

// read reads the footer. The library is not proof against every damage, here and
// where it reads pages.
func (c *columns) read() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	info, err := c.os.Stat()
	if err != nil {
		return err
	}
	c.size = info.Size()
	c.file, err = parquet.OpenFile(c.os, c.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	return err
}

func (c *columns) close() { _ = c.os.Close() } // it was only read

// at returns where the column called name is.
func (c *columns) at(name string) (int, error) {
	leaf, ok := c.file.Schema().Lookup(name)
	if !ok {
		return 0, fmt.Errorf("%s: %w: it has no column %s", c.path, errUnreadable, name)
	}
	return leaf.ColumnIndex, nil
}

// scan calls fn with the columns of these names at each row, in order. What they
// return is valid until fn returns.
func (c *columns) scan(names []string, fn func(row []*column) error) error {
	at := make([]int, len(names))
	for i, name := range names {
		var err error
		if at[i], err = c.at(name); err != nil {
			return err
		}
	}
	for _, g := range c.file.RowGroups() {
		if err := c.scanGroup(g, at, fn); err != nil {
			return err
		}
	}
	return nil
}

func (c *columns) scanGroup(g parquet.RowGroup, at []int, fn func(row []*column) error) (err error) {
	defer func() {
		if p := recover(); p != nil { // also where fn asks for a value that the page does not have
			err = fmt.Errorf("%s: %w: it cannot be read: %v", c.path, errUnreadable, p)
		}
	}()
	row := make([]*column, len(at))
	for i, k := range at {
		row[i] = &column{pages: g.ColumnChunks()[k].Pages()}
		defer row[i].close()
	}
	for range g.NumRows() {
		for i := range row {
			if err := row[i].next(); err != nil {
				return fmt.Errorf("%s: %w: %w", c.path, errUnreadable, err)
			}
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// column is the value of one column at a row.
type column struct {
	null bool

	pages parquet.Pages
	page  parquet.Page
	left  int // rows of the page
	row   int // index in the page
	value int // index among the values that are not null
	defs  []byte
	index []int32 // of the values, if the page has them by a dictionary
	ints  []int32
	longs []int64
	bools []byte
	texts []byte
	ends  []uint32
}

func (c *column) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	_ = c.pages.Close() // it was only read
}

// next moves to the next row.
func (c *column) next() error {
	if c.left == 0 {
		if err := c.turn(); err != nil {
			return err
		}
	} else {
		c.row++
		if !c.null {
			c.value++
		}
	}
	c.left--
	c.null = c.defs != nil && c.defs[c.row] == 0
	return nil
}

// turn reads the next page that has rows.
func (c *column) turn() (err error) {
	for c.left == 0 {
		if c.page != nil {
			parquet.Release(c.page)
		}
		c.page, err = c.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		c.left = int(c.page.NumValues())
	}
	c.row, c.value, c.defs, c.index = 0, 0, c.page.DefinitionLevels(), nil
	values := c.page
	if d := c.page.Dictionary(); d != nil {
		indexes := c.page.Data()
		c.index, values = indexes.Int32(), d.Page()
	}
	data := values.Data()
	switch kind := c.page.Type().Kind(); kind {
	case parquet.Int32:
		c.ints = data.Int32()
	case parquet.Int64:
		c.ints, c.longs = nil, data.Int64()
	case parquet.Boolean:
		c.bools = data.Boolean()
	case parquet.ByteArray:
		c.texts, c.ends = data.ByteArray()
	default:
		return fmt.Errorf("a column of type %s", kind)
	}
	return nil
}

func (c *column) place() int {
	if c.index != nil {
		return int(c.index[c.value])
	}
	return c.value
}

// long returns the value of a column of integers, dates or times; 0 if it is null.
func (c *column) long() int64 {
	switch {
	case c.null:
		return 0
	case c.ints != nil:
		return int64(c.ints[c.place()])
	default:
		return c.longs[c.place()]
	}
}

// yes returns the value of a column of booleans; false if it is null.
func (c *column) yes() bool { return !c.null && c.bools[c.value/8]>>(c.value%8)&1 != 0 }

// bytes returns the value of a column of texts; nothing if it is null.
func (c *column) bytes() []byte {
	if c.null {
		return nil
	}
	at := c.place()
	return c.texts[c.ends[at]:c.ends[at+1]]
}
