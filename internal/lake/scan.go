package lake

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
)

// Scan calls fn with the records of e whose offsets are in [from, to), in order,
// as they were in the log: key, value, headers, time, offset. fn may keep them.
// A file that is damaged is [ErrCorrupt].
func (e Entry) Scan(from, to int64, fn func(*kgo.Record) error) error {
	f, err := openFile(e)
	if err != nil {
		return err
	}
	defer f.close()
	for i, g := range f.parquet.RowGroups() {
		if last := f.groupEnd(i); last < from {
			continue
		}
		done, err := f.scanGroup(g, from, to, fn)
		if err != nil || done {
			return err
		}
	}
	return nil
}

// groupEnd returns the highest offset of row group i.
func (f *file) groupEnd(i int) int64 {
	if high := f.parquet.Metadata().RowGroups[i].Columns[colOffset].MetaData.Statistics.MaxValue; len(high) == 8 {
		return int64(binary.LittleEndian.Uint64(high))
	}
	return math.MaxInt64
}

// scanGroup calls fn with the records of a row group and reports whether it came
// to the end of the range. The library that reads the pages is not proof against
// every damage.
func (f *file) scanGroup(g parquet.RowGroup, from, to int64, fn func(*kgo.Record) error) (done bool, err error) {
	calling := false
	defer func() {
		if calling {
			return // a panic or error of fn's
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("the rows cannot be read: %v", p)
		}
		if err != nil {
			err = corrupt(f.Path, err)
		}
	}()
	rows := newRows(f, g)
	defer rows.close()
	for {
		r, err := rows.next()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case r == nil || r.Offset < from:
		case r.Offset >= to:
			return true, nil
		default:
			calling = true
			if err := fn(r); err != nil {
				return false, err
			}
			calling = false
		}
	}
}

// rows reads the records of a row group.
type rows struct {
	file *file
	all  []*cursor

	offset, received, rawTime, key, rawKey, headers, json, raw, valid, own, line *cursor
}

func newRows(f *file, g parquet.RowGroup) *rows {
	r := &rows{file: f}
	open := func(at int) *cursor {
		c := newCursor(g, at)
		r.all = append(r.all, c)
		return c
	}
	r.offset, r.received, r.rawTime = open(colOffset), open(colReceived), open(colRawTime)
	r.key, r.rawKey, r.headers = open(colKey), open(colRawKey), open(colHeaders)
	r.json, r.raw, r.valid = open(colJSON), open(colRaw), open(colValid)
	r.own = open(keyColumn(f.Topic))
	if at := lineColumn(f.Topic); at >= 0 {
		r.line = open(at)
	}
	return r
}

func (r *rows) close() {
	for _, c := range r.all {
		c.close()
	}
}

// next returns the record of the next row, nil if the row is a further line of
// the record before, io.EOF after the last.
func (r *rows) next() (*kgo.Record, error) {
	for i, c := range r.all {
		if err := c.next(); err != nil {
			if i > 0 && errors.Is(err, io.EOF) {
				err = fmt.Errorf("column %s has too few rows", c.name)
			}
			return nil, err
		}
	}
	if r.line != nil && r.line.int32() > 0 {
		return nil, nil
	}
	rec := &kgo.Record{Topic: r.file.Topic, Partition: r.file.Partition, Offset: r.offset.int64(), Key: r.keyBytes()}
	switch {
	case r.received.set:
		rec.Timestamp = event.Time(r.received.int64()).Std()
	case r.rawTime.set:
		rec.Timestamp = event.Time(r.rawTime.int64()).Std()
	default:
		return nil, fmt.Errorf("the record at offset %d has no time", rec.Offset)
	}
	if r.headers.set {
		var err error
		if rec.Headers, err = parseHeaders(r.headers.bytes()); err != nil {
			return nil, fmt.Errorf("headers of the record at offset %d: %w", rec.Offset, err)
		}
	}
	switch {
	case r.json.set:
		rec.Value = r.json.bytes()
	case r.raw.set:
		rec.Value = r.raw.bytes()
	}
	return rec, nil
}

// keyBytes undoes setKey.
func (r *rows) keyBytes() []byte {
	valid := r.valid.bool()
	switch {
	case r.key.set:
		return r.key.bytes()
	case r.rawKey.set && valid && len(r.rawKey.bytes()) == 0:
		return nil
	case r.rawKey.set:
		return r.rawKey.bytes()
	case !valid:
		return nil
	case r.own.set:
		return r.own.bytes()
	default:
		return []byte{}
	}
}

func parseHeaders(text []byte) ([]kgo.RecordHeader, error) {
	var list []header
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	hs := make([]kgo.RecordHeader, len(list))
	for i, h := range list {
		hs[i] = kgo.RecordHeader(h)
	}
	return hs, nil
}

// Scan calls fn with the records of a partition whose offsets are in [from, to),
// in order. Accepted gaps are passed over. It is an error if the lake ends before
// to, if it does not hold from, or if offsets are missing between its files:
// [ErrHole].
func (l *Listing) Scan(ctx context.Context, at Place, from, to int64, fn func(*kgo.Record) error) error {
	if from >= to {
		return nil
	}
	next, started := from, false
	for _, e := range l.from(at, from) {
		if e.First >= to {
			break
		}
		s, err := e.span()
		if err != nil {
			return err
		}
		if s.Last < from {
			continue
		}
		if s.First > next {
			return hole(at, next, s.First-1)
		}
		started = true
		if !e.Gap {
			err := e.Scan(from, to, func(r *kgo.Record) error {
				if r.Offset < next {
					return fmt.Errorf("lake: %s: %w: offset %d in %s", at, ErrOverlap, r.Offset, e.Path)
				}
				next = r.Offset + 1
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("lake: read %s: %w", at, err)
				}
				return fn(r)
			})
			if err != nil {
				return err
			}
		}
		next = max(next, s.Last+1)
	}
	if next < to || !started {
		return hole(at, next, to-1)
	}
	return nil
}

func hole(at Place, first, last int64) error {
	return fmt.Errorf("lake: %s: %w: offsets %d to %d", at, ErrHole, first, last)
}

// from returns the entries of at but for those that end before offset.
func (l *Listing) from(at Place, offset int64) []Entry {
	entries := l.Entries[at]
	for i, e := range slices.Backward(entries) {
		if e.First <= offset {
			return entries[i:]
		}
	}
	return entries
}

// Bounds returns the first offset that l holds of a partition and the offset
// after its last; both are 0 if it holds none. It does not look for holes.
func (l *Listing) Bounds(at Place) (first, end int64, err error) {
	entries := l.Entries[at]
	if len(entries) == 0 {
		return 0, 0, nil
	}
	s, err := entries[len(entries)-1].span()
	if err != nil {
		return 0, 0, err
	}
	return entries[0].First, s.Last + 1, nil
}
