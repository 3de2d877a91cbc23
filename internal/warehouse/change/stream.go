package change

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Put calls take with the rows that are new or changed, in batches of at most so many,
// and tells how many there were. A row may come twice if it is in two files.
func (c *Changes) Put(ctx context.Context, batch int, take func(rows [][]any) error) (n int64, err error) {
	for _, query := range c.put {
		rows, err := c.reader.stream(ctx, query, batch, take)
		n += rows
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Removed calls take with the keys of the rows that are gone, likewise: with none if
// Everything goes.
func (c *Changes) Removed(ctx context.Context, batch int, take func(keys [][]any) error) (int64, error) {
	if c.gone == "" {
		return 0, nil
	}
	return c.reader.stream(ctx, c.gone, batch, take)
}

// stream calls take with the rows of a query. The driver fetches a whole result at
// once, so the result goes to a table, which DuckDB keeps on disk where memory is
// short, and is fetched from there piece by piece.
func (r *Reader) stream(ctx context.Context, query string, batch int, take func([][]any) error) (n int64, err error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return 0, fmt.Errorf("warehouse: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "create temp table piecewise as "+query); err != nil {
		return 0, fmt.Errorf("warehouse: what changed: %w", err)
	}
	defer func() {
		_, e := conn.ExecContext(context.WithoutCancel(ctx), "drop table piecewise")
		err = errors.Join(err, e)
	}()
	var total int64
	if err := conn.QueryRowContext(ctx, "select count(*) from piecewise").Scan(&total); err != nil {
		return 0, fmt.Errorf("warehouse: %w", err)
	}
	for from := int64(0); from < total; from += int64(batch) {
		rows, err := piece(ctx, conn, from, from+int64(batch))
		if err != nil {
			return n, fmt.Errorf("warehouse: what changed: %w", err)
		}
		if err := take(rows); err != nil {
			return n, err
		}
		n += int64(len(rows))
	}
	return n, nil
}

// piece reads the rows [from, to) of the table.
func piece(ctx context.Context, conn *sql.Conn, from, to int64) (all [][]any, err error) {
	rows, err := conn.QueryContext(ctx, "select * from piecewise where rowid >= ? and rowid < ?", from, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
