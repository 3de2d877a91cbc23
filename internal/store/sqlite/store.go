// Package sqlite keeps the live results, the input offsets and the engine's
// books in one SQLite file. It is the store of the embedded profile.
//
// Guarantees: everything that is committed together is in one transaction that
// is on the disk when the call returns (synchronous=FULL). There is one writer
// at a time, over all processes that have the file open; readers see the last
// committed state and never wait for the writer, nor it for them. Several
// processes may open one file; it must be on a local disk, because SQLite's
// write-ahead log needs shared memory.
//
// Errors that callers branch on are those of package store.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// readers is the number of connections for reading: a few slow questions must
// not keep a quick one waiting.
const readers = 4

// Store is an open file. It is safe for concurrent use.
type Store struct {
	writer  *writer
	readers *sql.DB
	views   *sql.DB // apart, so that audits do not keep questions waiting
	now     func() time.Time

	close    sync.Once
	closeErr error
}

// Option changes a Store for tests.
type Option func(*Store)

// WithClock sets the clock that dates commits. The default is [time.Now].
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// Open opens the store at path for reading and writing. The file must exist and
// have the schema of this build: see [Migrate].
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	s := &Store{now: time.Now}
	for _, o := range options {
		o(s)
	}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	if err := mustExist(path); err != nil {
		return err
	}
	s.readers = connect(path, reading)
	s.readers.SetMaxOpenConns(readers)
	s.readers.SetMaxIdleConns(readers)
	if err := checkVersion(ctx, s.readers); err != nil {
		return explain(err)
	}
	s.views = connect(path, reading)
	s.views.SetMaxIdleConns(1)
	var err error
	s.writer, err = openWriter(ctx, path)
	return err
}

// Close releases the file. Calls that are under way fail or finish first.
// Closing again returns the same.
func (s *Store) Close() error {
	s.close.Do(func() {
		var errs []error
		if s.writer != nil {
			errs = append(errs, s.writer.close())
		}
		for _, pool := range []*sql.DB{s.readers, s.views} {
			if pool != nil {
				errs = append(errs, pool.Close())
			}
		}
		if err := errors.Join(errs...); err != nil {
			s.closeErr = fmt.Errorf("sqlite: close: %w", err)
		}
	})
	return s.closeErr
}
