package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Offsets are offsets by topic and partition.
type Offsets = map[string]map[int32]int64

// Starts returns the first offset of every partition of topics.
func Starts(ctx context.Context, client *kgo.Client, topics ...string) (Offsets, error) {
	listed, err := kadm.NewClient(client).ListStartOffsets(ctx, topics...)
	return offsets(listed, err)
}

// Ends returns the offset after the last record of every partition of topics.
func Ends(ctx context.Context, client *kgo.Client, topics ...string) (Offsets, error) {
	listed, err := kadm.NewClient(client).ListEndOffsets(ctx, topics...)
	return offsets(listed, err)
}

func offsets(listed kadm.ListedOffsets, err error) (Offsets, error) {
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: list offsets: %w", err)
	}
	m := Offsets{}
	listed.Each(func(o kadm.ListedOffset) {
		if m[o.Topic] == nil {
			m[o.Topic] = map[int32]int64{}
		}
		m[o.Topic][o.Partition] = o.Offset
	})
	return m, nil
}

// LogEnds is Ends with a client of its own.
func LogEnds(ctx context.Context, cfg Config, topics ...string) (Offsets, error) {
	client, err := cfg.client()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return Ends(ctx, client, topics...)
}

// LogStarts is Starts with a client of its own.
func LogStarts(ctx context.Context, cfg Config, topics ...string) (Offsets, error) {
	client, err := cfg.client()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return Starts(ctx, client, topics...)
}

// Scan reads every partition from its offset in from up to, and not including,
// its offset in to, and calls fn with each record, in order within a partition.
// A log that begins above from is an error. fn may keep records.
func Scan(ctx context.Context, cfg Config, from, to Offsets, fn func(*kgo.Record) error, extra ...kgo.Opt) error {
	consume := map[string]map[int32]kgo.Offset{}
	open := map[string]map[int32]int64{} // next offset of what is not read to its end
	left := 0
	for topic, partitions := range to {
		for p, end := range partitions {
			if from[topic][p] >= end {
				continue
			}
			if consume[topic] == nil {
				consume[topic], open[topic] = map[int32]kgo.Offset{}, map[int32]int64{}
			}
			consume[topic][p] = kgo.NewOffset().At(from[topic][p])
			open[topic][p] = from[topic][p]
			left++
		}
	}
	if left == 0 {
		return nil
	}
	opts := []kgo.Opt{
		kgo.ConsumePartitions(consume), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes), kgo.FetchMaxBytes(fetchBytes),
		kgo.KeepControlRecords(),
	}
	client, err := cfg.client(append(opts, extra...)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("kafka: read %s[%d]: %w", e.Topic, e.Partition, e.Err)
		}
		var failed error
		fetches.EachRecord(func(r *kgo.Record) {
			end := to[r.Topic][r.Partition]
			if failed != nil || r.Offset >= end || open[r.Topic][r.Partition] >= end {
				return
			}
			if !r.Attrs.IsControl() {
				failed = fn(r)
			}
			if open[r.Topic][r.Partition] = r.Offset + 1; r.Offset+1 >= end {
				left--
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

// At names one record.
type At struct {
	Topic     string
	Partition int32
	Offset    int64
}

// RecordAt returns the records at the given offsets, which must be below the end
// of their partitions. What is missing from the log is missing from the answer.
func RecordAt(ctx context.Context, cfg Config, at []At, extra ...kgo.Opt) (map[At]*kgo.Record, error) {
	from, to := Offsets{}, Offsets{}
	for _, a := range at {
		if from[a.Topic] == nil {
			from[a.Topic], to[a.Topic] = map[int32]int64{}, map[int32]int64{}
		}
		from[a.Topic][a.Partition], to[a.Topic][a.Partition] = a.Offset, a.Offset+1
	}
	found := map[At]*kgo.Record{}
	err := Scan(ctx, cfg, from, to, func(r *kgo.Record) error {
		found[At{r.Topic, r.Partition, r.Offset}] = r
		return nil
	}, extra...)
	return found, err
}
