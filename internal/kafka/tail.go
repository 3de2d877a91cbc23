package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What a tail may cost.
const (
	tailPause  = 250 * time.Millisecond // between two batches
	tailShown  = 200                    // messages of a batch: more cannot be read anyway
	tailBehind = 5_000                  // records of a partition that are made up for
)

// Tailed is what came to a topic since the batch before.
type Tailed struct {
	Records []*kgo.Record   // that match, those of a partition in its order; the newest ones
	Skipped int64           // records before them that were left out, whether they match or not
	Next    map[int32]int64 // MessageQuery.After to go on with
}

// Tail hands the messages of q's topic over as they come, until ctx ends or fn fails: those from
// q.After on, which a partition that is not in it has from its first. Of q, From and
// Limit do not count. It connects by itself; an error ends it.
func (o *Observer) Tail(ctx context.Context, q MessageQuery, fn func(Tailed) error) error {
	spans, _, err := o.spans(ctx, q)
	if err != nil {
		return err
	}
	t := &tail{MessageQuery: q, next: map[int32]int64{}}
	for p, s := range spans {
		t.next[p] = min(max(s.from, s.to-tailBehind), s.to)
		t.skipped += max(0, t.next[p]-s.from)
	}
	client, err := Follow(o.cfg, Offsets{q.Topic: t.next}, o.extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("kafka: follow %s: %w", partition{e.Topic, e.Partition}, e.Err)
		}
		fetches.EachRecord(t.look)
		if len(t.found) > 0 || t.skipped > 0 {
			if err := fn(t.batch()); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tailPause):
		}
	}
}

// tail collects a batch.
type tail struct {
	MessageQuery
	next    map[int32]int64
	found   []*kgo.Record
	skipped int64
}

func (t *tail) look(r *kgo.Record) {
	t.next[r.Partition] = r.Offset + 1
	if !r.Attrs.IsControl() && t.matches(r) {
		t.found = append(t.found, r)
	}
}

func (t *tail) batch() Tailed {
	slices.SortStableFunc(t.found, func(x, y *kgo.Record) int { return x.Timestamp.Compare(y.Timestamp) })
	left := max(0, len(t.found)-tailShown)
	b := Tailed{Records: t.found[left:], Skipped: t.skipped + int64(left), Next: maps.Clone(t.next)}
	t.found, t.skipped = nil, 0
	return b
}
