package parquet

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go"

	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
)

// A list whose rows stand in a file just as they are asked for needs no query: which
// rows are those of a segment, or of a category in a period, is found out once for a
// file, and a page is read by the numbers of its rows. So each costs the same,
// however deep in the list it is, and takes one core for a millisecond.

// list is a table, kept in one file, whose rows of one key follow one another.
type list struct {
	table string
	key   string // expression of the key, a text
}

var (
	customersOfSegment = list{"mart_rfm", "segment"}
	productsOfCategory = list{"mart_product", "period || '/' || category"}
)

// index is where the rows of each key of a file are. Its file is open.
type index struct {
	path    string
	made    sync.Mutex
	file    *parquet.File
	columns map[string]int
	rows    map[string]stretch
}

// stretch is rows that follow one another.
type stretch struct{ first, count int64 }

// keptIndexes are those of the runs that are kept, and of their files that are open.
const keptIndexes = 2 * keptManifests

// page reads a page of the rows of a key, and calls scan with each. It reports false,
// and nothing was read, where a query has to do: the file cannot be read, or does not
// have the rows of the key together.
func (r *Reader) page(ctx context.Context, l list, key string, p warehouse.Page, scan func(record)) (warehouse.State, bool) {
	m, err := r.manifest(p.Run)
	if err != nil || len(m.Tables[l.table].Files) != 1 {
		return warehouse.State{}, false
	}
	x := r.index(r.w.Path(m.Tables[l.table].Files[0]))
	if err := x.make(ctx, r.db, l); err != nil {
		return warehouse.State{}, false
	}
	rows, known := x.rows[key]
	if !known {
		return warehouse.State{}, false
	}
	skip := min(int64(p.Skip), rows.count)
	found, err := x.read(rows.first+skip, min(int64(p.Limit), rows.count-skip))
	if err != nil {
		return warehouse.State{}, false
	}
	for _, row := range found {
		scan(record{x.columns, row})
	}
	return stateOf(m), true
}

// index returns the index of a file, which may have to be made.
func (r *Reader) index(path string) *index {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.indexes {
		if x.path == path {
			return x
		}
	}
	if len(r.indexes) == keptIndexes {
		// Somebody may be reading it: its file is closed when nobody is any more.
		r.indexes = slices.Delete(r.indexes, 0, 1)
	}
	x := &index{path: path}
	r.indexes = append(r.indexes, x)
	return x
}

// make opens the file and finds out where its keys are, unless that is done.
func (x *index) make(ctx context.Context, db *duckdb.DB, l list) error {
	x.made.Lock()
	defer x.made.Unlock()
	if x.rows != nil {
		return nil
	}
	file, err := os.Open(x.path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		x.file, err = parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	}
	if err == nil {
		err = x.find(ctx, db, l)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// find finds the rows of each key; those that do not follow one another are left out.
func (x *index) find(ctx context.Context, db *duckdb.DB, l list) (err error) {
	rows, err := db.QueryContext(ctx, "select "+l.key+" as k, min(file_row_number), count(*) from read_parquet("+duckdb.Quote(x.path)+
		", file_row_number = true) group by k having k is not null and max(file_row_number) - min(file_row_number) = count(*) - 1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := map[string]stretch{}
	for rows.Next() {
		var key string
		var s stretch
		if err := rows.Scan(&key, &s.first, &s.count); err != nil {
			return err
		}
		found[key] = s
	}
	if err := rows.Err(); err != nil {
		return err
	}
	x.columns = map[string]int{}
	for i, path := range x.file.Schema().Columns() {
		x.columns[path[0]] = i
	}
	x.rows = found
	return nil
}

// read reads n rows from the row number first on.
func (x *index) read(first, n int64) ([]parquet.Row, error) {
	all := make([]parquet.Row, 0, n)
	for _, group := range x.file.RowGroups() {
		if first >= group.NumRows() {
			first -= group.NumRows()
			continue
		}
		part, err := readGroup(group, first, min(n-int64(len(all)), group.NumRows()-first))
		if err != nil {
			return nil, err
		}
		if all = append(all, part...); int64(len(all)) == n {
			return all, nil
		}
		first = 0
	}
	if int64(len(all)) < n {
		return nil, io.ErrUnexpectedEOF
	}
	return all, nil
}

// readGroup reads n rows of a group. They are the caller's.
func readGroup(group parquet.RowGroup, first, n int64) (all []parquet.Row, err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := rows.SeekToRow(first); err != nil {
		return nil, err
	}
	buffer := make([]parquet.Row, n)
	for int64(len(all)) < n {
		got, err := rows.ReadRows(buffer[:n-int64(len(all))])
		for _, row := range buffer[:got] {
			all = append(all, row.Clone())
		}
		if err != nil && (!errors.Is(err, io.EOF) || int64(len(all)) < n) {
			return nil, err
		}
	}
	return all, nil
}

// record is a row of a flat file.
type record struct {
	columns map[string]int
	row     parquet.Row
}

func (r record) value(column string) parquet.Value { return r.row[r.columns[column]] }

// text is that of a column, "" where it is null.
func (r record) text(column string) string { return string(r.value(column).ByteArray()) }

// number is the integer of a column, 0 where it is null.
func (r record) number(column string) int64 {
	switch v := r.value(column); v.Kind() {
	case parquet.Int32:
		return int64(v.Int32())
	case parquet.Int64:
		return v.Int64()
	default:
		return 0
	}
}

// date is the date of a column, yyyy-mm-dd.
func (r record) date(column string) string {
	return time.Unix(r.number(column)*86_400, 0).UTC().Format(time.DateOnly)
}

// orNil is what get says of a column, or nil where it is null.
func orNil[T any](r record, column string, get func(string) T) *T {
	if r.value(column).IsNull() {
		return nil
	}
	v := get(column)
	return &v
}

func (r record) ratio(column string) float64 { return r.value(column).Double() }
