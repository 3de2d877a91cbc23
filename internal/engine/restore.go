package engine

import (
	"context"
	"errors"
	"fmt"

	"globalmart/internal/store"
)

// Errors of a restore. Each stops the worker: going on would lose or double
// something.
var (
	// ErrLogRegressed: the log ends before what was applied, or holds another
	// record there. It was cut back or replaced.
	ErrLogRegressed = errors.New("the log went backwards")
	// ErrNotReplayable: the log no longer reaches back to the newest readable
	// snapshot (or to its very beginning, without one).
	ErrNotReplayable = errors.New("the log does not reach back far enough to restore the task")
	// ErrOtherRules: the state was folded under rules that are not the running
	// ones, and the difference matters.
	ErrOtherRules = errors.New("the task was folded under other rules")
	// ErrOutOfRange: while running, the log turned out not to hold the offset to
	// read next.
	ErrOutOfRange = errors.New("the log does not hold the offset to read next: it was trimmed or cut back, and nothing is skipped")
)

// restore makes a task for a claim: the newest readable snapshot, and replay
// from there. starts are the first offsets of the log, by topic.
//
// State of other rules is never used and never replayed under new ones: the
// finals that the old rules wrote would stay beside those of the new. So a task
// with keyed state stops until its tables are rebuilt. A fold without state has
// nothing to disagree about: it goes on under the new rules from where it is, and
// what it wrote before stays as it was.
func (w *Worker[C]) restore(ctx context.Context, id store.TaskID, claim store.Claim, starts map[string]int64) (*task[C], error) {
	snapshots, err := w.cfg.Ledger.Snapshots(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range snapshots {
		t, err := w.restoreFrom(ctx, id, claim, starts, &snapshots[i])
		if err == nil {
			t.reserve(snapshots)
			return t, nil
		}
		if ctx.Err() != nil || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrOutcomeUnknown) {
			return nil, err
		}
		if errors.Is(err, ErrOtherRules) {
			return nil, fmt.Errorf("engine: restore task %s: %w", id, err)
		}
		w.log.WarnContext(ctx, "snapshot not usable, trying an older one", "task", id.String(), "generation", snapshots[i].Generation, "error", err)
	}
	return w.restoreFromStart(ctx, id, claim, starts, snapshots)
}

func (w *Worker[C]) restoreFrom(ctx context.Context, id store.TaskID, claim store.Claim, starts map[string]int64, s *store.Snapshot) (*task[C], error) {
	if s.Damaged != nil {
		return nil, s.Damaged
	}
	t := w.emptyTask(id, claim)
	t.generation, t.snapshotBytes = s.Generation, int64(len(s.State))
	err := t.load(s, w.cfg.RulesVersion, func(name string) ([]byte, error) { return w.cfg.Ledger.Segment(ctx, id, name) })
	if err != nil {
		return nil, err
	}
	return t, t.begin(starts)
}

// restoreFromStart restores without a snapshot. A task that has begun is replayed
// from offset 0 of every topic or not at all: if the log begins later, nothing
// tells whether the task began there too. So one that begins on a log which was
// trimmed before has a snapshot from its first moment on.
func (w *Worker[C]) restoreFromStart(ctx context.Context, id store.TaskID, claim store.Claim, starts map[string]int64, snapshots []store.Snapshot) (*task[C], error) {
	t := w.emptyTask(id, claim)
	begun, trimmed := len(snapshots) > 0, false
	for _, in := range t.inputs {
		in.next = starts[in.topic]
		begun = begun || in.committed.Next > 0
		trimmed = trimmed || in.next > 0
	}
	if begun && trimmed {
		return nil, fmt.Errorf("engine: restore task %s: no snapshot can be used and the log begins at offsets %v: %w", id, starts, ErrNotReplayable)
	}
	if len(snapshots) > 0 {
		t.generation = snapshots[0].Generation
	}
	t.reserve(snapshots)
	if trimmed {
		if err := w.markBeginning(ctx, t); err != nil {
			return nil, err
		}
	}
	return t, t.begin(starts)
}

// markBeginning publishes a snapshot of nothing. If the task has a newer owner
// there is none: its next commit finds that out.
func (w *Worker[C]) markBeginning(ctx context.Context, t *task[C]) error {
	t.generation++
	meta := t.capture(w.cfg.RulesVersion).meta
	meta.Generation = t.generation
	if err := w.cfg.Ledger.PutSnapshot(ctx, t.id, t.epoch, meta); err != nil && !errors.Is(err, store.ErrFenced) {
		return fmt.Errorf("engine: first snapshot of task %s: %w", t.id, err)
	}
	return nil
}

// reserve makes new segments of t take names that no kept snapshot uses: one that
// this build cannot read may be whole to another.
func (t *task[C]) reserve(snapshots []store.Snapshot) {
	for _, s := range snapshots {
		for _, name := range s.Segments {
			for _, in := range t.inputs {
				for _, n := range in.sets() {
					if number, ok := segmentNumber(n.name, name); ok {
						n.set.nextID = max(n.set.nextID, number+1)
					}
				}
			}
		}
	}
}

func (w *Worker[C]) emptyTask(id store.TaskID, claim store.Claim) *task[C] {
	t := newTask(id, w.cfg.Horizon, w.cfg.NewFold(id), w.cfg.NewChanges, w.dirty)
	t.repeated = w.cfg.Duplicate
	t.epoch, t.snapshotAt = claim.Epoch, w.cfg.Now()
	for _, in := range t.inputs {
		in.committed = claim.Positions[in.topic]
	}
	return t
}

// begin checks that the task can go on from its inputs' next offsets, and marks
// those that have to replay up to what is committed.
func (t *task[C]) begin(starts map[string]int64) error {
	for _, in := range t.inputs {
		start := starts[in.topic]
		known := in.committed.Next > 0
		switch {
		case in.next < start:
			return fmt.Errorf("engine: restore task %s: %s must be read from offset %d but begins at %d: %w", t.id, in.topic, in.next, start, ErrNotReplayable)
		case known && in.next > in.committed.Next:
			return fmt.Errorf("%w: offset %d of %s is ahead of the committed %d", errState, in.next, in.topic, in.committed.Next)
		case !known:
			in.committed.Next = in.next
		}
		in.replay = in.next < in.committed.Next
	}
	return nil
}
