package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"globalmart/internal/store"
)

// classify adds store.ErrUnavailable to errors of SQLite that may go away by
// themselves or by an operator's hand, for a transaction that did not commit.
func classify(err error) error {
	if retryable(err) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, explain(err))
	}
	return explain(err)
}

func retryable(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol, // another process
		sqlite3.ErrIoErr, sqlite3.ErrFull, sqlite3.ErrCantOpen: // the disk
		return true
	default:
		return false
	}
}

func busy(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrBusy
}

// Error is an error of SQLite that an operator can mend.
type Error struct {
	Err error
	Fix string // what to do, as an imperative
}

// Error returns what went wrong and, in brackets, what to do.
func (e *Error) Error() string { return fmt.Sprintf("%v (%s)", e.Err, e.Fix) }

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// explain says what to do about errors that an operator can mend.
func explain(err error) error {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	fix := ""
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		fix = "end the process that holds the write lock, if it is not GlobalMart"
	case sqlite3.ErrFull:
		fix = "free some space: the disk is full"
	case sqlite3.ErrIoErr:
		fix = "look at the system's log: the disk failed or is full"
	case sqlite3.ErrReadonly:
		fix = "make the file and its directory writable, and the mount"
	case sqlite3.ErrCantOpen:
		fix = "make its directory, or make it writable; it has to be on a local disk"
	case sqlite3.ErrNotADB:
		fix = "name another file, or move this one away: it is not of SQLite"
	case sqlite3.ErrCorrupt:
		fix = "restore a copy of the file, or make it anew with `globalmart stream rebuild`: it is damaged"
	}
	if fix == "" {
		return err
	}
	return &Error{err, fix}
}

// commitError tells what a failed COMMIT means. While it waits for a lock or for
// space nothing is in the log yet. When the disk fails, the commit may or may
// not be found in the log after a crash, so it has to be read back.
func commitError(err error) error {
	e, ok := errors.AsType[sqlite3.Error](err)
	if ok && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrFull) {
		return classify(err)
	}
	if ok && e.Code == sqlite3.ErrConstraint {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrOutcomeUnknown, explain(err))
}

// notFound translates the driver's sentinel.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return classify(err)
}
