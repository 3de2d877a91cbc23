package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/store"
)

// Outbox implements [engine.Ledger].
func (s *Store) Outbox(ctx context.Context, task store.TaskID, limit int) ([]store.DeadLetter, error) {
	var letters []store.DeadLetter
	err := s.read(ctx, getOutbox, []any{string(task.Family), int64(task.Partition), int64(limit)}, func(rows *sql.Rows) error {
		d, err := scanDeadLetter(rows)
		letters = append(letters, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: outbox of %s: %w", task, err)
	}
	return letters, nil
}

// MarkSent implements [engine.Ledger].
func (s *Store) MarkSent(ctx context.Context, task store.TaskID, epoch int64, letters []store.DeadLetter) error {
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.fence(task, epoch); err != nil {
			return err
		}
		_, err := t.execAll(markSent, len(letters), func(args []any, i int) []any {
			return append(args, string(task.Family), letters[i].Topic, int64(task.Partition), letters[i].Offset)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: mark %d dead letters of %s as sent: %w", len(letters), task, err)
	}
	return nil
}

func scanDeadLetter(rows *sql.Rows) (store.DeadLetter, error) {
	var d store.DeadLetter
	err := rows.Scan(&d.Topic, &d.Partition, &d.Offset, &d.Time, &d.Reason, &d.Field, &d.Detail, &d.Key, &d.Value)
	return d, err
}
