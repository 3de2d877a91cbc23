package lake

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Bounded is a log that is read between given offsets.
type Bounded interface {
	Bounds(ctx context.Context, topics ...string) (starts, ends Offsets, err error)
	Scan(ctx context.Context, from, to Offsets, fn func(*kgo.Record) error) error
}

// Whole is a log that reaches back to where the raw source of the lake does: what
// the log no longer holds is read from the lake. It is safe for concurrent use,
// and the log may be trimmed meanwhile.
type Whole struct {
	dir string
	log Bounded
}

// NewWhole returns log joined with the lake in dir. It does no I/O.
func NewWhole(dir string, log Bounded) *Whole { return &Whole{dir, log} }

// Bounds returns, of every partition of topics that the log has, the offset from
// which on lake and log hold every record, and the end of the log. What an operator
// accepted as lost, or what lies below a file that is missing or cannot be read,
// is not held: then the start is after it.
func (w *Whole) Bounds(ctx context.Context, topics ...string) (starts, ends Offsets, err error) {
	starts, ends, err = w.log.Bounds(ctx, topics...)
	if err != nil {
		return nil, nil, err
	}
	l, err := List(w.dir, SourceRaw)
	if err != nil {
		return nil, nil, err
	}
	for topic, partitions := range starts {
		joined := map[int32]int64{}
		for p, start := range partitions {
			joined[p] = l.reach(Place{topic, p}, start)
		}
		starts[topic] = joined
	}
	return starts, ends, nil
}

// reach returns the offset from which on l holds everything up to end; end itself
// if it does not hold what is before that.
func (l *Listing) reach(at Place, end int64) int64 {
	first, next := end, int64(-1) // of the run of files that the last one belongs to
	for _, e := range l.Entries[at] {
		if e.First >= end {
			break
		}
		s, err := e.span()
		if err != nil || s.Gap {
			next = -1
			continue
		}
		if s.First != next {
			first = s.First
		}
		next = s.Last + 1
	}
	if next < end {
		return end
	}
	return first
}

// Scan calls fn with each record from its offset in from up to, and not including,
// its offset in to, in order within a partition: those below the log's start from
// the lake, the others from the log. fn may keep records. What was accepted as lost
// is passed over. Its errors are those of the log, and of [Archive.Scan].
func (w *Whole) Scan(ctx context.Context, from, to Offsets, fn func(*kgo.Record) error) error {
	for topic, partitions := range to {
		for p, end := range partitions {
			if err := w.scan(ctx, Place{topic, p}, from[topic][p], end, fn); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan reads one partition. The log's start may pass what is to be read next; then
// the lake has it.
func (w *Whole) scan(ctx context.Context, at Place, next, to int64, fn func(*kgo.Record) error) error {
	for next < to {
		start, err := w.start(ctx, at)
		if err != nil {
			return err
		}
		if next < start {
			until := min(start, to)
			if err := w.scanLake(ctx, at, next, until, fn); err != nil {
				return err
			}
			next = until
			continue
		}
		own := false // whether the error is fn's
		err = w.log.Scan(ctx, at.offset(next), at.offset(to), func(r *kgo.Record) error {
			err := fn(r)
			own = err != nil
			next = r.Offset + 1
			return err
		})
		if err == nil || own || ctx.Err() != nil {
			return err
		}
		if start, serr := w.start(ctx, at); serr != nil || start <= next {
			return err
		}
	}
	return nil
}

func (p Place) offset(o int64) Offsets { return Offsets{p.Topic: {p.Partition: o}} }

func (w *Whole) start(ctx context.Context, at Place) (int64, error) {
	starts, _, err := w.log.Bounds(ctx, at.Topic)
	if err != nil {
		return 0, err
	}
	start, ok := starts[at.Topic][at.Partition]
	if !ok {
		return 0, fmt.Errorf("lake: read %s: the log has no such partition", at)
	}
	return start, nil
}

// scanLake lists the lake anew each time: what was trimmed a moment ago may be in
// a file of a moment before.
func (w *Whole) scanLake(ctx context.Context, at Place, from, to int64, fn func(*kgo.Record) error) error {
	l, err := List(w.dir, SourceRaw)
	if err != nil {
		return err
	}
	return l.Scan(ctx, at, from, to, fn)
}
