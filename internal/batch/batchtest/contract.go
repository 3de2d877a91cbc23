package batchtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"globalmart/internal/batch"
	warehousefiles "globalmart/internal/warehouse/parquet"
)

// Opener opens an engine that can read and write files in dirs. The caller closes it.
type Opener func(t testing.TB, dirs ...string) batch.Engine

// Contract checks what [batch.Engine] promises.
func Contract(t *testing.T, open Opener) {
	dir := t.TempDir()
	c := contract{open(t, dir), dir}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	for name, test := range map[string]func(*testing.T){
		"its name has a version":                       c.name,
		"values come back as they went in":             c.values,
		"rows stand in the order of the query":         c.order,
		"a view has the rows of its files":             c.views,
		"a view of many files":                         c.manyFiles,
		"a view of nothing":                            c.emptyView,
		"functions that the rules allow":               c.functions,
		"what fails says so and leaves nothing":        c.failures,
		"a statement ends when nobody waits for it":    c.cancelled,
		"a lane is a session of its own":               c.lane,
		"the result of a query that has no row":        c.noRows,
		"a file that is not one of Parquet is refused": c.damagedFile,
	} {
		t.Run(name, test)
	}
}

type contract struct {
	batch.Engine

	dir string
}

func (c contract) name(t *testing.T) {
	if !regexp.MustCompile(`^[a-z]+ \d+\.\d+`).MatchString(c.Name()) {
		t.Errorf("%q has no name and version", c.Name())
	}
}

// all are values of every type, as SQL and as a query returns them.
var all = []struct {
	kind   string
	values []string
	want   []any
}{
	{"bigint", []string{"9007199254740993", "-9223372036854775807", "0"}, []any{int64(9007199254740993), int64(-9223372036854775807), int64(0)}},
	{"int", []string{"2147483647", "-1", "0"}, []any{int64(2147483647), int64(-1), int64(0)}},
	{"double", []string{"1e300", "-0.1", "0"}, []any{1e300, -0.1, 0.0}},
	{"boolean", []string{"true", "false", "true"}, []any{true, false, true}},
	{"varchar", []string{`'it''s \n ${x} "q"'`, `''`, `'Grüße, 東京 🛒'`}, []any{`it's \n ${x} "q"`, "", "Grüße, 東京 🛒"}},
	{"date", []string{"'2026-02-28'", "'1970-01-01'", "'9999-12-31'"}, []any{"2026-02-28", "1970-01-01", "9999-12-31"}},
	{"timestamp", []string{"'2026-03-29 02:30:00.123456'", "'1969-12-31 23:59:59.5'", "'2026-01-01 00:00:00'"}, []any{"2026-03-29 02:30:00.123456", "1969-12-31 23:59:59.5", "2026-01-01 00:00:00"}},
}

// values writes every type, nulls too, reads them back and checks the file's types.
func (c contract) values(t *testing.T) {
	var columns []batch.Column
	rows := make([]string, 4)
	want := make([][]any, len(rows))
	for i, a := range all {
		columns = append(columns, batch.Column{Name: "v_" + a.kind, Type: a.kind})
		kind := strings.Replace(a.kind, "varchar", "varchar(60)", 1)
		for r := range rows {
			value, got := "null", any(nil)
			if r < len(a.values) {
				value, got = a.values[r], a.want[r]
			}
			if i == 0 {
				rows[r], want[r] = fmt.Sprintf("select %d as row_no", r), []any{int64(r)}
			}
			rows[r] += fmt.Sprintf(", cast(%s as %s) as v_%s", value, kind, a.kind)
			want[r] = append(want[r], got)
		}
	}
	columns = append([]batch.Column{{Name: "row_no", Type: "int"}}, columns...)
	w := warehousefiles.New(filepath.Join(c.dir, "warehouse"), func() time.Time { return time.Unix(0, 0) })
	p, err := w.Begin(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	path, err := p.Create("t", "")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Write(t.Context(), strings.Join(rows, " union all ")+" order by row_no", path, 0); err != nil || n != int64(len(rows)) {
		t.Fatalf("wrote %d rows: %v", n, err)
	}
	if _, err := p.Add("t", "", columns, nil); err != nil { // which checks the types
		t.Error(err)
	}
	if diff := cmp.Diff(want, c.read(t, columns, path)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// read returns the rows of files, by their first column.
func (c contract) read(t *testing.T, columns []batch.Column, files ...string) [][]any {
	t.Helper()
	if err := c.View(t.Context(), "read_back", batch.View{Columns: columns, Parts: []batch.Part{{Files: files}}}); err != nil {
		t.Fatal(err)
	}
	return c.rows(t, "select * from read_back order by "+columns[0].Name)
}

func (c contract) rows(t *testing.T, query string) [][]any {
	t.Helper()
	rows, err := c.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// write writes a query to a new file.
func (c contract) write(t *testing.T, name, query string, group int) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(t.Context(), query, path, group); err != nil {
		t.Fatal(err)
	}
	return path
}

// order writes more rows than one task or one row group takes.
func (c contract) order(t *testing.T) {
	const rows, group = 100_000, 4096
	path := c.write(t, "ordered.parquet", "select n, 'row ' || cast(n as varchar(20)) as said from ("+numbers(5)+") x order by n desc", group)
	if diff := cmp.Diff([]string{"ordered.parquet"}, matching(t, c.dir, "*ordered*")); diff != "" {
		t.Errorf("left beside the file: %s", diff)
	}
	next := int64(rows)
	for _, g := range rowGroups(t, path) {
		if n := len(g); n > group || n < group && g[n-1] != 0 {
			t.Errorf("a row group of %d rows, want %d in all but the last", n, group)
		}
		for _, n := range g {
			if next--; n != next {
				t.Fatalf("%d stands where %d has to", n, next)
			}
		}
	}
	if next != 0 {
		t.Errorf("the last row is %d", next)
	}
}

// rowGroups returns the first column of a file by row group.
func rowGroups(t *testing.T, path string) [][]int64 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]int64
	for _, g := range p.RowGroups() {
		rows, buffer := g.Rows(), make([]parquet.Row, 1024)
		var group []int64
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				group = append(group, row[0].Int64())
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func matching(t *testing.T, dir, pattern string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if ok, err := filepath.Match(pattern, strings.TrimPrefix(e.Name(), ".")); err != nil || ok {
			names = append(names, e.Name())
		}
	}
	return names
}

// views: labels and paths, a column that is left out, and another view in place of one.
func (c contract) views(t *testing.T) {
	a := c.write(t, "source a/date=2026-01-01/p0.parquet", "select cast(1 as bigint) as n, 'x' as left_out", 0)
	b := c.write(t, "Größe, 50% + {more} [x]/p1.parquet", "select cast(2 as bigint) as n, 'y' as left_out", 0)
	columns := []batch.Column{{Name: "n", Type: "bigint"}}
	v := batch.View{Columns: columns, Parts: []batch.Part{{Label: "first", Files: []string{a}}, {Label: "none"}, {Label: "it's", Files: []string{b}}}, Origin: true}
	if err := c.View(t.Context(), "seen", v); err != nil {
		t.Fatal(err)
	}
	want := [][]any{{int64(1), "first", a}, {int64(2), "it's", b}}
	if diff := cmp.Diff(want, c.rows(t, "select n, lake_source, lake_file from seen order by n")); diff != "" {
		t.Error(diff)
	}
	if got := c.rows(t, "select * from seen order by n"); len(got[0]) != 3 {
		t.Errorf("it has the columns %v", got[0])
	}
	v.Parts, v.Origin = []batch.Part{{Files: []string{a, b}}}, false
	if err := c.View(t.Context(), "seen", v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{int64(1)}, {int64(2)}}, c.rows(t, "select * from seen order by n")); diff != "" {
		t.Errorf("the view that came in its place: %s", diff)
	}
	v.Parts[0].Files = append(v.Parts[0].Files, a+".missing")
	err := c.View(t.Context(), "seen", v)
	if err == nil {
		_, err = c.Query(t.Context(), "select cast(sum(n) as bigint) as n from seen")
	}
	if err == nil || !strings.Contains(err.Error(), "p0.parquet.missing") {
		t.Errorf("an error that names the file that is not there is missing: %v", err)
	}
}

func (c contract) manyFiles(t *testing.T) {
	const files = 300
	text, err := os.ReadFile(c.write(t, "one.parquet", "select cast(7 as bigint) as n", 0))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for i := range files {
		path := filepath.Join(c.dir, fmt.Sprintf("copy-%03d.parquet", i))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	v := batch.View{Columns: []batch.Column{{Name: "n", Type: "bigint"}}, Parts: []batch.Part{{Label: "copies", Files: paths}}, Origin: true}
	if err := c.View(t.Context(), "many", v); err != nil {
		t.Fatal(err)
	}
	want := [][]any{{int64(7 * files), int64(files)}}
	if diff := cmp.Diff(want, c.rows(t, "select cast(sum(n) as bigint) as n, count(distinct lake_file) as files from many")); diff != "" {
		t.Error(diff)
	}
}

func (c contract) emptyView(t *testing.T) {
	var columns []batch.Column
	for _, a := range all {
		columns = append(columns, batch.Column{Name: "v_" + a.kind, Type: a.kind})
	}
	if err := c.View(t.Context(), "nothing", batch.View{Columns: columns, Origin: true}); err != nil {
		t.Fatal(err)
	}
	if got := c.rows(t, "select * from nothing where v_date > date '2020-01-01' and lake_source <> '' and lake_file <> ''"); len(got) > 0 {
		t.Errorf("it has %v", got)
	}
	path := c.write(t, "nothing.parquet", "select v_bigint, v_varchar from nothing order by v_bigint", 0)
	if got := c.read(t, columns[:1], path); len(got) > 0 {
		t.Errorf("the file has %v", got)
	}
}

func (c contract) noRows(t *testing.T) {
	if got := c.rows(t, "select 1 as one where 1 = 2"); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func (c contract) failures(t *testing.T) {
	path := filepath.Join(c.dir, "failed.parquet")
	for _, query := range []string{"select nowhere from nothing_at_all", "select cast('x' || cast(n as varchar(9)) as bigint) as n from (" + numbers(1) + ") x order by n"} {
		if n, err := c.Write(t.Context(), query, path, 0); err == nil {
			t.Errorf("%s: wrote %d rows", query, n)
		}
		if _, err := c.Query(t.Context(), query); err == nil {
			t.Errorf("%s: no error", query)
		}
	}
	if err := c.Exec(t.Context(), "not a statement"); err == nil {
		t.Error("it runs what is no statement")
	}
	if left := matching(t, c.dir, "*failed*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if got := c.rows(t, "select 1 as one"); got[0][0] != int64(1) {
		t.Errorf("afterwards it answers %v", got)
	}
}

func (c contract) damagedFile(t *testing.T) {
	path := filepath.Join(c.dir, "damaged.parquet")
	if err := os.WriteFile(path, []byte("PAR1 is how it begins"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := c.View(t.Context(), "damaged", batch.View{Columns: []batch.Column{{Name: "n", Type: "bigint"}}, Parts: []batch.Part{{Files: []string{path}}}})
	if err == nil {
		_, err = c.Query(t.Context(), "select cast(sum(n) as bigint) as n from damaged")
	}
	if err == nil || !strings.Contains(err.Error(), "damaged.parquet") {
		t.Errorf("an error that names the file is missing: %v", err)
	}
}

// cancelled ends a query that would take a minute, and one that has not begun. It would
// not take hours: a Spark that is told to stop a statement whose jobs have not begun yet
// runs them nevertheless, and what is asked next waits for them.
func (c contract) cancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	long := "select cast(sum(a.n + b.n) as bigint) as n from (" + numbers(6) + ") a cross join (" + numbers(4) + ") b where a.n * b.n <> 1"
	if _, err := c.Query(ctx, long); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if _, err := c.Query(ctx, "select 1 as one"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the next one ended with %v", err)
	}
	if got := c.rows(t, "select 1 as one"); got[0][0] != int64(1) {
		t.Errorf("afterwards it answers %v", got)
	}
}

func (c contract) lane(t *testing.T) {
	columns := []batch.Column{{Name: "n", Type: "bigint"}}
	one := batch.View{Columns: columns, Parts: []batch.Part{{Files: []string{c.write(t, "lane.parquet", "select cast(1 as bigint) as n", 0)}}}}
	if err := c.View(t.Context(), "mine", one); err != nil {
		t.Fatal(err)
	}
	lane, err := c.Lane(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lane.Close(); err != nil {
			t.Error(err)
		}
	}()
	if rows, err := lane.Query(t.Context(), "select * from mine"); err == nil {
		t.Errorf("it has the view of the other one: %v", rows)
	}
	if err := lane.View(t.Context(), "mine", batch.View{Columns: columns}); err != nil {
		t.Fatal(err)
	}
	if got := c.rows(t, "select * from mine"); !slices.EqualFunc(got, [][]any{{int64(1)}}, slices.Equal[[]any]) {
		t.Errorf("the other one's view became %v", got)
	}
	if rows, err := lane.Query(t.Context(), "select id_key('x') as k"); err != nil || rows[0][0] != c.rows(t, "select id_key('x') as k")[0][0] {
		t.Errorf("it answers %v, %v", rows, err)
	}
}
