package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/store"
)

// ReplayNeeds returns what must be kept of the log so that every task can be
// restored, of every topic-partition that was ever claimed.
func (s *Store) ReplayNeeds(ctx context.Context) ([]store.ReplayNeed, error) {
	var needs []store.ReplayNeed
	err := s.read(ctx, func(row pgx.Rows) error {
		var one store.ReplayNeed
		var kept bool
		var offset int64
		if err := row.Scan(&one.Topic, &one.Partition, &one.Committed, &kept, &offset); err != nil {
			return err
		}
		if n := len(needs); n == 0 || needs[n-1].Topic != one.Topic || needs[n-1].Partition != one.Partition {
			needs = append(needs, one)
		}
		if kept {
			last := &needs[len(needs)-1]
			last.Snapshots = append(last.Snapshots, offset)
		}
		return nil
	}, getReplayNeeds)
	if err != nil {
		return nil, fmt.Errorf("postgres: replay needs: %w", err)
	}
	return needs, nil
}

// Begun reports whether a task was ever claimed.
func (s *Store) Begun(ctx context.Context) (begun bool, err error) {
	if err := s.readRow(ctx, []any{&begun}, hasTask); err != nil {
		return false, fmt.Errorf("postgres: look for a task: %w", err)
	}
	return begun, nil
}
