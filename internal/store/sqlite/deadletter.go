package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

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
	letters, err := page(ctx, s, listDeadLetters, q.Limit, []any{
		sql.Named("before", int64(before.Time)), sql.Named("before_topic", before.Topic),
		sql.Named("before_partition", int64(before.Partition)), sql.Named("before_offset", before.Offset),
		sql.Named("topic", q.Topic), sql.Named("reason", string(q.Reason)),
	}, scanDeadLetter)
	if err != nil {
		return nil, fmt.Errorf("sqlite: list dead letters: %w", err)
	}
	return letters, nil
}

// DeadLetter returns the dead letter of a record, or store.ErrNotFound.
func (s *Store) DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error) {
	var letters []store.DeadLetter
	err := s.read(ctx, getDeadLetter, []any{sql.Named("topic", topic), sql.Named("partition", int64(partition)), sql.Named("offset", offset)}, func(rows *sql.Rows) error {
		d, err := scanDeadLetter(rows)
		letters = append(letters, d)
		return err
	})
	if err == nil && len(letters) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.DeadLetter{}, fmt.Errorf("sqlite: dead letter %s[%d] at %d: %w", topic, partition, offset, err)
	}
	return letters[0], nil
}

// DeadLetterCounts returns how many dead letters there are, by topic and reason.
func (s *Store) DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error) {
	var counts []store.DeadLetterCount
	err := s.read(ctx, countDeadLetters, nil, func(rows *sql.Rows) error {
		var c store.DeadLetterCount
		err := rows.Scan(&c.Topic, &c.Reason, &c.Letters)
		counts = append(counts, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: count dead letters: %w", err)
	}
	return counts, nil
}

// DeadLetterHours returns how many records that came at or after since were refused, by
// hour and reason.
func (s *Store) DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error) {
	var hours []store.DeadLetterHour
	err := s.read(ctx, countDeadLettersByHour, []any{sql.Named("since", int64(since))}, func(rows *sql.Rows) error {
		var h store.DeadLetterHour
		err := rows.Scan(&h.Start, &h.Reason, &h.Letters)
		hours = append(hours, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: count dead letters by hour: %w", err)
	}
	return hours, nil
}
