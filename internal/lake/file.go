package lake

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"globalmart/internal/lake/flat"
)

// ErrCorrupt reports a file that is not what the lake wrote.
var ErrCorrupt = errors.New("the file is damaged or not the lake's")

// corrupt wraps why the file at path cannot be used.
func corrupt(path string, err error) error {
	if errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("lake: %s: %w: %w", path, ErrCorrupt, err)
}

// Footer reads and checks the footer of e: that the file is whole, that it has
// its topic's schema, and that it says what its name and folder say. It does not
// read the rows.
func (e Entry) Footer() (Footer, error) {
	f, err := openFile(e)
	if err != nil {
		return Footer{}, err
	}
	defer f.close()
	return f.footer, nil
}

// file is an open file of the lake.
type file struct {
	Entry
	os      *os.File
	parquet *parquet.File
	footer  Footer
	schema  flat.Schema
}

// openFile opens the file of e. The caller closes it.
func openFile(e Entry) (*file, error) {
	f := &file{Entry: e, schema: schemas[e.Topic]}
	var err error
	if f.os, err = os.Open(e.Path); err != nil {
		return nil, fmt.Errorf("lake: open: %w", err)
	}
	if err := f.read(); err != nil {
		f.close()
		return nil, corrupt(e.Path, err)
	}
	return f, nil
}

func (f *file) close() { _ = f.os.Close() } // it was only read

// read reads the footer and checks it against the name and the rest of the file.
// The library that reads it is not proof against every damage.
func (f *file) read() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the footer cannot be read: %v", p)
		}
	}()
	info, err := f.os.Stat()
	if err != nil {
		return err
	}
	if err := flat.CheckSeal(f.os, info.Size()); err != nil {
		return err
	}
	f.parquet, err = parquet.OpenFile(f.os, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	text, ok := f.parquet.Lookup(footerKey)
	if !ok {
		return errFooter
	}
	if f.footer, err = parseFooter(text); err != nil {
		return err
	}
	if err := f.schema.Check(f.parquet.Metadata().Schema); err != nil {
		return err
	}
	if err := f.checkName(); err != nil {
		return err
	}
	return f.checkGroups(info.Size())
}

// checkName compares the footer with where the file is.
func (f *file) checkName() error {
	meta := &f.footer
	if meta.Source != f.Source || meta.Topic != f.Topic || meta.Partition != f.Partition || meta.First != f.First {
		return fmt.Errorf("the footer says %s %s[%d] from offset %d, the name %s %s from offset %d",
			meta.Source, meta.Topic, meta.Partition, meta.First, f.Source, f.Place, f.First)
	}
	if f.Source == SourceRaw && meta.Records > 0 && (utcDay(meta.From) < f.Day-1 || utcDay(meta.To) > f.Day) {
		return fmt.Errorf("the footer says record times of %s to %s, the folder %s", meta.From, meta.To, filepath.Base(filepath.Dir(f.Path)))
	}
	return nil
}

// checkGroups checks that the row groups add up and lie within the file.
func (f *file) checkGroups(size int64) error {
	meta := f.parquet.Metadata()
	rows, end := int64(0), int64(len("PAR1"))
	for i := range meta.RowGroups {
		g := &meta.RowGroups[i]
		if len(g.Columns) != len(f.schema) {
			return fmt.Errorf("row group %d has %d columns, want %d", i, len(g.Columns), len(f.schema))
		}
		for k := range g.Columns {
			m := &g.Columns[k].MetaData
			from := m.DataPageOffset
			if m.DictionaryPageOffset > 0 {
				from = m.DictionaryPageOffset
			}
			if from != end || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size || m.NumValues != g.NumRows {
				return fmt.Errorf("column %s of row group %d is not where the one before ends", f.schema[k].Name, i)
			}
			end = from + m.TotalCompressedSize
		}
		rows += g.NumRows
	}
	if end > size || rows != meta.NumRows || rows != f.footer.Rows {
		return fmt.Errorf("%d rows in %d bytes of row groups, the footer says %d rows", rows, end, f.footer.Rows)
	}
	return nil
}
