package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// putAll runs text, which returns no rows, for n rows in as few statements as
// batches allow. row appends the arguments of row i, which must be of the types
// of [driver.Value].
//
// It is what nearly all rows are written by, and so it goes past database/sql,
// which copies every argument, and past the driver's Exec, which calls into C for
// each: its Query binds all arguments and runs the statement in one call.
func (t *tx) putAll(text string, n int, row func(args []any, i int) []any) error {
	if n == 0 {
		return nil
	}
	return t.w.conn.Raw(func(c any) error {
		var args []any
		var named []driver.NamedValue
		for i := 0; i < n; {
			size := batch(n - i)
			args = args[:0]
			for range size {
				args = row(args, i)
				i++
			}
			named = named[:0]
			for at, a := range args {
				named = append(named, driver.NamedValue{Ordinal: at + 1, Value: a})
			}
			if err := t.w.runBulk(t.ctx, c.(driver.ConnPrepareContext), prepared{text, size}, named); err != nil {
				return err
			}
		}
		return nil
	})
}

// runBulk runs a statement that returns no rows.
func (w *writer) runBulk(ctx context.Context, conn driver.ConnPrepareContext, p prepared, args []driver.NamedValue) error {
	s := w.bulk[p]
	if s == nil {
		var err error
		if s, err = conn.PrepareContext(ctx, repeatRow(p.text, p.rows)); err != nil {
			return err
		}
		w.bulk[p] = s
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, args) // runs it to its end
	if err != nil {
		return err
	}
	return rows.Close()
}

func (w *writer) closeBulk() error {
	var errs []error
	for _, s := range w.bulk {
		errs = append(errs, s.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close statements: %w", err)
	}
	return nil
}
