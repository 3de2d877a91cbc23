package store

import "errors"

// Errors of the adapters that callers branch on. Any other error is permanent:
// trying again would not help.
var (
	// ErrUnavailable: the store cannot be reached or is busy and the transaction
	// surely did not commit. Try again, with backoff.
	ErrUnavailable = errors.New("store unavailable")
	// ErrOutcomeUnknown: the connection was lost, or the disk failed, while
	// committing. Read back before deciding; never retry blindly.
	ErrOutcomeUnknown = errors.New("outcome of the commit unknown")
	// ErrFenced: the task has a newer owner; nothing was written for it.
	ErrFenced = errors.New("fenced: the task has a newer owner")
	// ErrConflict: a span or a snapshot does not fit the committed positions,
	// although the epoch is current. It is a bug or a damaged store; nothing was
	// written.
	ErrConflict = errors.New("offset conflict")
	// ErrDenied: this process may not do that in the store, until somebody grants it.
	ErrDenied = errors.New("the store denies it")
	// ErrNotFound: what was asked for by name is not stored.
	ErrNotFound = errors.New("not found")
)
