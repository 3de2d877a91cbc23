package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// Outbox implements [engine.Ledger].
func (s *Store) Outbox(ctx context.Context, task store.TaskID, limit int) ([]store.DeadLetter, error) {
	letters, err := list(ctx, s, scanDeadLetter, getOutbox, string(task.Family), task.Partition, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("postgres: outbox of %s: %w", task, err)
	}
	return letters, nil
}

// MarkSent implements [engine.Ledger].
func (s *Store) MarkSent(ctx context.Context, task store.TaskID, epoch int64, letters []store.DeadLetter) error {
	err := s.do(ctx, func(t *tx) error {
		if err := t.hold(task, epoch); err != nil {
			return err
		}
		offsets := map[string][]int64{}
		for i := range letters {
			offsets[letters[i].Topic] = append(offsets[letters[i].Topic], letters[i].Offset)
		}
		for _, topic := range slices.Sorted(maps.Keys(offsets)) {
			t.queue(markSent, string(task.Family), task.Partition, topic, offsets[topic])
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres: mark %d dead letters of %s as sent: %w", len(letters), task, err)
	}
	return nil
}

func scanDeadLetter(row pgx.Rows) (d store.DeadLetter, err error) {
	return d, row.Scan(&d.Topic, &d.Partition, &d.Offset, (*int64)(&d.Time), (*string)(&d.Reason), &d.Field, &d.Detail, &d.Key, &d.Value)
}
