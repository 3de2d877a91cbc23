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

// explain says what to do about errors that an operator can mend.
func explain(err error) error {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	fix := ""
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		fix = "another process holds the write lock; if it is not GlobalMart, end it"
	case sqlite3.ErrFull:
		fix = "the disk is full; free some space"
	case sqlite3.ErrIoErr:
		fix = "the disk failed or is full; look at the system's log"
	case sqlite3.ErrReadonly:
		fix = "the file or its directory cannot be written; mend the permissions of both, and the mount"
	case sqlite3.ErrCantOpen:
		fix = "the directory must exist and be writable, on a local disk"
	case sqlite3.ErrNotADB:
		fix = "it is not an SQLite file; give another path"
	case sqlite3.ErrCorrupt:
		fix = "the file is damaged; restore a copy, or move it away and run `globalmart stream rebuild`"
	}
	if fix == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, fix)
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
