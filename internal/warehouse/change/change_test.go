package change_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
)

// files writes files of a warehouse.
type files struct {
	t   *testing.T
	dir string
	db  *duckdb.DB
	n   int
}

func newFiles(t *testing.T) *files {
	t.Helper()
	dir := t.TempDir()
	db, err := duckdb.Open(t.Context(), duckdb.Config{Dirs: []string{dir}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &files{t: t, dir: dir, db: db}
}

// write writes a file of the partition of a date.
func (f *files) write(date, query string) warehouse.File {
	f.t.Helper()
	f.n++
	file := warehouse.File{Path: fmt.Sprintf("tables/t/%d.parquet", f.n), Date: date}
	path := filepath.Join(f.dir, filepath.FromSlash(file.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.db.ExecContext(f.t.Context(), "copy ("+query+") to "+duckdb.Quote(path)+" (format parquet)"); err != nil {
		f.t.Fatal(err)
	}
	return file
}

func manifest(files ...warehouse.File) *warehouse.Manifest {
	return &warehouse.Manifest{Tables: map[string]warehouse.Table{"t": {Definition: "d", Files: files}}}
}

// lacks is what a copy lacks, as text in order.
type lacks struct {
	Everything   bool
	Removed, Put []string
}

// between reads what a copy of t as of was lacks to be of now, in batches of 2.
func (f *files) between(t *change.Table, was change.State, now *warehouse.Manifest) lacks {
	f.t.Helper()
	r, err := change.Open(f.t.Context(), f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Close()
	c, err := r.Changes(t, was, t.State(now))
	if err != nil {
		f.t.Fatal(err)
	}
	found := lacks{Everything: c.Everything}
	collect := func(into *[]string) func([][]any) error {
		return func(rows [][]any) error {
			if len(rows) == 0 || len(rows) > 2 {
				f.t.Errorf("a batch has %d rows, want 1 or 2", len(rows))
			}
			for _, row := range rows {
				*into = append(*into, fmt.Sprint(row...))
			}
			return nil
		}
	}
	for _, stream := range []struct {
		read func() (int64, error)
		into *[]string
	}{
		{func() (int64, error) { return c.Removed(f.t.Context(), 2, collect(&found.Removed)) }, &found.Removed},
		{func() (int64, error) { return c.Put(f.t.Context(), 2, collect(&found.Put)) }, &found.Put},
	} {
		n, err := stream.read()
		if err != nil {
			f.t.Fatal(err)
		}
		if n != int64(len(*stream.into)) {
			f.t.Errorf("it tells %d rows and gave %d", n, len(*stream.into))
		}
		slices.Sort(*stream.into)
	}
	return found
}

func (f *files) check(got, want lacks) {
	f.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("a copy lacks something else (-want +got):\n%s", diff)
	}
}

func table() *change.Table {
	return &change.Table{Shape: warehouse.Shape{
		Name: "t", Columns: []warehouse.Column{{Name: "k", Type: "varchar"}, {Name: "n", Type: "bigint"}}, Key: []string{"k"},
	}}
}

const values = "select * from (values %s) v(k, n)"

func rows(list string) string {
	return "select cast(k as varchar) as k, cast(n as bigint) as n from (" + fmt.Sprintf(values, list) + ")"
}

func TestOnlyWhatDiffers(t *testing.T) {
	f, of := newFiles(t), table()
	kept := f.write("2026-01-01", rows("('kept', 1)"))
	was := manifest(kept,
		f.write("2026-01-02", rows("('same', 1), ('changed', 1), ('gone', 1), (null, 1), ('null to 0', null)")),
		f.write("2026-01-03", rows("('moves', 1), ('goes with its file', 1)")))
	now := manifest(kept,
		f.write("2026-01-02", rows("('same', 1), ('changed', 2), ('new', 1), (null, 1), ('null to 0', 0)")),
		f.write("2026-01-04", rows("('moves', 1)")))
	f.check(f.between(of, of.State(was), now), lacks{Removed: []string{"goes with its file", "gone"}, Put: []string{"changed2", "new1", "null to 00"}})
}

func TestEverything(t *testing.T) {
	f := newFiles(t)
	of := table()
	was := manifest(f.write("2026-01-01", rows("('a', 1)")), f.write("2026-01-02", rows("('b', 1)")))
	now := manifest(was.Tables["t"].Files[0], f.write("2026-01-02", rows("('b', 2), ('c', 1), ('d', 1)")))
	all := lacks{Everything: true, Put: []string{"a1", "b2", "c1", "d1"}}
	f.check(f.between(of, change.State{}, now), all) // there was none

	keyless := table()
	keyless.Key = nil
	f.check(f.between(keyless, keyless.State(was), now), all)

	other := table()
	other.Columns[1].Type = "int"
	f.check(f.between(of, other.State(was), now), all) // something else was copied

	if err := os.Remove(filepath.Join(f.dir, was.Tables["t"].Files[1].Path)); err != nil {
		t.Fatal(err)
	}
	f.check(f.between(of, of.State(was), now), all) // what it was made of is gone
}

// TestNothingOfATableThatIsNotMade: a copy becomes empty with a table.
func TestNothingOfATableThatIsNotMade(t *testing.T) {
	f, of := newFiles(t), table()
	was := manifest(f.write("", rows("('a', 1)")))
	f.check(f.between(of, of.State(was), manifest()), lacks{Removed: []string{"a"}})
	if !of.State(was).Equal(of.State(was)) || of.State(was).Equal(of.State(manifest())) {
		t.Error("a state is not equal to itself alone")
	}
}

// TestOfAQuery: with a query over all files what it comes to is compared, not the rows it reads.
func TestOfAQuery(t *testing.T) {
	f := newFiles(t)
	of := table()
	of.Name, of.From = "sums", "t"
	of.Query = "select substr(k, 1, 1) as k, cast(sum(n) as bigint) as n from {{table}} group by all"
	kept := f.write("2026-01-01", rows("('a1', 1), ('b1', 1), ('c1', 1)"))
	was := manifest(kept, f.write("2026-01-02", rows("('a2', 1), ('b2', 1), ('d2', 1)")))
	now := manifest(kept, f.write("2026-01-02", rows("('a2', 5), ('b3', 1)")))
	f.check(f.between(of, of.State(was), now), lacks{Removed: []string{"d"}, Put: []string{"a6"}})
	f.check(f.between(of, change.State{}, now), lacks{Everything: true, Put: []string{"a6", "b2", "c1"}})
}

// TestValues: each type comes as the package says.
func TestValues(t *testing.T) {
	f := newFiles(t)
	of := &change.Table{Shape: warehouse.Shape{Name: "t", Columns: []warehouse.Column{
		{Name: "a", Type: "bigint"},
		{Name: "b", Type: "int"},
		{Name: "c", Type: "double"},
		{Name: "d", Type: "boolean"},
		{Name: "e", Type: "varchar"},
		{Name: "f", Type: "date"},
		{Name: "g", Type: "timestamp"},
		{Name: "h", Type: "varchar"},
	}}}
	now := manifest(f.write("", "select bigint '1' as a, int '2' as b, double '1.5' as c, true as d, 'x' as e, date '2026-03-29' as f, timestamp '2026-03-29 02:30:00.000001' as g, cast(null as varchar) as h"))
	r, err := change.Open(t.Context(), f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := r.Changes(of, change.State{}, of.State(now))
	if err != nil {
		t.Fatal(err)
	}
	want := []any{int64(1), int32(2), 1.5, true, "x", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 2, 30, 0, 1000, time.UTC), nil}
	if _, err := c.Put(t.Context(), 10, func(rows [][]any) error {
		if diff := cmp.Diff([][]any{want}, rows); diff != "" {
			t.Errorf("values are others (-want +got):\n%s", diff)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestMoreThanOneBatch: rows that fill many pieces each come once.
func TestMoreThanOneBatch(t *testing.T) {
	f, of := newFiles(t), table()
	const many = 300_000
	now := manifest(f.write("", fmt.Sprintf("select cast(i as varchar) as k, i as n from range(%d) r(i)", many)))
	r, err := change.Open(t.Context(), f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := r.Changes(of, change.State{}, of.State(now))
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]bool, many)
	n, err := c.Put(t.Context(), 9_999, func(rows [][]any) error {
		for _, row := range rows {
			i := row[1].(int64)
			if seen[i] {
				t.Fatalf("row %d came twice", i)
			}
			seen[i] = true
		}
		return nil
	})
	if err != nil || n != many {
		t.Errorf("%d rows, %v; want %d", n, err, many)
	}
}
