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
	// snapshot (or to its own start, without one).
	ErrNotReplayable = errors.New("the log does not reach back far enough to restore the task")
)

// restore makes a task for a claim: the newest readable snapshot, and replay
// from there. starts are the first offsets of the log, by topic.
func (w *Worker[C]) restore(ctx context.Context, id store.TaskID, claim store.Claim, starts map[string]int64) (*task[C], error) {
	snapshots, err := w.cfg.Ledger.Snapshots(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range snapshots {
		s := &snapshots[i]
		t := w.emptyTask(id, claim)
		err := t.load(s, func(name string) ([]byte, error) { return w.cfg.Ledger.Segment(ctx, id, name) })
		if errors.Is(err, store.ErrUnavailable) {
			return nil, err
		}
		if err == nil {
			err = t.begin(starts)
		}
		if err == nil {
			t.generation = s.Generation
			return t, nil
		}
		w.log.WarnContext(ctx, "snapshot not usable, trying an older one", "task", id.String(), "generation", s.Generation, "error", err)
	}
	return w.restoreFromStart(id, claim, starts, snapshots)
}

// restoreFromStart replays the whole log. That is sound only if the log still
// begins where the task began: it does until it is trimmed, which happens only
// below a snapshot.
func (w *Worker[C]) restoreFromStart(id store.TaskID, claim store.Claim, starts map[string]int64, snapshots []store.Snapshot) (*task[C], error) {
	t := w.emptyTask(id, claim)
	for _, in := range t.inputs {
		in.next = starts[in.topic]
		if len(snapshots) > 0 && in.next > 0 {
			return nil, fmt.Errorf("engine: restore task %s: no snapshot can be read and %s begins at offset %d: %w", id, in.topic, in.next, ErrNotReplayable)
		}
	}
	if len(snapshots) > 0 {
		t.generation = snapshots[0].Generation
	}
	return t, t.begin(starts)
}

func (w *Worker[C]) emptyTask(id store.TaskID, claim store.Claim) *task[C] {
	t := newTask(id, w.cfg.Horizon, w.cfg.NewFold(id), w.cfg.NewChanges, w.dirty)
	t.epoch = claim.Epoch
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
		case in.next < start && known:
			return fmt.Errorf("engine: restore task %s: %s must be read from offset %d but begins at %d: %w", t.id, in.topic, in.next, start, ErrNotReplayable)
		case known && in.next > in.committed.Next:
			return fmt.Errorf("%w: offset %d of %s is ahead of the committed %d", errState, in.next, in.topic, in.committed.Next)
		case !known:
			in.next = max(in.next, start)
			in.committed.Next = in.next
		}
		in.replay = in.next < in.committed.Next
	}
	return nil
}
