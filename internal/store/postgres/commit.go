package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Commit implements [engine.Ledger].
func (s *Store) Commit(ctx context.Context, batch []store.Commit[*store.Changes]) (fenced []store.TaskID, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	var carts []string // that were written
	err = s.do(ctx, func(t *tx) error {
		current, err := t.lock(batch)
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
		carts, err = t.commitAll(alive, event.TimeOf(s.now()))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: commit %d tasks from %s: %w", len(batch), batch[0].Task, err)
	}
	_ = s.settle(ctx, carts) // what is committed is so; the next snapshot waits for it
	return fenced, nil
}

// lock returns which tasks still have the epoch of their commit, and holds them.
func (t *tx) lock(batch []store.Commit[*store.Changes]) (map[store.TaskID]bool, error) {
	current := make(map[store.TaskID]bool, len(batch))
	mine := rowsOf(3, slices.Values(batch), func(r *rows, c store.Commit[*store.Changes]) {
		r.text(string(c.Task.Family)).part(c.Task.Partition).num(c.Epoch)
	})
	t.query(func(row pgx.Rows) error {
		var id store.TaskID
		if err := row.Scan((*string)(&id.Family), &id.Partition); err != nil {
			return err
		}
		current[id] = true
		return nil
	}, lockTasks, mine.args()...)
	return current, t.send()
}

// commitAll writes what the tasks that survived the fence have ready, and returns
// the carts that this touched.
func (t *tx) commitAll(alive []store.Commit[*store.Changes], now event.Time) (carts []string, err error) {
	var spans []span
	var letters []letter
	for i := range alive {
		c := &alive[i]
		for _, s := range c.Spans {
			spans = append(spans, span{s, c.Task, c.Epoch})
		}
		for j := range c.DeadLetters {
			letters = append(letters, letter{&c.DeadLetters[j], c.Task.Family})
		}
	}
	var moved int64
	t.moveSpans(&moved, spans, now)
	t.addDeadLetters(letters)
	carts = t.write(alive)
	if err := t.send(); err != nil {
		return nil, err
	}
	if moved != int64(len(spans)) {
		return nil, t.conflict(spans)
	}
	return carts, nil
}

// span is a span with its task, as rows are written from it.
type span struct {
	store.Span
	task  store.TaskID
	epoch int64
}

// moveSpans moves the positions and records it in the ledger. moved is how many of
// them start where the last commit ended.
func (t *tx) moveSpans(moved *int64, spans []span, now event.Time) {
	if len(spans) == 0 {
		return
	}
	r := rowsOf(12, slices.Values(spans), func(r *rows, s span) {
		r.text(string(s.task.Family)).part(s.task.Partition).text(s.Topic).num(s.epoch)
		r.num(s.From).num(s.To.Next).num(int64(s.To.LastHash)).num(int64(s.To.LastTime))
		r.num(s.Counts.Applied).num(s.Counts.Duplicate).num(s.Counts.Dead).num(s.Counts.TooOld)
	})
	t.exec(moved, movePositions, r.args(int64(now))...)
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
		have := t.positions(s.task) // those that fitted have moved already
		if err := t.send(); err != nil {
			return err
		}
		if next := have[s.Topic].Next; next != s.To.Next {
			return fmt.Errorf("%w: %s/%d is committed up to %d, the span starts at %d",
				store.ErrConflict, s.Topic, s.task.Partition, next, s.From)
		}
	}
	return fmt.Errorf("%w: the ledger does not end where the spans start", store.ErrConflict)
}

// letter is a dead letter with the family of its task.
type letter struct {
	*store.DeadLetter
	family store.Family
}

func (t *tx) addDeadLetters(letters []letter) {
	t.put(addDeadLetter, rowsOf(10, slices.Values(letters), func(r *rows, d letter) {
		r.text(d.Topic).part(d.Partition).num(d.Offset).text(string(d.family)).num(int64(d.Time))
		r.text(string(d.Reason)).text(storable(d.Field)).text(storable(d.Detail)).bytes(d.Key).bytes(d.Value)
	}))
}

// storable returns what PostgreSQL can store of a text that quotes a bad record: it
// knows no NUL and nothing that is not UTF-8.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\u2400")
}
