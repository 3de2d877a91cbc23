package postgres

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// The statements of those who look at dead letters, one a file.
var (
	//go:embed query/list_dead_letters.sql
	listDeadLetters string
	//go:embed query/get_dead_letter.sql
	getDeadLetter string
	//go:embed query/count_dead_letters.sql
	countDeadLetters string
	//go:embed query/count_dead_letters_by_hour.sql
	countDeadLettersByHour string
)

// DeadLetterList returns the dead letters of q, those of the newest records first.
func (s *Store) DeadLetterList(ctx context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error) {
	before := q.Start()
	letters, err := page(ctx, s, q.Limit, scanDeadLetter, listDeadLetters, named{
		"before": int64(before.Time), "before_topic": before.Topic, "before_partition": before.Partition, "before_offset": before.Offset,
		"topic": q.Topic, "reason": string(q.Reason),
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: list dead letters: %w", err)
	}
	return letters, nil
}

// DeadLetter returns the dead letter of a record, or store.ErrNotFound.
func (s *Store) DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error) {
	letters, err := list(ctx, s, scanDeadLetter, getDeadLetter, named{"topic": topic, "partition": partition, "offset": offset})
	if err == nil && len(letters) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.DeadLetter{}, fmt.Errorf("postgres: dead letter %s[%d] at %d: %w", topic, partition, offset, err)
	}
	return letters[0], nil
}

// DeadLetterCounts returns how many dead letters there are, by topic and reason.
func (s *Store) DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error) {
	counts, err := list(ctx, s, scanDeadLetterCount, countDeadLetters)
	if err != nil {
		return nil, fmt.Errorf("postgres: count dead letters: %w", err)
	}
	return counts, nil
}

func scanDeadLetterCount(row pgx.Rows) (c store.DeadLetterCount, err error) {
	return c, row.Scan(&c.Topic, (*string)(&c.Reason), &c.Letters)
}

// DeadLetterHours returns how many records that came at or after since were refused, by
// hour and reason.
func (s *Store) DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error) {
	hours, err := list(ctx, s, scanDeadLetterHour, countDeadLettersByHour, named{"since": int64(since)})
	if err != nil {
		return nil, fmt.Errorf("postgres: count dead letters by hour: %w", err)
	}
	return hours, nil
}

func scanDeadLetterHour(row pgx.Rows) (h store.DeadLetterHour, err error) {
	return h, row.Scan((*int64)(&h.Start), (*string)(&h.Reason), &h.Letters)
}
