package postgres

import (
	"context"
	_ "embed"
	"fmt"
)

//go:embed query/get_log_bytes.sql
var getLogBytes string

// LogBytes returns how many bytes of write-ahead log the server has written in its
// life, for all its databases.
func (s *Store) LogBytes(ctx context.Context) (n int64, err error) {
	if err := s.readRow(ctx, []any{&n}, getLogBytes); err != nil {
		return 0, fmt.Errorf("postgres: write-ahead log: %w", err)
	}
	return n, nil
}
