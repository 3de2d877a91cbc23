// Package duckdb runs the batch jobs on DuckDB, in process.
package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"globalmart/internal/batch"
	"globalmart/internal/duckdb"
)

// macros make DuckDB answer the names that Spark has.
//
//go:embed macros.sql
var macros string

// Engine implements [batch.Engine].
type Engine struct {
	db   *duckdb.DB
	conn *sql.Conn // its session
	name string
	cfg  duckdb.Config
}

var _ batch.Engine = (*Engine)(nil)

// Open opens an engine. The caller closes it.
func Open(ctx context.Context, cfg duckdb.Config) (*Engine, error) {
	db, err := duckdb.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	e := &Engine{db: db, cfg: cfg}
	if err := e.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("batch/duckdb: open: %w", err), e.Close())
	}
	return e, nil
}

func (e *Engine) begin(ctx context.Context) (err error) {
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return err
	}
	if err := e.conn.QueryRowContext(ctx, "select version()").Scan(&e.name); err != nil {
		return err
	}
	_, err = e.conn.ExecContext(ctx, macros)
	return err
}

// Name implements [batch.Engine].
func (e *Engine) Name() string { return "duckdb " + strings.TrimPrefix(e.name, "v") }

// Lane implements [batch.Engine]. It is a database of its own: how many threads work
// is a setting of a database, and two of them take up to half as much CPU time again
// for a query over a day.
func (e *Engine) Lane(ctx context.Context, of int) (batch.Engine, error) {
	cfg := e.cfg
	cfg.Threads, cfg.Memory = 1, max(cfg.Memory/int64(of), minLaneMemory)
	return Open(ctx, cfg)
}

// minLaneMemory is the least that a query over a day may use, in bytes.
const minLaneMemory = 128 << 20

// Exec implements [batch.Engine].
func (e *Engine) Exec(ctx context.Context, statement string) error {
	if _, err := e.conn.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("batch/duckdb: %w", err)
	}
	return nil
}

// rowGroup is how many rows a row group has: DuckDB's own size, which its threads
// share out.
const rowGroup = 122_880

// Write implements [batch.Engine].
func (e *Engine) Write(ctx context.Context, query, file string, group int) (int64, error) {
	result, err := e.conn.ExecContext(ctx, fmt.Sprintf("copy (%s\n) to %s (format parquet, compression zstd, compression_level 1, row_group_size %d)",
		query, duckdb.Quote(file), cmp.Or(group, rowGroup)))
	if err != nil {
		if failure, ok := errors.AsType[*driver.Error](err); ok && failure.Type == driver.ErrorTypeOutOfMemory {
			err = errors.Join(batch.ErrMemory, err)
		}
		err = fmt.Errorf("batch/duckdb: write %s: %w", file, err)
		if left := os.Remove(file); left != nil && !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
		return 0, err
	}
	return result.RowsAffected()
}

// View implements [batch.Engine].
func (e *Engine) View(ctx context.Context, name string, v batch.View) error {
	if err := e.Exec(ctx, fmt.Sprintf("create or replace temp view %s as %s", name, viewQuery(v))); err != nil {
		return fmt.Errorf("view %s: %w", name, err)
	}
	return nil
}

func viewQuery(v batch.View) string {
	names := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		names[i] = c.Name
	}
	list := strings.Join(names, ", ")
	var selects []string
	for _, p := range v.Parts {
		if len(p.Files) == 0 {
			continue
		}
		files := make([]string, len(p.Files))
		for i, f := range p.Files {
			files[i] = duckdb.Quote(f)
		}
		origin := ""
		if v.Origin {
			origin = ", " + duckdb.Quote(p.Label) + " as lake_source, filename as lake_file"
		}
		selects = append(selects, fmt.Sprintf("select %s%s from read_parquet([%s])", list, origin, strings.Join(files, ", ")))
	}
	if len(selects) == 0 {
		return emptyQuery(v)
	}
	return strings.Join(selects, " union all ")
}

// emptyQuery has the columns of v and no row.
func emptyQuery(v batch.View) string {
	all := v.Columns
	if v.Origin {
		all = append(append([]batch.Column(nil), all...), batch.Column{Name: "lake_source", Type: "varchar"}, batch.Column{Name: "lake_file", Type: "varchar"})
	}
	nulls := make([]string, len(all))
	for i, c := range all {
		nulls[i] = fmt.Sprintf("cast(null as %s) as %s", c.Type, c.Name)
	}
	return "select " + strings.Join(nulls, ", ") + " where false"
}

// Query implements [batch.Engine].
func (e *Engine) Query(ctx context.Context, query string) ([][]any, error) {
	rows, err := e.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("batch/duckdb: %w", err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, fmt.Errorf("batch/duckdb: %w", err)
	}
	var all [][]any
	for rows.Next() {
		row := make([]any, len(types))
		to := make([]any, len(types))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, fmt.Errorf("batch/duckdb: %w", err)
		}
		for i := range row {
			row[i] = plain(row[i], types[i].DatabaseTypeName())
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("batch/duckdb: %w", err)
	}
	return all, nil
}

// plain returns a value as the port has it.
func plain(value any, databaseType string) any {
	switch v := value.(type) {
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case time.Time:
		if databaseType == "DATE" {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format("2006-01-02 15:04:05.999999")
	}
	return value
}

// Close implements [batch.Engine].
func (e *Engine) Close() error {
	var err error
	if e.conn != nil {
		err = e.conn.Close()
	}
	return errors.Join(err, e.db.Close())
}
