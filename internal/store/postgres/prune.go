package postgres

import (
	"context"
	"fmt"

	"globalmart/internal/event"
)

// pruneRows is how many rows one transaction deletes at most, so that it is short
// and what it frees can be used again.
const pruneRows = 10_000

// PruneMinutes deletes the sales of minutes that start before before. Hours are
// kept. It returns how many rows went. Commits go on between its transactions,
// as with everything that is pruned.
func (s *Store) PruneMinutes(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "minutes", before, pruneMinutesByCountry, pruneMinutesByCategory)
}

// PruneSessions deletes the sessions that started before before and returns how
// many.
func (s *Store) PruneSessions(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "sessions", before, pruneSessions)
}

// PruneCarts deletes the carts to which nothing was done since before, and the
// orders from before it that belong to no cart that is left. It returns how many
// rows went.
func (s *Store) PruneCarts(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "carts", before, pruneCarts, pruneCartOrders)
}

// PruneFindings deletes the findings of orders before before and returns how
// many. Baselines are kept.
func (s *Store) PruneFindings(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "findings", before, pruneFindings)
}

// prune runs each of texts until it finds nothing more, pruneRows at a time.
func (s *Store) prune(ctx context.Context, what string, before event.Time, texts ...string) (int64, error) {
	var total int64
	for _, text := range texts {
		for {
			var deleted int64
			err := s.do(ctx, func(t *tx) error {
				t.exec(&deleted, text, named{"before": int64(before), "rows": int64(pruneRows)})
				return nil
			})
			if err != nil {
				return total, fmt.Errorf("postgres: prune %s before %s: %w", what, before, err)
			}
			if deleted == 0 {
				break
			}
			total += deleted
		}
	}
	return total, nil
}
