package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// minuteMS is a minute in milliseconds.
const minuteMS = 60_000

// ledgerTopic is a topic-partition in the ledger.
type ledgerTopic struct {
	task  store.TaskID
	topic string
}

// FoldLedger folds the audit rows of minutes that end by before into one base row
// for each topic-partition. The base row is the newest of them, extended to where
// the first began, so that the audit stays contiguous and its counts still add up;
// rows that are not contiguous stay as they are. It returns how many rows went.
// Commits go on between its transactions.
func (s *Store) FoldLedger(ctx context.Context, before event.Time) (int64, error) {
	minute := int64(before) / minuteMS
	places, err := list(ctx, s, func(row pgx.Rows) (p ledgerTopic, err error) {
		return p, row.Scan(&p.task.Family, &p.task.Partition, &p.topic)
	}, listLedgerTopics, minute)
	var total int64
	for _, place := range places {
		var folded int64
		err = s.do(ctx, func(t *tx) (err error) {
			folded, err = t.foldLedger(place, minute)
			return err
		})
		if err != nil {
			break
		}
		total += folded
	}
	if err != nil {
		return total, fmt.Errorf("postgres: fold the ledger before %s: %w", before, err)
	}
	return total, nil
}

// foldLedger holds the task, since every process folds.
func (t *tx) foldLedger(place ledgerTopic, minute int64) (folded int64, err error) {
	family, partition := string(place.task.Family), place.task.Partition
	args := named{"family": family, "partition": partition, "topic": place.topic, "minute": minute}
	var extended int64
	t.queue(lockTask, family, partition)
	t.exec(&extended, foldLedger, args)
	if err := t.send(); err != nil {
		return 0, err
	}
	switch {
	case extended == 0:
		return 0, nil
	case extended > 1:
		return 0, fmt.Errorf("%w: %d ledger rows end at one offset", store.ErrConflict, extended)
	}
	t.exec(&folded, deleteFolded, args)
	return folded, t.send()
}
