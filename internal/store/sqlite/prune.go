package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
)

// pruneRows bounds how many rows one transaction deletes, so that commits do not
// wait for long: about 10 ms.
const pruneRows = 10_000

// PruneMinutes deletes the sales of minutes that start before before. Hours are
// kept. It returns how many rows went. Commits go on between its transactions.
func (s *Store) PruneMinutes(ctx context.Context, before event.Time) (int64, error) {
	var total int64
	for _, text := range []string{pruneMinutesByCountry, pruneMinutesByCategory} {
		for {
			var deleted int64
			err := s.writer.do(ctx, func(t *tx) (err error) {
				deleted, err = t.exec(text, sql.Named("before", int64(before)), sql.Named("rows", int64(pruneRows)))
				return err
			})
			if err != nil {
				return total, fmt.Errorf("sqlite: prune minutes before %s: %w", before, err)
			}
			if deleted == 0 {
				break
			}
			total += deleted
		}
	}
	return total, nil
}
