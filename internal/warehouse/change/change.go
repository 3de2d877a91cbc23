// Package change tells what a copy of a table lacks: the rows that differ between the
// files that the copy was made of and those of a manifest.
//
// A copy keeps a [State] of each of its tables. To bring it to a manifest:
//
//	now := table.State(m)
//	if was.Equal(now) {
//		continue
//	}
//	c, err := reader.Changes(table, was, now)
//	if c.Everything { … empty the copy … }
//	removed, err := c.Removed(ctx, 1000, func(keys [][]any) error { … delete … })
//	put, err := c.Put(ctx, 1000, func(rows [][]any) error { … insert or replace … })
//	… keep now, in the same transaction …
//
// Rows come in batches, in no order; no table is held in memory as a whole. Values are
// int64 (bigint), int32 (int), float64, bool, string, [time.Time] in UTC (date,
// timestamp) and nil.
package change

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
)

// Reader reads the files of a warehouse. It is safe for concurrent use.
type Reader struct {
	dir string
	db  *duckdb.DB
}

// memory is what a reader keeps in memory, in bytes; what does not fit goes to a
// temporary file.
const memory = 256 << 20

// Open opens a reader of the warehouse in dir. The caller closes it.
func Open(ctx context.Context, dir string) (*Reader, error) {
	db, err := duckdb.Open(ctx, duckdb.Config{Memory: memory, Dirs: []string{dir}})
	if err != nil {
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	return &Reader{dir, db}, nil
}

// Close releases what the reader holds.
func (r *Reader) Close() error { return r.db.Close() }

// Table is what is copied of a table of the warehouse: its rows or, with Query, what
// that makes of them.
type Table struct {
	warehouse.Shape
	From  string // the table of the warehouse; "" = Name
	Query string // SQL, with {{table}} for the rows of From; it has the columns of Shape
}

// State is what a copy of a table was made of. The zero value is that of no copy.
type State struct {
	Definition string           `json:"definition"` // hash of what is copied
	Files      []warehouse.File `json:"files"`
}

// State returns that of a copy of t as m has it.
func (t *Table) State(m *warehouse.Manifest) State {
	of := m.Tables[t.from()]
	h := sha256.New()
	fmt.Fprintln(h, of.Definition, t.Shape, t.Query)
	return State{hex.EncodeToString(h.Sum(nil)[:8]), slices.Clone(of.Files)}
}

func (t *Table) from() string { return cmp.Or(t.From, t.Name) }

// Equal reports whether copies of both are the same.
func (s State) Equal(other State) bool {
	return s.Definition == other.Definition && slices.EqualFunc(s.Files, other.Files, func(a, b warehouse.File) bool { return a.Path == b.Path })
}

// Changes is what a copy lacks.
type Changes struct {
	// Everything says that a copy is made anew: all that it has goes first, and Put has
	// all rows. It is so where there was none, where something else was copied, where
	// the files that it was made of are gone, and where a table has no key.
	Everything bool

	reader *Reader
	put    []string // queries
	gone   string   // query
}

// Changes compares two states of a table.
func (r *Reader) Changes(t *Table, was, now State) (*Changes, error) {
	left, came := without(was.Files, now.Files), without(now.Files, was.Files)
	if t.Query != "" { // a row may come from all files
		left, came = was.Files, now.Files
	}
	there, err := r.there(left)
	if err != nil {
		return nil, err
	}
	if !there || len(was.Files) == 0 || was.Definition != now.Definition || len(t.Key) == 0 {
		return &Changes{Everything: true, reader: r, put: r.each(t, now.Files)}, nil
	}
	old, next := r.rows(t, left), r.rows(t, came)
	key := strings.Join(t.Key, ", ")
	return &Changes{
		reader: r,
		put:    []string{fmt.Sprintf("(%s) except (%s)", next, old)},
		gone:   fmt.Sprintf("(select %s from (%s)) except (select %s from (%s))", key, old, key, next),
	}, nil
}

// without returns the files that are not among others.
func without(files, others []warehouse.File) []warehouse.File {
	paths := map[string]bool{}
	for _, f := range others {
		paths[f.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(files), func(f warehouse.File) bool { return paths[f.Path] })
}

// there reports whether all the files are kept.
func (r *Reader) there(files []warehouse.File) (bool, error) {
	for _, f := range files {
		_, err := os.Stat(r.path(f))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("warehouse: %w", err)
		}
	}
	return true, nil
}

func (r *Reader) path(f warehouse.File) string {
	return filepath.Join(r.dir, filepath.FromSlash(f.Path))
}

// each returns queries of all rows: one for each file, as far as rows come from one.
func (r *Reader) each(t *Table, files []warehouse.File) []string {
	if t.Query != "" {
		return []string{r.rows(t, files)}
	}
	queries := make([]string, len(files))
	for i, f := range files {
		queries[i] = r.rows(t, []warehouse.File{f})
	}
	return queries
}

// rows is a query of the rows of t in files.
func (r *Reader) rows(t *Table, files []warehouse.File) string {
	if len(files) == 0 {
		nulls := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			nulls[i] = fmt.Sprintf("cast(null as %s) as %s", c.Type, c.Name)
		}
		return "select " + strings.Join(nulls, ", ") + " where false"
	}
	names, paths := make([]string, len(t.Columns)), make([]string, len(files))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	for i, f := range files {
		paths[i] = duckdb.Quote(r.path(f))
	}
	of := "read_parquet([" + strings.Join(paths, ", ") + "], hive_partitioning = false)"
	if t.Query != "" {
		of = "(" + strings.ReplaceAll(t.Query, "{{table}}", of) + ")"
	}
	return fmt.Sprintf("select %s from %s", strings.Join(names, ", "), of)
}
