package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// stalled is how long a bounded read waits for the next record. Everything it
// asks for is in the log, so what takes longer is a broker that is gone.
const stalled = 30 * time.Second

// ErrTrimmed reports that the log no longer holds what was asked for.
var ErrTrimmed = errors.New("the log begins later")

// ErrBeyondEnd reports that the log ends before what was asked for.
var ErrBeyondEnd = errors.New("the log ends earlier")

// Scan reads every partition from its offset in from (0 if it has none) up to, and
// not including, its offset in to, and calls fn with each record, in order within
// a partition. fn may keep records. Offsets that the log skips, as those of
// control records, are skipped. It is an error if a partition begins above from
// (ErrTrimmed) or ends below to (ErrBeyondEnd), and if the brokers fall silent for
// 30 s.
func Scan(ctx context.Context, cfg Config, from, to Offsets, fn func(*kgo.Record) error, extra ...kgo.Opt) error {
	open := map[partition]span{}
	for topic, partitions := range to {
		for p, end := range partitions {
			if begin := from[topic][p]; begin < end {
				open[partition{topic, p}] = span{begin, end}
			}
		}
	}
	starts, ends, err := bounds(ctx, cfg, topicsOf(maps.Keys(open)), extra)
	if err != nil {
		return err
	}
	for at, s := range open {
		start, known := starts[at.topic][at.number]
		end := ends[at.topic][at.number]
		switch {
		case !known:
			return fmt.Errorf("kafka: read %s: no such partition", at)
		case s.from < start:
			return fmt.Errorf("kafka: read %s from offset %d: %w, at %d", at, s.from, ErrTrimmed, start)
		case s.to > end:
			return fmt.Errorf("kafka: read %s to offset %d: %w, at %d", at, s.to, ErrBeyondEnd, end)
		}
	}
	return read(ctx, cfg, open, fn, append(slices.Clone(extra),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes), kgo.FetchMaxBytes(fetchBytes)))
}

// At names one record.
type At struct {
	Topic     string
	Partition int32
	Offset    int64
}

// singleBytes asks for as little as possible around a single record; a batch
// comes whole however large it is.
const singleBytes = 4 << 10

// RecordAt returns the records at the given offsets. What the log does not hold,
// or no longer holds, is missing from the answer.
func RecordAt(ctx context.Context, cfg Config, at []At, extra ...kgo.Opt) (map[At]*kgo.Record, error) {
	found := map[At]*kgo.Record{}
	topics := map[string]bool{}
	for _, a := range at {
		topics[a.Topic] = true
	}
	starts, ends, err := bounds(ctx, cfg, slices.Collect(maps.Keys(topics)), extra)
	if err != nil {
		return nil, err
	}
	opts := append(slices.Clone(extra), kgo.FetchMaxPartitionBytes(singleBytes))
	for len(at) > 0 {
		round, later := map[partition]span{}, []At(nil) // a round reads one record of each partition
		for _, a := range at {
			p := partition{a.Topic, a.Partition}
			switch _, taken := round[p]; {
			case a.Offset < starts[a.Topic][a.Partition] || a.Offset >= ends[a.Topic][a.Partition]:
			case taken:
				later = append(later, a)
			default:
				round[p] = span{a.Offset, a.Offset + 1}
			}
		}
		err := read(ctx, cfg, round, func(r *kgo.Record) error {
			found[At{r.Topic, r.Partition, r.Offset}] = r
			return nil
		}, opts)
		if err != nil {
			return nil, err
		}
		at = later
	}
	return found, nil
}

type partition struct {
	topic  string
	number int32
}

func (p partition) String() string { return fmt.Sprintf("%s[%d]", p.topic, p.number) }

// span is what is to be read of a partition: [from, to).
type span struct{ from, to int64 }

func topicsOf(partitions func(func(partition) bool)) []string {
	topics := map[string]bool{}
	for p := range partitions {
		topics[p.topic] = true
	}
	return slices.Collect(maps.Keys(topics))
}

// read reads the open spans, all of which are in the log, with a client of its
// own. It empties open.
func read(ctx context.Context, cfg Config, open map[partition]span, fn func(*kgo.Record) error, extra []kgo.Opt) error {
	if len(open) == 0 {
		return nil
	}
	consume := map[string]map[int32]kgo.Offset{}
	for p, s := range open {
		if consume[p.topic] == nil {
			consume[p.topic] = map[int32]kgo.Offset{}
		}
		consume[p.topic][p.number] = kgo.NewOffset().At(s.from)
	}
	client, err := cfg.client(append(extra,
		kgo.ConsumePartitions(consume),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.KeepControlRecords(), // a span may end with one
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for len(open) > 0 {
		if err := readSome(ctx, client, open, fn); err != nil {
			return err
		}
	}
	return nil
}

// readSome hands one fetch to fn and closes the spans that it completes.
func readSome(ctx context.Context, client *kgo.Client, open map[partition]span, fn func(*kgo.Record) error) error {
	limited, cancel := context.WithTimeout(ctx, stalled)
	defer cancel()
	fetches := client.PollFetches(limited)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kafka: read: %w", err)
	}
	if limited.Err() != nil && fetches.NumRecords() == 0 {
		for p, s := range open {
			return fmt.Errorf("kafka: read %s: no record of [%d, %d) came within %s", p, s.from, s.to, stalled)
		}
	}
	for _, e := range fetches.Errors() {
		if limited.Err() == nil {
			return fmt.Errorf("kafka: read %s: %w", partition{e.Topic, e.Partition}, e.Err)
		}
	}
	var failed error
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		at := partition{f.Topic, f.Partition}
		s, ok := open[at]
		if !ok || failed != nil {
			return
		}
		for _, r := range f.Records {
			s.from = r.Offset + 1
			if r.Offset < s.to && !r.Attrs.IsControl() {
				if failed = fn(r); failed != nil {
					return
				}
			}
			if s.from >= s.to {
				delete(open, at)
				client.PauseFetchPartitions(map[string][]int32{at.topic: {at.number}})
				return
			}
		}
		open[at] = s
	})
	return failed
}
