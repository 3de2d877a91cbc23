package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// minuteMS is a minute in milliseconds.
const minuteMS = 60_000

// FoldLedger folds the audit rows of minutes that end by before into one base row
// for each topic-partition. The base row is the newest of them, extended to where
// the first began, so that the audit stays contiguous and its counts still add up;
// rows that are not contiguous stay as they are. It returns how many rows went.
// Commits go on between its transactions.
func (s *Store) FoldLedger(ctx context.Context, before event.Time) (int64, error) {
	minute := int64(before) / minuteMS
	var places [][]any
	err := s.read(ctx, listLedgerTopics, []any{minute}, func(rows *sql.Rows) error {
		var family, topic string
		var partition int64
		if err := rows.Scan(&family, &partition, &topic); err != nil {
			return err
		}
		places = append(places, []any{
			sql.Named("family", family), sql.Named("partition", partition), sql.Named("topic", topic), sql.Named("minute", minute),
		})
		return nil
	})
	var total int64
	for _, place := range places {
		var folded int64
		err = s.writer.do(ctx, func(t *tx) (err error) {
			folded, err = t.foldLedger(place)
			return err
		})
		if err != nil {
			break
		}
		total += folded
	}
	if err != nil {
		return total, fmt.Errorf("sqlite: fold the ledger before %s: %w", before, err)
	}
	return total, nil
}

func (t *tx) foldLedger(place []any) (folded int64, err error) {
	switch n, err := t.exec(foldLedger, place...); {
	case err != nil || n == 0:
		return 0, err
	case n > 1:
		return 0, fmt.Errorf("%w: %d ledger rows end at one offset", store.ErrConflict, n)
	}
	return t.exec(deleteFolded, place...)
}
