package verify

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// checkLakeSums is invariant 1 on the lake: what the footers say, of records,
// orders, units and amounts, is what the records come to, decoded here. Where the
// log holds a file's records too, they are the log's: of every file that lies
// within the log, and, if the check is deep, each record to the byte. The records
// of other files are read only if the check is deep.
func checkLakeSums(ctx context.Context, e *evidence, r *Result) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.workers())
	for _, s := range e.sources {
		starts, ends, err := e.bounds(ctx, s)
		if err != nil {
			return err
		}
		for i := range s.Parts {
			p := &s.Parts[i]
			o := &overlap{evidence: e, part: p, from: max(p.First, starts[p.Topic][p.Partition]), to: min(p.Next, ends[p.Topic][p.Partition])}
			g.Go(func() error {
				if err := o.check(ctx); err != nil {
					return fmt.Errorf("compare %s %s: %w", s.Source, p.Place, err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, d := range o.found {
					s.differ(r, d.Key, d.Field, d.Want, d.Got)
				}
				r.Checked += o.compared
				s.shown.InLog += o.inLog
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if !e.Lake.Deep && r.Checked < recordsOf(e.sources) {
		r.note("%d records are in the lake alone: their sums are those of the footers; --deep decodes them", recordsOf(e.sources)-r.Checked)
	}
	return nil
}

// recordsOf is how many records sources hold.
func recordsOf(sources []*source) (n int64) {
	for _, s := range sources {
		n += s.shown.Records
	}
	return n
}

// bounds are those of the log, if s is what it was written to.
func (e *evidence) bounds(ctx context.Context, s *source) (starts, ends Offsets, err error) {
	if s.Source != lake.SourceRaw || e.Log == nil {
		return nil, nil, nil
	}
	return e.Log.Bounds(ctx, lake.Topics...)
}

// overlap is a partition of a source, and what the log holds of it: offsets
// [from, to).
type overlap struct {
	*evidence
	part     *lake.Part
	from, to int64

	decoder  event.Decoder
	event    event.Event
	compared int64 // records decoded
	inLog    int64 // of which the log holds
	found    []Difference
}

// check compares the overlap, and if the check is deep the rest of the partition
// with itself.
func (o *overlap) check(ctx context.Context) error {
	if err := o.checkOverlap(ctx); err != nil || !o.Lake.Deep {
		return err
	}
	for _, span := range o.part.Spans {
		if span.Gap || o.covers(&span) {
			continue
		}
		t := o.newTally(span)
		err := span.Scan(span.First, span.Last+1, func(r *kgo.Record) error {
			o.take(t, r)
			return ctx.Err()
		})
		if damaged(err) {
			continue // what looked at the files says so
		}
		if err != nil {
			return err
		}
		o.compared += t.records
		o.progress(t.records)
		o.compareFooter(t)
	}
	return nil
}

// covers reports whether the log holds all of a file.
func (o *overlap) covers(s *lake.Span) bool { return s.First >= o.from && s.Last < o.to }

// checkOverlap compares lake and log. The log may be trimmed meanwhile; then what is
// left is compared.
func (o *overlap) checkOverlap(ctx context.Context) error {
	for o.from < o.to {
		err := o.compare(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		starts, _, berr := o.Log.Bounds(ctx, o.part.Topic)
		if start := starts[o.part.Topic][o.part.Partition]; berr == nil && start > o.from {
			o.from, o.compared, o.inLog, o.found = start, 0, 0, nil
			continue
		}
		return err
	}
	return nil
}

// compare reads the log once, and the lake too if the check is deep.
func (o *overlap) compare(ctx context.Context) error {
	tallies := o.tallies()
	if len(tallies) == 0 {
		return nil
	}
	at := place{o.part.Topic, o.part.Partition}
	file := 0
	err := o.Log.Scan(ctx, one(at, o.from), one(at, o.to), func(r *kgo.Record) error {
		for file < len(tallies)-1 && r.Offset > tallies[file].span.Last {
			file++
		}
		if t := tallies[file]; r.Offset >= t.span.First && r.Offset <= t.span.Last {
			o.take(t, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range tallies {
		o.inLog += t.records
		o.progress(t.records)
		if o.covers(&t.span) {
			o.compared += t.records
			o.compareFooter(t)
		}
		if o.Lake.Deep {
			if err := o.compareRecords(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// tally is what the records of a file come to.
type tally struct {
	span lake.Span

	records             int64
	from, to            event.Time
	valid               int64 // events: a topic has one type
	invalid             map[event.Reason]int64
	completed, refunded lake.Sums
	delta               int64
	last                []byte // value of the last record
	digest              maphash.Hash
}

// tallies are those of the files that the overlap touches.
func (o *overlap) tallies() (all []*tally) {
	for _, s := range o.part.Spans {
		if s.Gap || s.Last < o.from || s.First >= o.to {
			continue
		}
		all = append(all, o.newTally(s))
	}
	return all
}

func (o *overlap) newTally(s lake.Span) *tally {
	t := &tally{span: s, invalid: map[event.Reason]int64{}}
	t.digest.SetSeed(o.seed)
	return t
}

// take counts r.
func (o *overlap) take(t *tally, r *kgo.Record) {
	received := event.TimeOf(r.Timestamp)
	if t.records == 0 {
		t.from, t.to = received, received
	}
	t.records++
	t.from, t.to, t.last = min(t.from, received), max(t.to, received), r.Value
	if o.Lake.Deep {
		addRecord(&t.digest, r)
	}
	if r.Topic == event.TopicOtherEvents {
		return // nobody validates those
	}
	if reason := o.decode(r, received); reason != "" {
		t.invalid[reason]++
		return
	}
	e := &o.event
	t.valid++
	switch {
	case e.Type == event.TypeInventoryUpdate:
		t.delta += e.Delta
	case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted:
		addOrder(&t.completed, e)
	case e.Type == event.TypeTransaction && e.Status == event.StatusRefunded:
		addOrder(&t.refunded, e)
	}
}

func addOrder(s *lake.Sums, e *event.Event) {
	s.Events++
	s.BaseTotalMinor += int64(e.BaseTotalMinor)
	for i := range e.Items {
		s.Units += e.Items[i].Quantity
		s.BaseLinesMinor += int64(e.Items[i].BaseAmountMinor)
	}
}

// decode reads r, and says why it is no event of its topic; "" if it is one.
func (o *overlap) decode(r *kgo.Record, received event.Time) event.Reason {
	if err := o.decoder.Decode(r.Value, received, &o.event); err != nil {
		if invalid, ok := errors.AsType[*event.Invalid](err); ok {
			return invalid.Reason
		}
		return event.BadSchema
	}
	if o.event.Type.Topic() != r.Topic {
		return event.BadSchema
	}
	return ""
}

// compareFooter compares what the footer of a file says with what its records say.
func (o *overlap) compareFooter(t *tally) {
	f := t.span.Footer
	differ := func(field string, want, got any) {
		if want != got {
			o.found = append(o.found, Difference{t.span.Path, field, fmt.Sprint(want), fmt.Sprint(got)})
		}
	}
	differ("records", t.records, f.Records)
	if t.records == 0 || f.Records == 0 {
		return
	}
	differ("lowest record time", t.from, f.From)
	differ("highest record time", t.to, f.To)
	differ("hash of the last record", fmt.Sprintf("%016x", recordHash(t.last)), f.LastHash)
	if o.part.Topic == event.TopicOtherEvents {
		return
	}
	differ("valid events", t.valid, valid(f))
	if !maps.Equal(t.invalid, f.Invalid) {
		differ("dead records by reason", fmt.Sprint(t.invalid), fmt.Sprint(f.Invalid))
	}
	differ("completed orders", t.completed, f.Completed)
	differ("refunds", t.refunded, f.Refunded)
	differ("units moved in stock", t.delta, f.Delta)
}

// compareRecords compares the records of a file with those of the log, one by one.
func (o *overlap) compareRecords(t *tally) error {
	var digest maphash.Hash
	digest.SetSeed(o.seed)
	records := int64(0)
	err := t.span.Scan(max(t.span.First, o.from), min(t.span.Last+1, o.to), func(r *kgo.Record) error {
		addRecord(&digest, r)
		records++
		return nil
	})
	switch {
	case damaged(err):
		return nil // what looked at the files says so
	case err != nil:
		return err
	case records != t.records:
		o.found = append(o.found, Difference{t.span.Path, "records", fmt.Sprint(t.records), fmt.Sprint(records)})
	case digest.Sum64() != t.digest.Sum64():
		o.found = append(o.found, Difference{t.span.Path, "records", "those of the log", "others"})
	}
	return nil
}

// addRecord adds everything of r that the lake keeps to a digest.
func addRecord(h *maphash.Hash, r *kgo.Record) {
	maphash.WriteComparable(h, [2]int64{r.Offset, int64(event.TimeOf(r.Timestamp))})
	part := func(b []byte) {
		maphash.WriteComparable(h, int64(len(b)))
		_, _ = h.Write(b) // a hash takes everything
	}
	maphash.WriteComparable(h, [2]bool{r.Key == nil, r.Value == nil})
	part(r.Key)
	part(r.Value)
	for _, header := range r.Headers {
		part([]byte(header.Key))
		part(header.Value)
	}
}
