package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/mattn/go-sqlite3"

	"globalmart/internal/store"
)

// writer is the one connection that writes, with its prepared statements. One
// transaction uses it at a time.
type writer struct {
	turn  chan struct{} // holds a token while the writer is free
	db    *sql.DB
	conn  *sql.Conn
	stmts map[prepared]*sql.Stmt
	bulk  map[prepared]driver.Stmt // see putAll
}

// prepared names a statement: the text of its file with the row of its VALUES
// repeated.
type prepared struct {
	text string
	rows int
}

func openWriter(ctx context.Context, path string) (*writer, error) {
	w := &writer{turn: make(chan struct{}, 1), db: connect(path, writing), stmts: map[prepared]*sql.Stmt{}, bulk: map[prepared]driver.Stmt{}}
	w.db.SetMaxOpenConns(1)
	var err error
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return nil, errors.Join(explain(err), w.db.Close())
	}
	w.turn <- struct{}{}
	// Opening a file that cannot be written succeeds, and so does asking for a
	// write-ahead log where there can be none. Find out now. That another process
	// is writing shows that it can be written.
	if err := w.do(ctx, (*tx).mustHaveLog); err != nil && !busy(err) {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (t *tx) mustHaveLog() error {
	var mode string
	if err := t.queryRow("PRAGMA journal_mode", nil, &mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q, need wal; put the file on a local disk", mode)
	}
	return nil
}

func (w *writer) close() error {
	<-w.turn // never given back: later transactions see a closed pool
	errs := make([]error, 0, len(w.stmts)+2)
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	errs = append(errs, w.closeBulk(), w.conn.Close(), w.db.Close())
	close(w.turn)
	return errors.Join(errs...)
}

// do runs f in one transaction that holds the write lock from its beginning,
// and commits it unless f fails. ctx ends the wait for the lock; once the
// transaction has begun it is short and goes on, so that cancelling never
// leaves a commit in doubt.
func (w *writer) do(ctx context.Context, f func(*tx) error) error {
	select {
	case _, open := <-w.turn:
		if !open {
			return sql.ErrConnDone
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { w.turn <- struct{}{} }()
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &tx{w: w, ctx: context.WithoutCancel(ctx)}
	if _, err := t.exec(begin); err != nil {
		return classify(err)
	}
	if err := f(t); err != nil {
		return errors.Join(classify(err), t.rollback())
	}
	if _, err := t.exec(commit); err != nil {
		return errors.Join(commitError(err), t.rollback())
	}
	return nil
}

// tx is a transaction of the writer.
type tx struct {
	w   *writer
	ctx context.Context //nolint:containedctx // lives as long as the call that made it
}

const (
	begin    = "BEGIN IMMEDIATE"
	commit   = "COMMIT"
	rollback = "ROLLBACK"
)

// rollback ends the transaction if SQLite has not ended it already, as it does
// on some errors of the disk.
func (t *tx) rollback() error {
	var active bool
	err := t.w.conn.Raw(func(c any) error {
		active = !c.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	})
	if err == nil && active {
		_, err = t.exec(rollback)
	}
	if err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

func (t *tx) prepare(p prepared) (*sql.Stmt, error) {
	if s := t.w.stmts[p]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, repeatRow(p.text, p.rows))
	if err != nil {
		return nil, err
	}
	t.w.stmts[p] = s
	return s, nil
}

// exec runs one statement and returns how many rows it changed.
func (t *tx) exec(text string, args ...any) (int64, error) {
	return t.execRows(text, 1, args)
}

func (t *tx) execRows(text string, rows int, args []any) (int64, error) {
	s, err := t.prepare(prepared{text, rows}) //nolint:sqlclosecheck // kept for the next transaction
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs one statement and calls scan for every row.
func (t *tx) query(text string, rows int, args []any, scan func(*sql.Rows) error) error {
	s, err := t.prepare(prepared{text, rows}) //nolint:sqlclosecheck // kept for the next transaction
	if err != nil {
		return err
	}
	found, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	return each(found, scan)
}

// queryRow runs a statement that returns one row; sql.ErrNoRows if it has none.
func (t *tx) queryRow(text string, args []any, into ...any) error {
	s, err := t.prepare(prepared{text, 1}) //nolint:sqlclosecheck // kept for the next transaction
	if err != nil {
		return err
	}
	return s.QueryRowContext(t.ctx, args...).Scan(into...)
}

// batches are the numbers of rows that statements are prepared for. A few
// sizes that halve keep both the number of statements and the number of
// executions for a remainder small.
var batches = [...]int{100, 50, 25, 12, 6, 3, 1}

// batch is the number of rows to write next when n are left.
func batch(n int) int {
	for _, size := range batches {
		if size <= n {
			return size
		}
	}
	return 0
}

// execAll runs text for n rows in as few statements as batches allow. row
// appends the arguments of row i. It returns how many rows changed.
func (t *tx) execAll(text string, n int, row func(args []any, i int) []any) (int64, error) {
	var args []any
	var changed int64
	for i := 0; i < n; {
		size := batch(n - i)
		args = args[:0]
		for range size {
			args = row(args, i)
			i++
		}
		rows, err := t.execRows(text, size, args)
		if err != nil {
			return changed, err
		}
		changed += rows
	}
	return changed, nil
}

// queryAll is execAll for a statement that returns rows.
func (t *tx) queryAll(text string, n int, row func(args []any, i int) []any, scan func(*sql.Rows) error) error {
	for i := 0; i < n; {
		size := batch(n - i)
		var args []any
		for range size {
			args = row(args, i)
			i++
		}
		if err := t.query(text, size, args, scan); err != nil {
			return err
		}
	}
	return nil
}

// each calls scan for every row and closes rows.
func each(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// valuesRow matches the one row of a VALUES list in a query file.
var valuesRow = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`VALUES (\([?, 0-9]+\))`) })

// repeatRow returns text with the row of its VALUES list repeated. The text
// comes from a file of ours, never from input.
func repeatRow(text string, rows int) string {
	if rows == 1 {
		return text
	}
	at := valuesRow().FindStringSubmatchIndex(text)
	if at == nil {
		panic("sqlite: BUG: no row to repeat in: " + text)
	}
	row := text[at[2]:at[3]]
	return text[:at[3]] + strings.Repeat(", "+row, rows-1) + text[at[3]:]
}

// fence returns store.ErrFenced unless epoch is the current one of task.
func (t *tx) fence(task store.TaskID, epoch int64) error {
	var current int64
	err := t.queryRow(getEpoch, []any{string(task.Family), int64(task.Partition)}, &current)
	if errors.Is(err, sql.ErrNoRows) || err == nil && current != epoch {
		return store.ErrFenced
	}
	return err
}
