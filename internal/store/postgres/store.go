// Package postgres keeps the live results, the input offsets and the engine's books
// in a PostgreSQL database. It is the store of a platform of several processes.
//
// Guarantees: everything that is committed together is in one transaction that is on
// the server's disk when the call returns (synchronous_commit=on). Any number of
// processes may write: what they could both write has a row for each task, what only
// the owner of a task may write is fenced by its row in the table task, and readers
// see the last committed state and wait for nobody. A transaction that the server
// gave up for another one is done again as a whole.
//
// Errors that callers branch on are those of package store. No error holds a
// password.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How many connections a process opens at most, for each use: a few slow questions
// must not keep a commit waiting, nor audits the questions.
const (
	writers = 4 // the committer, a snapshot, housekeeping, alerts
	readers = 4
	views   = 12
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	writers *pgxpool.Pool
	readers *pgxpool.Pool
	views   *pgxpool.Pool
	now     func() time.Time
	patient time.Duration // how long one transaction may take

	unsettled unsettled

	close sync.Once
}

// Option changes a Store for tests.
type Option func(*Store)

// WithClock sets the clock that dates commits. The default is [time.Now].
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// WithPatience sets how long one transaction may take, with the wait for a
// connection. The default is 30 s.
func WithPatience(d time.Duration) Option {
	return func(s *Store) { s.patient = d }
}

// Open opens the database of a URL, postgres://user:password@host:5432/database,
// for reading and writing. It must have the schema of this build: see [Migrate].
func Open(ctx context.Context, url string, options ...Option) (*Store, error) {
	target, err := parse(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	s := &Store{now: time.Now, patient: patience}
	for _, o := range options {
		o(s)
	}
	if err := s.open(ctx, target); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: open %s: %w", target.name, target.hide(err)), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, t target) (err error) {
	for _, pool := range []struct {
		of   **pgxpool.Pool
		role role
	}{{&s.writers, writing}, {&s.readers, reading}, {&s.views, viewing}} {
		if *pool.of, err = pgxpool.NewWithConfig(ctx, t.pool(pool.role)); err != nil {
			return err
		}
	}
	limited, cancel := context.WithTimeout(ctx, s.patient)
	defer cancel()
	conn, err := s.acquire(ctx, limited, s.writers)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = checkServer(limited, conn.Conn())
	if err == nil {
		err = checkVersion(limited, conn.Conn())
	}
	return classify(err, conn.Conn().IsClosed() && ctx.Err() == nil)
}

// Close releases the connections. Calls that are under way finish first. Closing
// again does nothing.
func (s *Store) Close() error {
	s.close.Do(func() {
		for _, pool := range []*pgxpool.Pool{s.writers, s.readers, s.views} {
			if pool != nil {
				pool.Close()
			}
		}
	})
	return nil
}
