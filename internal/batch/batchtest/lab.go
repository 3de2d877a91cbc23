// Package batchtest is where the SQL of the batch jobs is tested.
//
//	lab := batchtest.Open(t)
//	lab.Put("fact_customer_day", `
//		('2026-01-05', 1, 'DE', 2, 3, 1000, 0),
//		('2026-01-06', 1, 'DE', 0, -1, -400, 400)`)
//	lab.Build("customer_base", "2026-02-01")  // runs its query over what was put and built before
//	lab.Build("rfm_thresholds", "2026-02-01")
//	got := lab.Rows("select customer_key, r, f, m from mart_rfm order by 1")
package batchtest

import (
	"fmt"
	"strings"
	"testing"

	"globalmart/internal/batch"
	engine "globalmart/internal/batch/duckdb"
	"globalmart/internal/duckdb"
)

// Lab is an engine with tables of a test's own. Every table of the graph is there,
// empty until it is put or built.
type Lab struct {
	*engine.Engine

	t testing.TB
}

// Open opens a lab for the test.
func Open(t testing.TB) *Lab {
	t.Helper()
	return OpenWith(t, duckdb.Config{Memory: 256 << 20, Threads: 2})
}

// OpenWith opens a lab with bounds of its own.
func OpenWith(t testing.TB, cfg duckdb.Config) *Lab {
	t.Helper()
	if cfg.TempDir == "" {
		cfg.TempDir = t.TempDir()
	}
	e, err := engine.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &Lab{e, t}
	for _, table := range batch.Graph() {
		l.empty(table.Name, table.Columns)
	}
	return l
}

func (l *Lab) empty(name string, columns []batch.Column) {
	l.t.Helper()
	declared := make([]string, len(columns))
	for i, c := range columns {
		declared[i] = c.String()
	}
	l.Do(fmt.Sprintf("create or replace temp table %s (%s)", name, strings.Join(declared, ", ")))
}

// Do runs a statement.
func (l *Lab) Do(statement string) {
	l.t.Helper()
	if err := l.Exec(l.t.Context(), statement); err != nil {
		l.t.Fatal(err)
	}
}

// Put replaces the rows of a table of the graph by those of values, "(…), (…)" in the
// order of its columns, or of a query, "select …".
func (l *Lab) Put(table, values string) {
	l.t.Helper()
	l.PutAs(table, table, values)
}

// PutAs does so under another name: "fact_customer_day_in", "mart_rfm_prev".
func (l *Lab) PutAs(name, table, values string) {
	l.t.Helper()
	l.empty(name, l.table(table).Columns)
	if !strings.HasPrefix(strings.TrimSpace(values), "select") {
		values = "values " + values
	}
	l.Do(fmt.Sprintf("insert into %s %s", name, values))
}

func (l *Lab) table(name string) batch.Table {
	l.t.Helper()
	table, there := batch.Find(name)
	if !there {
		l.t.Fatalf("the graph has no table %s", name)
	}
	return table
}

// Build runs a table's SQL as of a date, over the tables as they are, and puts the
// result in its place. Partitions are not told apart: {{from}} and {{to}} are as for
// a Whole table. The types of the result must be those that are declared.
func (l *Lab) Build(name string, asOf batch.Date) {
	l.t.Helper()
	table := l.table(name)
	l.BuildFile(name, table.SQL, batch.WholeParams(table, asOf))
}

// BuildFile does so with another file of sql/ (a Merge) or other parameters (one
// partition).
func (l *Lab) BuildFile(name, file string, params batch.Params) {
	l.t.Helper()
	query, err := batch.SQL(file, params)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Do("create or replace temp table result_of_query as " + query)
	l.checkTypes(name)
	l.empty(name, l.table(name).Columns)
	l.Do(fmt.Sprintf("insert into %s select * from result_of_query", name))
}

// checkTypes compares the result's columns with the declared ones.
func (l *Lab) checkTypes(name string) {
	l.t.Helper()
	want := l.table(name).Columns
	got := l.Rows("select column_name, column_type from (describe result_of_query)")
	for i := range max(len(want), len(got)) {
		var w, g string
		if i < len(want) {
			w = want[i].String()
		}
		if i < len(got) {
			g = fmt.Sprintf("%s %s", got[i][0], strings.Replace(strings.ToLower(got[i][1].(string)), "integer", "int", 1))
		}
		if w != g {
			l.t.Errorf("%s: column %d of the result is %q, declared is %q", name, i+1, g, w)
		}
	}
}

// Rows returns the rows of a query.
func (l *Lab) Rows(query string) [][]any {
	l.t.Helper()
	rows, err := l.Query(l.t.Context(), query)
	if err != nil {
		l.t.Fatal(err)
	}
	return rows
}

// Text returns the rows of a query, a line each, the values separated by blanks.
func (l *Lab) Text(query string) string {
	l.t.Helper()
	var text strings.Builder
	for _, row := range l.Rows(query) {
		text.WriteString(strings.TrimSuffix(fmt.Sprintln(row...), "\n") + "\n")
	}
	return text.String()
}
