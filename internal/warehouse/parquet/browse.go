package parquet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
)

// Tables describes every table of the newest run, by name.
func (r *Reader) Tables(context.Context) (warehouse.Answer[warehouse.TableInfo], error) {
	m, err := r.manifest("")
	if err != nil {
		return warehouse.Answer[warehouse.TableInfo]{}, err
	}
	answer := warehouse.Answer[warehouse.TableInfo]{State: stateOf(m)}
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		table := m.Tables[name]
		info := warehouse.TableInfo{Name: name, Rows: table.Rows(), Bytes: table.Bytes(), Files: len(table.Files), AsOf: table.AsOf}
		if n := len(table.Files); n > 0 {
			info.First, info.Last = table.Files[0].Date, table.Files[n-1].Date
			if info.Columns, err = columnsOf(r.w.Path(table.Files[0])); err != nil {
				return warehouse.Answer[warehouse.TableInfo]{}, fmt.Errorf("warehouse: table %s: %w", name, err)
			}
		}
		answer.Rows = append(answer.Rows, info)
	}
	return answer, nil
}

// columnsOf reads the columns of a file from its footer.
func columnsOf(path string) ([]warehouse.Column, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	p, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	schema := p.Metadata().Schema[1:] // the first is the root
	columns := make([]warehouse.Column, len(schema))
	for i := range schema {
		columns[i] = warehouse.Column{Name: schema[i].Name, Type: typeOf(&schema[i])}
	}
	return columns, nil
}

// TableRows returns rows of a table. Its errors are [warehouse.ErrNoTable],
// [warehouse.ErrNone], [warehouse.ErrGone] and *[warehouse.QueryError]. Only names that
// the table has get into the statement; values are bound.
func (r *Reader) TableRows(ctx context.Context, q warehouse.RowsQuery) (warehouse.TableRows, error) {
	m, err := r.manifest(q.Run)
	if err != nil {
		return warehouse.TableRows{}, err
	}
	table := m.Tables[q.Table]
	if len(table.Files) == 0 {
		return warehouse.TableRows{}, fmt.Errorf("warehouse: table %q: %w", q.Table, warehouse.ErrNoTable)
	}
	columns, err := columnsOf(r.w.Path(table.Files[0]))
	if err != nil {
		r.forget(m)
		return warehouse.TableRows{}, fmt.Errorf("warehouse: table %s of run %s: %w", q.Table, m.Run, err)
	}
	text, args, err := r.statement(table, columns, q)
	if err != nil {
		return warehouse.TableRows{}, err
	}
	rows, err := r.rows(ctx, text, args, len(columns))
	if err != nil {
		return warehouse.TableRows{}, fmt.Errorf("warehouse: table %s of run %s: %w", q.Table, m.Run, err)
	}
	return warehouse.TableRows{State: stateOf(m), Columns: columns, Rows: rows}, nil
}

// statement returns the query of q, and what is bound in it.
func (r *Reader) statement(table warehouse.Table, columns []warehouse.Column, q warehouse.RowsQuery) (string, []any, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quoteName(c.Name)
	}
	paths := make([]string, len(table.Files))
	for i, f := range table.Files {
		paths[i] = duckdb.Quote(r.w.Path(f))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "SELECT %s FROM read_parquet([%s], hive_partitioning = false)", strings.Join(names, ", "), strings.Join(paths, ", "))
	var args []any
	for i, c := range q.Where {
		col, value, err := c.Bind(columns)
		if err != nil {
			return "", nil, err
		}
		sql, bound := comparison(col, c.Operator, value)
		text.WriteString([]string{" WHERE ", " AND "}[min(i, 1)] + sql)
		args = append(args, bound...)
	}
	if q.Sort != "" {
		if err := q.CheckSort(columns); err != nil {
			return "", nil, err
		}
		text.WriteString(" ORDER BY " + quoteName(q.Sort))
		if q.Desc {
			text.WriteString(" DESC")
		}
		text.WriteString(" NULLS LAST, " + strings.Join(names, ", ")) // equal ones in one order, so that pages fit together
	}
	text.WriteString(" LIMIT ? OFFSET ?")
	return text.String(), append(args, int64(q.Limit), int64(q.Skip)), nil
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// comparisons are the operators that SQL has a sign for.
var comparisons = map[warehouse.Operator]string{
	warehouse.Equal: "=", warehouse.NotEqual: "<>", warehouse.Less: "<", warehouse.LessOrEqual: "<=", warehouse.More: ">", warehouse.MoreOrEqual: ">=",
}

// comparison compares a column with a value that is bound, if there is one.
func comparison(col warehouse.Column, operator warehouse.Operator, value any) (string, []any) {
	name := quoteName(col.Name)
	switch {
	case operator == warehouse.Contains:
		return "contains(" + name + ", ?)", []any{value}
	case operator == warehouse.IsNull && value == true:
		return name + " IS NULL", nil
	case operator == warehouse.IsNull:
		return name + " IS NOT NULL", nil
	}
	return name + " " + comparisons[operator] + " CAST(? AS " + col.Type + ")", []any{value}
}

// rows runs a query of n columns.
func (r *Reader) rows(ctx context.Context, text string, args []any, n int) (found [][]any, err error) {
	rows, err := r.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row := make([]any, n)
		into := make([]any, n)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
