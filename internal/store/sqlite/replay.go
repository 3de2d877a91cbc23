package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"globalmart/internal/store"
)

//go:embed query/get_replay_needs.sql
var getReplayNeeds string

// ReplayNeeds returns what must be kept of the log so that every task can be
// restored, of every topic-partition that was ever claimed.
func (s *Store) ReplayNeeds(ctx context.Context) ([]store.ReplayNeed, error) {
	var needs []store.ReplayNeed
	err := s.read(ctx, getReplayNeeds, nil, func(rows *sql.Rows) error {
		var one store.ReplayNeed
		var kept bool
		var offset int64
		if err := rows.Scan(&one.Topic, &one.Partition, &one.Committed, &kept, &offset); err != nil {
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
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: replay needs: %w", err)
	}
	return needs, nil
}
