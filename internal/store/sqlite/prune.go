package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
)

// How many rows one transaction deletes at most, so that commits do not wait for
// long: about 10 ms. Rows of carts lie apart.
const (
	pruneRows  = 10_000
	pruneApart = 1_000
)

// PruneMinutes deletes the sales of minutes that start before before. Hours are
// kept. It returns how many rows went. Commits go on between its transactions,
// as with everything that is pruned.
func (s *Store) PruneMinutes(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "minutes", before, pruneRows, pruneMinutesByCountry, pruneMinutesByCategory)
}

// PruneSessions deletes the sessions that started before before and returns how
// many.
func (s *Store) PruneSessions(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "sessions", before, pruneRows, pruneSessions)
}

// PruneCarts deletes the carts to which nothing was done since before, and the
// orders from before it that belong to no cart that is left. It returns how many
// rows went.
func (s *Store) PruneCarts(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "carts", before, pruneApart, pruneCarts, pruneCartOrders)
}

// PruneFindings deletes the findings of orders before before and returns how
// many. Baselines are kept.
func (s *Store) PruneFindings(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "findings", before, pruneApart, pruneFindings)
}

// prune runs each of texts until it finds nothing more, rows at a time.
func (s *Store) prune(ctx context.Context, what string, before event.Time, rows int, texts ...string) (int64, error) {
	var total int64
	for _, text := range texts {
		for {
			var deleted int64
			err := s.writer.do(ctx, func(t *tx) (err error) {
				deleted, err = t.exec(text, sql.Named("before", int64(before)), sql.Named("rows", int64(rows)))
				return err
			})
			if err != nil {
				return total, fmt.Errorf("sqlite: prune %s before %s: %w", what, before, err)
			}
			if deleted == 0 {
				break
			}
			total += deleted
		}
	}
	return total, nil
}
