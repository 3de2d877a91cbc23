package engine

import (
	"context"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Ledger is what the engine needs of a store: results and input offsets in one
// transaction, fenced by epochs. Every implementation passes storetest.
//
// The engine branches on store.ErrUnavailable (it retries for ever, with
// backoff), store.ErrOutcomeUnknown (it reads the positions back before it
// decides), store.ErrFenced and store.ErrConflict. Any other error is permanent:
// the engine stops loudly.
type Ledger[C any] interface {
	// Claim makes owner the owner of task: it raises the epoch and only then
	// reads the positions, in one transaction. A task that does not exist is
	// created at epoch 1 without positions.
	Claim(ctx context.Context, task store.TaskID, owner string) (store.Claim, error)

	// Commit writes, in one transaction and for every commit whose epoch is
	// still current: its changes (merged over the surviving tasks), its dead
	// letters, its ledger rows and its positions, each by compare-and-set from
	// Span.From. It returns the tasks that were fenced: for those nothing is
	// written. Commits of one call have distinct tasks. Changes must not be used
	// after a nil error.
	Commit(ctx context.Context, batch []store.Commit[C]) (fenced []store.TaskID, err error)

	// Positions reads the epoch and the committed positions of task, waiting for
	// a transaction that still holds it. It is how an unknown outcome is settled.
	Positions(ctx context.Context, task store.TaskID) (epoch int64, positions map[string]store.Position, err error)

	// PutSegment stores an immutable part of a task's state that snapshots refer
	// to by name. Storing the same name again replaces it. ErrFenced if epoch is
	// not current.
	PutSegment(ctx context.Context, task store.TaskID, epoch int64, name string, data []byte) error

	// PutSnapshot publishes s, keeps the two newest generations, and removes
	// segments that no kept snapshot names. ErrFenced if epoch is not current;
	// ErrConflict if s.Offsets are above the committed positions.
	PutSnapshot(ctx context.Context, task store.TaskID, epoch int64, s store.Snapshot) error

	// Snapshots returns the kept snapshots, newest first. One whose row is damaged
	// says so in Damaged and is no error.
	Snapshots(ctx context.Context, task store.TaskID) ([]store.Snapshot, error)

	// Segment returns a stored segment, or an error if it does not exist.
	Segment(ctx context.Context, task store.TaskID, name string) ([]byte, error)

	// Outbox returns at most limit dead letters of task that are not marked as
	// sent, by topic and offset.
	Outbox(ctx context.Context, task store.TaskID, limit int) ([]store.DeadLetter, error)

	// MarkSent marks dead letters of task as relayed. ErrFenced if epoch is not
	// current.
	MarkSent(ctx context.Context, task store.TaskID, epoch int64, letters []store.DeadLetter) error
}

// Changes is what a fold wants written with the next commit.
type Changes interface {
	comparable
	// DropIncrements forgets increments and keeps finals: after a replay the
	// increments are in the store already, the finals are written again.
	DropIncrements()
	// Len is the number of rows.
	Len() int
}

// Fold is the state of one task's processors. It is used by one goroutine at a
// time and must be a pure function of what it was given: no clock, no
// randomness, no map order in what it writes.
//
// Which ticks there were before a restart is not known after it, because a
// replay has none. So a fold that renames a final must delete the old name
// whether it remembers writing it or not.
type Fold[C Changes] interface {
	// Apply folds e and adds what follows from it to out. e and its strings are
	// valid during the call only.
	Apply(e *event.Event, out C)
	// Tick tells that the task clock has reached now: finals that are due are
	// added to out and state that can no longer matter is dropped.
	Tick(now event.Time, out C)
	// Snapshot appends the state to b.
	Snapshot(b []byte) []byte
	// Restore replaces the state by a snapshot of the same rules version.
	Restore(b []byte) error
}
