package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Claim implements [engine.Ledger].
func (s *Store) Claim(ctx context.Context, task store.TaskID, owner string) (store.Claim, error) {
	var c store.Claim
	err := s.writer.do(ctx, func(t *tx) error {
		args := []any{string(task.Family), int64(task.Partition), owner, int64(event.TimeOf(s.now()))}
		if err := t.queryRow(claimTask, args, &c.Epoch); err != nil {
			return err
		}
		c.PrevEpoch = c.Epoch - 1
		topics := task.Family.Topics()
		_, err := t.execAll(addPosition, len(topics), func(args []any, i int) []any {
			return append(args, string(task.Family), int64(task.Partition), topics[i])
		})
		if err != nil {
			return err
		}
		c.Positions, err = t.positions(task)
		return err
	})
	if err != nil {
		return store.Claim{}, fmt.Errorf("sqlite: claim %s: %w", task, err)
	}
	return c, nil
}

// Positions implements [engine.Ledger]. It takes the write lock, so it waits for
// whoever may still be committing.
func (s *Store) Positions(ctx context.Context, task store.TaskID) (epoch int64, positions map[string]store.Position, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		err := t.queryRow(getEpoch, []any{string(task.Family), int64(task.Partition)}, &epoch)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		positions, err = t.positions(task)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("sqlite: positions of %s: %w", task, err)
	}
	return epoch, positions, nil
}

func (t *tx) positions(task store.TaskID) (map[string]store.Position, error) {
	positions := map[string]store.Position{}
	err := t.query(getPositions, 1, []any{string(task.Family), int64(task.Partition)}, func(rows *sql.Rows) error {
		var topic string
		var p store.Position
		var hash int64
		if err := rows.Scan(&topic, &p.Next, &hash, &p.LastTime); err != nil {
			return err
		}
		p.LastHash = uint64(hash) // the bits, see the schema
		positions[topic] = p
		return nil
	})
	return positions, err
}
