package lake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Offsets are offsets by topic and partition.
type Offsets = map[string]map[int32]int64

// Log is what is needed of the log.
type Log interface {
	// Bounds returns the first offset and the end of every partition of topics.
	Bounds(ctx context.Context, topics ...string) (starts, ends Offsets, err error)
	// Scan calls fn with each record from its offset in from up to, and not
	// including, its offset in to.
	Scan(ctx context.Context, from, to Offsets, fn func(*kgo.Record) error) error
	// Follow reads the partitions of from, each from its offset on, without end
	// and without a consumer group. Offsets are never reset: one that the log does
	// not have is an error of the fetch. Markers of transactions are handed over
	// too (kgo.KeepControlRecords).
	Follow(from Offsets) (Feed, error)
}

// Feed is an endless read of the log. A *kgo.Client is one.
type Feed interface {
	PollFetches(ctx context.Context) kgo.Fetches
	Close()
}

// LostError reports that the log no longer holds what the lake lacks: an operator
// must say that this may be (AcceptLoss).
type LostError struct {
	Place
	First int64 // offset: the first that the lake lacks
	Start int64 // offset: the first that the log still has
}

func (e *LostError) Error() string {
	return fmt.Sprintf("lake: %s: the log no longer holds offsets %d to %d, which the lake lacks", e.Place, e.First, e.Start-1)
}

// ErrOtherLog reports that the log is not the one that the lake was written from,
// or that it went backwards.
var ErrOtherLog = errors.New("this is not the log that the lake was written from")

const (
	// tickEvery is how often the age of files is looked at.
	tickEvery  = time.Second
	minBackoff = 200 * time.Millisecond
	maxBackoff = 15 * time.Second
)

// Runner follows the log and writes it to the lake.
type Runner struct {
	Log    Log
	Writer *Writer
	Now    func() time.Time
	Logger *slog.Logger

	roll atomic.Bool // finish the open files soon

	mu        sync.Mutex
	ends      map[Place]int64 // of the log, as last heard
	next      map[Place]int64
	following bool
	down      error
}

// Status is how a runner does.
type Status struct {
	Following bool  // the lake was found to be of this log, which is being read
	Behind    int64 // records in the log that are not added to a file yet
	Down      error // why nothing can be written now; nil if all is well
	Stats
}

// Status returns how r does. It is safe for concurrent use.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Status{Following: r.following, Down: r.down, Stats: r.Writer.Stats()}
	for at, end := range r.ends {
		s.Behind += max(0, end-r.next[at])
	}
	return s
}

// Reached reports whether every record below ends has been added to a file, which
// need not be finished. It is safe for concurrent use.
func (r *Runner) Reached(ends Offsets) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for topic, partitions := range ends {
		for p, end := range partitions {
			if r.next[Place{topic, p}] < end {
				return false
			}
		}
	}
	return true
}

// Roll makes the runner finish its open files within about a second, whatever
// their age and size. It is safe for concurrent use.
func (r *Runner) Roll() { r.roll.Store(true) }

// Run adds every record of Topics to the lake, from where the lake ends on, until
// ctx ends; then it finishes the open files. While files cannot be written, as
// with a full disk, it retries for ever, and Status says why. Its errors are
// final: *[LostError], [ErrConflict], [ErrOtherLog], or that the log cannot be
// read.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.compare(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was asked to stop before it began
		}
		return err
	}
	backoff := minBackoff
	for {
		err := r.follow(ctx, func() { backoff = minBackoff })
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return r.Writer.Flush()
		}
		if final := r.final(err); final != nil {
			return errors.Join(final, r.Writer.Flush())
		}
		r.setDown(err)
		r.Logger.WarnContext(ctx, "the lake cannot be written; trying again", "error", err, "in", backoff)
		if !pause(ctx, backoff/2+rand.N(backoff)) { //nolint:gosec // jitter
			return r.Writer.Flush()
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// final returns err unless it is one that passes: then nil.
func (r *Runner) final(err error) error {
	if errors.Is(err, ErrConflict) {
		return err
	}
	if _, retry := errors.AsType[*RetryError](err); retry {
		return nil
	}
	return err
}

func (r *Runner) setFollowing(is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.following = is
}

func (r *Runner) setDown(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = err
}

// from returns where to read each partition of the log from, and fails if the log
// does not hold that.
func (r *Runner) from(ctx context.Context) (Offsets, error) {
	starts, ends, err := r.Log.Bounds(ctx, Topics...)
	if err != nil {
		return nil, fmt.Errorf("lake: bounds of the log: %w", err)
	}
	from := Offsets{}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends, r.next = map[Place]int64{}, map[Place]int64{}
	for topic, partitions := range ends {
		from[topic] = map[int32]int64{}
		for p, end := range partitions {
			at := Place{topic, p}
			next := r.Writer.Next(topic, p)
			switch {
			case next < starts[topic][p]:
				return nil, &LostError{at, next, starts[topic][p]}
			case next > end:
				return nil, fmt.Errorf("lake: %s: %w: the lake reaches offset %d, the log ends at %d", at, ErrOtherLog, next-1, end)
			}
			from[topic][p] = next
			r.ends[at], r.next[at] = end, next
		}
	}
	return from, nil
}

// compare compares the last record of each partition with the log, where both
// still have it.
func (r *Runner) compare(ctx context.Context) error {
	starts, ends, err := r.Log.Bounds(ctx, Topics...)
	if err != nil {
		return fmt.Errorf("lake: bounds of the log: %w", err)
	}
	l, err := List(r.Writer.cfg.Dir, SourceRaw)
	if err != nil {
		return err
	}
	from, to, want := Offsets{}, Offsets{}, map[Place]string{}
	for _, at := range l.Places() {
		entries := l.Entries[at]
		last, err := entries[len(entries)-1].span()
		if err != nil {
			return err
		}
		offset := last.Last
		if last.Gap || last.Footer.Records == 0 || offset < starts[at.Topic][at.Partition] || offset >= ends[at.Topic][at.Partition] {
			continue
		}
		if from[at.Topic] == nil {
			from[at.Topic], to[at.Topic] = map[int32]int64{}, map[int32]int64{}
		}
		from[at.Topic][at.Partition], to[at.Topic][at.Partition] = offset, offset+1
		want[at] = last.Footer.LastHash
	}
	return r.Log.Scan(ctx, from, to, func(rec *kgo.Record) error {
		if at := (Place{rec.Topic, rec.Partition}); valueHash(rec.Value) != want[at] {
			return fmt.Errorf("lake: %s: %w: the record at offset %d is another", at, ErrOtherLog, rec.Offset)
		}
		return nil
	})
}

// follow reads on until something fails. settled is called when records have
// become durable.
func (r *Runner) follow(ctx context.Context, settled func()) error {
	from, err := r.from(ctx)
	if err != nil {
		return err
	}
	feed, err := r.Log.Follow(from)
	if err != nil {
		return fmt.Errorf("lake: follow the log: %w", err)
	}
	defer feed.Close()
	r.setFollowing(true)
	defer r.setFollowing(false)
	files := r.Writer.Stats().Files
	for {
		if err := r.poll(ctx, feed); err != nil {
			return err
		}
		if err := r.finish(); err != nil {
			return err
		}
		if n := r.Writer.Stats().Files; n > files {
			files = n
			settled()
			r.setDown(nil)
		}
	}
}

// finish finishes the files that are old enough, or all if that was asked for.
func (r *Runner) finish() error {
	if r.roll.CompareAndSwap(true, false) {
		return r.Writer.Flush()
	}
	return r.Writer.Tick(r.Now())
}

// poll adds one fetch to the files.
func (r *Runner) poll(ctx context.Context, feed Feed) error {
	limited, cancel := context.WithTimeout(ctx, tickEvery)
	defer cancel()
	fetches := feed.PollFetches(limited)
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		switch {
		case limited.Err() != nil && errors.Is(e.Err, limited.Err()):
		case errors.Is(e.Err, kerr.OffsetOutOfRange):
			return r.outOfRange(ctx, Place{e.Topic, e.Partition})
		default:
			return fmt.Errorf("lake: read %s: %w", Place{e.Topic, e.Partition}, e.Err)
		}
	}
	defer r.Writer.Settle()
	var failed error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		for _, rec := range p.Records {
			if failed != nil {
				return
			}
			failed = r.Writer.Append(rec)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		at := Place{p.Topic, p.Partition}
		r.ends[at] = max(r.ends[at], p.HighWatermark)
		r.next[at] = r.Writer.Next(p.Topic, p.Partition)
	})
	return failed
}

// outOfRange says what was lost.
func (r *Runner) outOfRange(ctx context.Context, at Place) error {
	if _, err := r.from(ctx); err != nil {
		return err
	}
	return fmt.Errorf("lake: %s: the log does not take offset %d", at, r.Writer.Next(at.Topic, at.Partition))
}

// pause waits for d and reports whether ctx is still alive then.
func pause(ctx context.Context, d time.Duration) bool {
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-limited.Done()
	return ctx.Err() == nil
}
