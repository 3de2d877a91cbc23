package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Seek is where messages are looked for.
type Seek string

// The places.
const (
	SeekLatest   Seek = "latest"   // the newest ones
	SeekEarliest Seek = "earliest" // from the first one that is kept
	SeekOffset   Seek = "offset"   // from MessageQuery.Offset
	SeekTime     Seek = "time"     // from MessageQuery.Time
)

// MessageQuery selects messages of a topic.
type MessageQuery struct {
	Topic     string
	Partition *int32 // nil = all
	From      Seek
	Offset    int64
	Time      time.Time
	After     map[int32]int64 // Messages.Next of the page before, instead of where From says; not with SeekLatest
	Key       string          // that the key contains; "" = any
	Value     string          // that the value contains; "" = any
	Limit     int             // at most; above 0
}

// Messages are those that were found, in the order of their times: the oldest first,
// of SeekLatest the newest.
type Messages struct {
	Records []*kgo.Record
	Scanned int64           // records that were looked at
	Partial bool            // a bound was reached before all that was asked for was looked at
	Next    map[int32]int64 // offsets to go on at; nil = the log ends here, or it was SeekLatest
	Ends    map[int32]int64 // where the log ended
}

// What one question may cost.
const (
	browseTime    = 3 * time.Second
	browseRecords = 200_000 // looked at
	browseBytes   = 8 << 20 // of the values of an answer
)

// ErrNoTopic reports that there is no such topic or partition.
var ErrNoTopic = errors.New("no such topic or partition")

// Messages looks for messages between the beginning and the end that the log has when
// it is asked: what comes meanwhile is not waited for. It looks at 200,000 records for
// 3 s at most.
func (o *Observer) Messages(ctx context.Context, q MessageQuery) (Messages, error) {
	spans, partial, err := o.spans(ctx, q)
	if err != nil {
		return Messages{}, err
	}
	b := &browser{MessageQuery: q, open: spans, next: map[int32]int64{}, found: map[int32][]*kgo.Record{}, ends: map[int32]int64{}}
	for p, s := range spans {
		b.next[p], b.ends[p] = s.from, s.to
		if s.from >= s.to {
			delete(spans, p)
		}
	}
	limited, cancel := context.WithTimeout(ctx, browseTime)
	defer cancel()
	if err := b.read(limited, o.cfg, o.extra); err != nil {
		if ctx.Err() != nil || limited.Err() == nil {
			return Messages{}, err
		}
		b.cut = true
	}
	m := b.messages()
	m.Partial = m.Partial || partial && len(m.Records) < q.Limit
	return m, nil
}

// spans are the offsets that q asks for, by partition. partial says that there are
// older ones, of the newest of which no more are looked at.
func (o *Observer) spans(ctx context.Context, q MessageQuery) (spans map[int32]span, partial bool, err error) {
	details, err := topicDetails(ctx, kadm.NewClient(o.client))
	if err != nil {
		return nil, false, err
	}
	if d, known := details[q.Topic]; !known || d.Err != nil {
		return nil, false, fmt.Errorf("kafka: read %s: %w", q.Topic, ErrNoTopic)
	}
	starts, err := Starts(ctx, o.client, q.Topic)
	if err != nil {
		return nil, false, err
	}
	ends, err := Ends(ctx, o.client, q.Topic)
	if err != nil {
		return nil, false, err
	}
	var times Offsets
	if q.From == SeekTime && q.After == nil {
		if times, err = offsets(kadm.NewClient(o.client).ListOffsetsAfterMilli(ctx, q.Time.UnixMilli(), q.Topic)); err != nil {
			return nil, false, err
		}
	}
	spans = map[int32]span{}
	for p, end := range ends[q.Topic] {
		if q.Partition != nil && *q.Partition != p {
			continue
		}
		s := span{starts[q.Topic][p], end}
		first := s.from
		switch {
		case q.After != nil:
			s.from = max(first, q.After[p])
		case q.From == SeekOffset:
			s.from = max(first, q.Offset)
		case q.From == SeekTime:
			s.from = max(first, times[q.Topic][p])
		case q.From == SeekLatest:
			s.from = max(first, end-q.window(len(ends[q.Topic])))
			partial = partial || s.from > first && q.filtered()
		}
		spans[p] = s
	}
	if len(spans) == 0 {
		return nil, false, fmt.Errorf("kafka: read %s: %w", q.Topic, ErrNoTopic)
	}
	return spans, partial, nil
}

func (q *MessageQuery) filtered() bool { return q.Key != "" || q.Value != "" }

// window is how many of the newest records of a partition are looked at.
func (q *MessageQuery) window(partitions int) int64 {
	if !q.filtered() {
		return int64(q.Limit)
	}
	return int64(browseRecords / partitions)
}

func (q *MessageQuery) matches(r *kgo.Record) bool {
	return strings.Contains(string(r.Key), q.Key) && strings.Contains(string(r.Value), q.Value)
}

// browser collects messages of each partition.
type browser struct {
	MessageQuery
	open    map[int32]span
	next    map[int32]int64 // offset after the last record that was looked at
	ends    map[int32]int64
	found   map[int32][]*kgo.Record
	bytes   int64 // of what was found and is kept
	scanned int64
	cut     bool // a bound was reached
}

// read reads the open spans until each is over, has enough, or a bound is reached.
func (b *browser) read(ctx context.Context, cfg Config, extra []kgo.Opt) error {
	if len(b.open) == 0 {
		return nil
	}
	from := map[int32]kgo.Offset{}
	for p, s := range b.open {
		from[p] = kgo.NewOffset().At(s.from)
	}
	client, err := cfg.client(append(slices.Clone(extra),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{b.Topic: from}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.KeepControlRecords(), // a span may end with one
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for len(b.open) > 0 && !b.cut {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("kafka: read %s: %w", b.Topic, err)
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("kafka: read %s: %w", partition{e.Topic, e.Partition}, e.Err)
		}
		fetches.EachPartition(func(f kgo.FetchTopicPartition) {
			for _, r := range f.Records {
				b.look(r)
			}
			if _, open := b.open[f.Partition]; !open {
				client.PauseFetchPartitions(map[string][]int32{b.Topic: {f.Partition}})
			}
		})
	}
	return nil
}

// look takes a record if it is one of those asked for.
func (b *browser) look(r *kgo.Record) {
	s, open := b.open[r.Partition]
	if !open || b.cut {
		return
	}
	b.next[r.Partition] = min(r.Offset+1, s.to)
	if r.Offset < s.to && !r.Attrs.IsControl() {
		b.scanned++
		if b.matches(r) {
			b.keep(r)
		}
	}
	enough := b.From != SeekLatest && len(b.found[r.Partition]) >= b.Limit
	if r.Offset+1 >= s.to || enough {
		delete(b.open, r.Partition)
	}
	b.cut = b.scanned >= browseRecords || b.bytes >= browseBytes
}

func (b *browser) keep(r *kgo.Record) {
	kept := append(b.found[r.Partition], r)
	b.bytes += int64(len(r.Value))
	if b.From == SeekLatest && len(kept) > b.Limit {
		b.bytes -= int64(len(kept[0].Value))
		kept = kept[1:]
	}
	b.found[r.Partition] = kept
}

// messages are the first of what was found over all partitions, and where to go on.
func (b *browser) messages() Messages {
	m := Messages{Scanned: b.scanned, Partial: b.cut, Ends: b.ends}
	if b.From == SeekLatest {
		m.Records = slices.Concat(slices.Collect(maps.Values(b.found))...)
		slices.SortFunc(m.Records, func(x, y *kgo.Record) int {
			return cmp.Or(y.Timestamp.Compare(x.Timestamp), cmp.Compare(x.Partition, y.Partition), cmp.Compare(y.Offset, x.Offset))
		})
		m.Records = m.Records[:min(b.Limit, len(m.Records))]
		return m
	}
	for len(m.Records) < b.Limit {
		r := b.earliest()
		if r == nil {
			break
		}
		b.found[r.Partition] = b.found[r.Partition][1:]
		m.Records = append(m.Records, r)
	}
	for p, left := range b.found {
		if len(left) > 0 {
			b.next[p] = left[0].Offset // it is shown on the next page
		}
	}
	for p, end := range b.ends {
		if b.next[p] < end {
			m.Next = b.next
		}
	}
	return m
}

// earliest is the earliest of the first messages that each partition has left, so that
// those of one partition stay in its order; nil if there is none.
func (b *browser) earliest() *kgo.Record {
	var first *kgo.Record
	for _, p := range slices.Sorted(maps.Keys(b.found)) {
		if left := b.found[p]; len(left) > 0 && (first == nil || left[0].Timestamp.Before(first.Timestamp)) {
			first = left[0]
		}
	}
	return first
}
