package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// named are the arguments of a statement, by name.
type named = pgx.NamedArgs

// read runs a statement on a reader and calls scan for every row.
func (s *Store) read(ctx context.Context, scan func(pgx.Rows) error, text string, args ...any) error {
	limited, cancel := context.WithTimeout(ctx, s.patient)
	defer cancel()
	conn, err := s.acquire(ctx, limited, s.readers)
	if err != nil {
		return err
	}
	defer conn.Release()
	found, err := conn.Query(limited, text, args...)
	if err == nil {
		err = each(found, scan)
	}
	return classify(err, conn.Conn().IsClosed() && ctx.Err() == nil)
}

// readRow reads the one row of a statement; store.ErrNotFound if there is none.
func (s *Store) readRow(ctx context.Context, into []any, text string, args ...any) error {
	found := false
	err := s.read(ctx, func(row pgx.Rows) error {
		found = true
		return row.Scan(into...)
	}, text, args...)
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

// list reads all rows of a statement.
func list[T any](ctx context.Context, s *Store, scan func(pgx.Rows) (T, error), text string, args ...any) (all []T, err error) {
	err = s.read(ctx, func(row pgx.Rows) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	}, text, args...)
	return all, err
}

// page reads a page of a list: at most limit rows of a statement.
func page[T any](ctx context.Context, s *Store, limit int, scan func(pgx.Rows) (T, error), text string, args named) ([]T, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("limit %d, want at least 1", limit)
	}
	args["limit"] = int64(limit)
	return list(ctx, s, scan, text, args)
}

// each calls scan for every row and closes rows.
func each(found pgx.Rows, scan func(pgx.Rows) error) error {
	defer found.Close()
	for found.Next() {
		if err := scan(found); err != nil {
			return err
		}
	}
	return found.Err()
}
