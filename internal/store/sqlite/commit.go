package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Commit implements [engine.Ledger].
func (s *Store) Commit(ctx context.Context, batch []store.Commit[*store.Changes]) (fenced []store.TaskID, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	err = s.writer.do(ctx, func(t *tx) error {
		current, err := t.currentOf(batch)
		if err != nil {
			return err
		}
		var alive []store.Commit[*store.Changes]
		fenced = nil
		for _, c := range batch {
			if current[c.Task] {
				alive = append(alive, c)
			} else {
				fenced = append(fenced, c.Task)
			}
		}
		return t.commit(alive, event.TimeOf(s.now()))
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: commit %d tasks from %s: %w", len(batch), batch[0].Task, err)
	}
	return fenced, nil
}

// currentOf returns which tasks still have the epoch of their commit.
func (t *tx) currentOf(batch []store.Commit[*store.Changes]) (map[store.TaskID]bool, error) {
	current := make(map[store.TaskID]bool, len(batch))
	err := t.queryAll(getCurrent, len(batch), func(args []any, i int) []any {
		c := &batch[i]
		return append(args, string(c.Task.Family), int64(c.Task.Partition), c.Epoch)
	}, func(rows *sql.Rows) error {
		var id store.TaskID
		if err := rows.Scan(&id.Family, &id.Partition); err != nil {
			return err
		}
		current[id] = true
		return nil
	})
	return current, err
}

// commit writes what the tasks that survived the fence have ready.
func (t *tx) commit(alive []store.Commit[*store.Changes], now event.Time) error {
	if err := t.moveSpans(alive, now); err != nil {
		return err
	}
	for i := range alive {
		if err := t.addDeadLetters(alive[i].Task, alive[i].DeadLetters); err != nil {
			return err
		}
	}
	sets, part := withRows(alive)
	if len(sets) == 0 {
		return nil
	}
	return t.write(sets, part)
}

// span is a span with its task, as rows are written from it.
type span struct {
	store.Span
	task  store.TaskID
	epoch int64
}

// moveSpans moves the positions and records it in the ledger; store.ErrConflict
// if one of them does not start where the last commit ended.
func (t *tx) moveSpans(alive []store.Commit[*store.Changes], now event.Time) error {
	var spans []span
	for i := range alive {
		for _, s := range alive[i].Spans {
			spans = append(spans, span{s, alive[i].Task, alive[i].Epoch})
		}
	}
	moved, err := t.execAll(movePositions, len(spans), func(args []any, i int) []any {
		s := &spans[i]
		return append(args, string(s.task.Family), int64(s.task.Partition), s.Topic,
			s.From, s.To.Next, int64(s.To.LastHash), int64(s.To.LastTime), int64(now))
	})
	if err != nil {
		return err
	}
	if moved != int64(len(spans)) {
		return t.conflict(spans)
	}
	recorded, err := t.execAll(addLedger, len(spans), func(args []any, i int) []any {
		s := &spans[i]
		return append(args, string(s.task.Family), int64(s.task.Partition), s.Topic, s.epoch,
			s.From, s.To.Next, s.Counts.Applied, s.Counts.Duplicate, s.Counts.Dead, s.Counts.TooOld)
	})
	if err != nil {
		return err
	}
	if recorded != int64(len(spans)) {
		return fmt.Errorf("%w: the ledger does not end where the spans start", store.ErrConflict)
	}
	return nil
}

// conflict names the first span that did not fit.
func (t *tx) conflict(spans []span) error {
	type place struct {
		task  store.TaskID
		topic string
	}
	seen := map[place]bool{}
	for _, s := range spans {
		at := place{s.task, s.Topic}
		if seen[at] {
			return fmt.Errorf("%w: two spans of %s/%d in one commit", store.ErrConflict, s.Topic, s.task.Partition)
		}
		seen[at] = true
		have, err := t.positions(s.task) // those that fitted have moved already
		if err != nil {
			return err
		}
		if next := have[s.Topic].Next; next != s.To.Next {
			return fmt.Errorf("%w: %s/%d is committed up to %d, the span starts at %d",
				store.ErrConflict, s.Topic, s.task.Partition, next, s.From)
		}
	}
	return store.ErrConflict
}

func (t *tx) addDeadLetters(task store.TaskID, letters []store.DeadLetter) error {
	for i := range letters {
		d := &letters[i]
		_, err := t.exec(addDeadLetter, d.Topic, int64(d.Partition), d.Offset, string(task.Family),
			int64(d.Time), string(d.Reason), d.Field, d.Detail, d.Key, d.Value)
		if err != nil {
			return err
		}
	}
	return nil
}
