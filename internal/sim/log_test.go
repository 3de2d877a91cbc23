package sim

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/verify"
)

// readTopics are what the stream reads.
var readTopics = slices.Concat(store.Shopping.Topics(), store.Reference.Topics())

// logCopy is the whole log, as verify reads it.
type logCopy struct {
	ends    kafka.Offsets
	records map[string]map[int32][]*kgo.Record
}

var _ verify.Log = (*logCopy)(nil)

// readLog reads all that the brokers hold.
func readLog(ctx context.Context, cfg kafka.Config, ends kafka.Offsets, dial kgo.Opt) (*logCopy, error) {
	l := &logCopy{ends, map[string]map[int32][]*kgo.Record{}}
	for topic := range ends {
		l.records[topic] = map[int32][]*kgo.Record{}
	}
	err := kafka.Scan(ctx, cfg, kafka.Offsets{}, ends, func(r *kgo.Record) error {
		l.records[r.Topic][r.Partition] = append(l.records[r.Topic][r.Partition], r)
		return nil
	}, dial)
	return l, err
}

// Bounds implements [verify.Log].
func (l *logCopy) Bounds(_ context.Context, topics ...string) (starts, ends verify.Offsets, err error) {
	starts, ends = verify.Offsets{}, verify.Offsets{}
	for _, topic := range topics {
		starts[topic], ends[topic] = map[int32]int64{}, l.ends[topic]
		for p := range l.ends[topic] {
			starts[topic][p] = 0
		}
	}
	return starts, ends, nil
}

// Scan implements [verify.Log].
func (l *logCopy) Scan(_ context.Context, from, to verify.Offsets, fn func(*kgo.Record) error) error {
	for topic, ends := range to {
		for p, end := range ends {
			for _, r := range l.records[topic][p] {
				if r.Offset < from[topic][p] || r.Offset >= end {
					continue
				}
				if err := fn(r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// against compares the log with what was sent: every record has to be there. It
// returns how many are there more often than they were sent.
func (l *logCopy) against(sent map[uint64]int) (twice int, err error) {
	found := map[uint64]int{}
	for _, topic := range append(slices.Clone(readTopics), event.TopicOtherEvents) {
		for _, records := range l.records[topic] {
			for _, r := range records {
				found[engine.RecordHash(r.Value)]++
			}
		}
	}
	lost := 0
	for hash, n := range sent {
		lost += max(0, n-found[hash])
		twice += max(0, found[hash]-n)
	}
	if lost > 0 {
		return twice, fmt.Errorf("%d of the records that were acknowledged are not in the log", lost)
	}
	return twice, nil
}
