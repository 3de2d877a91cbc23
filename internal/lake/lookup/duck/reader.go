// Package duck answers package lookup's questions by an in-memory DuckDB over the
// lake's files. It reads the folders of the days that a question is about, the newest
// first, and no more of them than an answer takes; in a file, only the columns and,
// by their statistics, the row groups that can hold it.
package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"globalmart/internal/duckdb"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/lake/lookup"
)

// Reader answers from the lake in a folder. It is safe for concurrent use.
type Reader struct {
	dir string
	db  *duckdb.DB
}

// memory is enough for the days that are looked at together, in bytes.
const memory = 256 << 20

// dirMode is that of the lake's folders.
const dirMode = 0o755

// New returns a reader of the lake in dir, which need not be there yet. The caller
// closes it.
func New(ctx context.Context, dir string) (*Reader, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil { // DuckDB is told of it once
		return nil, fmt.Errorf("lookup: %w", err)
	}
	db, err := duckdb.Open(ctx, duckdb.Config{Memory: memory, Dirs: []string{dir}, KeepFooters: true})
	if err != nil {
		return nil, fmt.Errorf("lookup: %w", err)
	}
	return &Reader{dir, db}, nil
}

// Close releases the database.
func (r *Reader) Close() error { return r.db.Close() }

const day = 24 * time.Hour

// stretch is some days that are read together: what happened within [from, to).
type stretch struct{ from, to event.Time }

// stretches calls read with the days of [from, to) that topic can hold something of,
// the newest first: one, then twice as many each time, until it reports that it has
// enough.
func (r *Reader) stretches(topic string, from, to event.Time, read func(stretch) (enough bool, err error)) error {
	first, last, err := lake.Days(r.dir, topic)
	if err != nil || first == "" {
		return err
	}
	oldest, err := start(first)
	if err != nil {
		return err
	}
	newest, err := start(last)
	if err != nil {
		return err
	}
	from, to = max(from, oldest.Add(-lookup.Late)), min(to, newest.Add(day))
	for length := day; from < to; length *= 2 {
		s := stretch{max(from, midnight(to-1).Add(day-length)), to}
		if enough, err := read(s); err != nil || enough {
			return err
		}
		to = s.from
	}
	return nil
}

func start(date string) (event.Time, error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, fmt.Errorf("lookup: %w", err)
	}
	return event.TimeOf(t), nil
}

// midnight is the start of the day, in UTC, that t is in.
func midnight(t event.Time) event.Time { return event.TimeOf(t.Std().UTC().Truncate(day)) }

// files is the SQL of the files of topic in which what happened within s can be, or ""
// if there are none.
func (r *Reader) files(topic string, s stretch) (string, error) {
	var quoted []string
	for at := midnight(s.from); at < s.to.Add(lookup.Late); at = at.Add(day) {
		entries, err := lake.EntriesOfDay(r.dir, topic, at.Std().UTC().Format(time.DateOnly))
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			quoted = append(quoted, duckdb.Quote(e.Path))
		}
	}
	if len(quoted) == 0 {
		return "", nil
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], filename = true)", nil
}

// asOf is the arrival of the newest record of a topic that the lake has, 0 without
// one. It reads a footer of each partition.
func (r *Reader) asOf(topic string) (event.Time, error) {
	_, date, err := lake.Days(r.dir, topic)
	if err != nil || date == "" {
		return 0, err
	}
	entries, err := lake.EntriesOfDay(r.dir, topic, date)
	if err != nil {
		return 0, err
	}
	type part struct {
		source string
		lake.Place
	}
	last := map[part]lake.Entry{}
	for _, e := range entries {
		at := part{e.Source, e.Place}
		if have, ok := last[at]; !ok || have.First < e.First {
			last[at] = e
		}
	}
	var newest event.Time
	for _, e := range last {
		footer, err := e.Footer()
		if err != nil {
			return 0, fmt.Errorf("lookup: %w", err)
		}
		newest = max(newest, footer.To)
	}
	return newest, nil
}

// query runs a statement and scans each row with scan.
func query[T any](ctx context.Context, r *Reader, text string, args []any, scan func(*sql.Rows, *T) error) (found []T, err error) {
	rows, err := r.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("lookup: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row T
		if err := scan(rows, &row); err != nil {
			return nil, fmt.Errorf("lookup: %w", err)
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
