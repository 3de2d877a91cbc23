package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"globalmart/internal/store"
)

const (
	// attempts is how often a transaction is done that the server gives up for
	// another one. Whoever asked tries again later.
	attempts = 5
	// rollbackTime is how long a transaction that failed may take to end. Without an
	// answer the connection is closed, which ends it too.
	rollbackTime = 2 * time.Second
)

// do runs f in one transaction and commits it unless f fails. f is run again, from
// its beginning, if the server gave the transaction up for another one. ctx ends
// everything but the commit itself, so that cancelling never leaves one in doubt.
func (s *Store) do(ctx context.Context, f func(*tx) error) error {
	for n := 1; ; n++ {
		err := s.once(ctx, f)
		if n == attempts || !again(err) {
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, f func(*tx) error) error {
	limited, cancel := context.WithTimeout(ctx, s.patient)
	defer cancel()
	conn, err := s.acquire(ctx, limited, s.writers)
	if err != nil {
		return err
	}
	defer conn.Release() // closes it, unless the transaction has ended
	t := &tx{ctx: limited, conn: conn.Conn()}
	t.queue(begin)
	err = f(t)
	if err == nil {
		err = t.send()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		lost := t.conn.IsClosed() && ctx.Err() == nil
		return errors.Join(classify(err, lost), t.rollback(ctx))
	}
	return t.commit(ctx, s.patient)
}

// acquire takes a connection of pool, within limited.
func (s *Store) acquire(ctx, limited context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	conn, err := pool.Acquire(limited)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return conn, classify(err, false)
}

// tx is a transaction. Its statements are queued and sent together, which saves the
// way to the server and back for each; every one of them sees what was committed
// when it begins, and not when the transaction did.
type tx struct {
	ctx   context.Context //nolint:containedctx // lives as long as the call that made it
	conn  *pgx.Conn
	batch pgx.Batch
}

const (
	begin    = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	commit   = "COMMIT"
	rollback = "ROLLBACK"
)

// queue adds a statement to those that are sent next.
func (t *tx) queue(text string, args ...any) *pgx.QueuedQuery {
	return t.batch.Queue(text, args...)
}

// put queues a statement that writes rows; none for no rows.
func (t *tx) put(text string, r *rows, first ...any) {
	if r.columns[0].n > 0 {
		t.queue(text, r.args(first...)...)
	}
}

// exec queues a statement and tells how many rows it changed once it was sent.
func (t *tx) exec(changed *int64, text string, args ...any) {
	t.queue(text, args...).Exec(func(tag pgconn.CommandTag) error {
		*changed = tag.RowsAffected()
		return nil
	})
}

// query queues a statement; scan is called for every row once it was sent.
func (t *tx) query(scan func(pgx.Rows) error, text string, args ...any) {
	t.queue(text, args...).Query(func(found pgx.Rows) error { return each(found, scan) })
}

// send sends what is queued and waits for all of it.
func (t *tx) send() error {
	if t.batch.Len() == 0 {
		return nil
	}
	sent := t.batch
	t.batch = pgx.Batch{}
	return t.conn.SendBatch(t.ctx, &sent).Close()
}

// commit ends the transaction. It is not cancelled.
func (t *tx) commit(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	tag, err := t.conn.Exec(ctx, commit)
	if err != nil {
		return commitError(err)
	}
	if tag.String() != commit {
		return fmt.Errorf("the server answered %s with %s", commit, tag) // a statement failed and nobody looked
	}
	return nil
}

// rollback ends a transaction that failed.
func (t *tx) rollback(ctx context.Context) error {
	if t.conn.IsClosed() || t.conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if _, err := t.conn.Exec(ctx, rollback); err != nil && !t.conn.IsClosed() {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// hold makes sure that epoch is the current one of task until the transaction
// ends; store.ErrFenced if it is not.
func (t *tx) hold(task store.TaskID, epoch int64) error {
	return t.mustFind(shareTask, string(task.Family), task.Partition, epoch)
}

// mustFind returns store.ErrFenced if a statement finds no row.
func (t *tx) mustFind(text string, args ...any) error {
	found := false
	t.query(func(pgx.Rows) error {
		found = true
		return nil
	}, text, args...)
	if err := t.send(); err != nil {
		return err
	}
	if !found {
		return store.ErrFenced
	}
	return nil
}
