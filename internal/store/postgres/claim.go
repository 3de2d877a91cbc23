package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Claim implements [engine.Ledger].
func (s *Store) Claim(ctx context.Context, task store.TaskID, owner string) (store.Claim, error) {
	var c store.Claim
	err := s.do(ctx, func(t *tx) error {
		family := string(task.Family)
		t.queue(claimTask, family, task.Partition, owner, int64(event.TimeOf(s.now()))).QueryRow(func(row pgx.Row) error {
			return row.Scan(&c.Epoch)
		})
		t.queue(addPosition, family, task.Partition, task.Family.Topics())
		c.Positions = t.positions(task)
		return t.send()
	})
	if err != nil {
		return store.Claim{}, fmt.Errorf("postgres: claim %s: %w", task, err)
	}
	c.PrevEpoch = c.Epoch - 1
	return c, nil
}

// Positions implements [engine.Ledger]. It takes the lock of the task, so it waits
// for whoever may still be committing.
func (s *Store) Positions(ctx context.Context, task store.TaskID) (epoch int64, positions map[string]store.Position, err error) {
	err = s.do(ctx, func(t *tx) error {
		epoch = 0
		t.query(func(row pgx.Rows) error { return row.Scan(&epoch) }, lockTask, string(task.Family), task.Partition)
		positions = t.positions(task)
		return t.send()
	})
	if err != nil {
		return 0, nil, fmt.Errorf("postgres: positions of %s: %w", task, err)
	}
	return epoch, positions, nil
}

// positions queues the question for the committed positions of task, and returns
// where they will be.
func (t *tx) positions(task store.TaskID) map[string]store.Position {
	positions := map[string]store.Position{}
	t.query(func(row pgx.Rows) error {
		var topic string
		var p store.Position
		var hash int64
		if err := row.Scan(&topic, &p.Next, &hash, (*int64)(&p.LastTime)); err != nil {
			return err
		}
		p.LastHash = uint64(hash) // the bits, see the schema
		positions[topic] = p
		return nil
	}, getPositions, string(task.Family), task.Partition)
	return positions
}
