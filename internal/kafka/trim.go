package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Extent is what the log holds of a partition.
type Extent struct {
	Start int64 // offset of the first record
	End   int64 // offset after the last one
	Bytes int64 // as it is kept, that is compressed
}

// Extents returns what the log holds of every partition of topics. The bytes are
// those that the brokers say they have of it; the embedded broker counts whole
// batches, and may have files that are up to a segment longer.
func Extents(ctx context.Context, cfg Config, topics []string, extra ...kgo.Opt) (map[string]map[int32]Extent, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	starts, err := Starts(ctx, client, topics...)
	if err != nil {
		return nil, err
	}
	ends, err := Ends(ctx, client, topics...)
	if err != nil {
		return nil, err
	}
	var want kadm.TopicsSet
	extents := map[string]map[int32]Extent{}
	for topic, partitions := range ends {
		extents[topic] = map[int32]Extent{}
		for p, end := range partitions {
			want.Add(topic, p)
			extents[topic][p] = Extent{Start: starts[topic][p], End: end}
		}
	}
	brokers, err := kadm.NewClient(client).DescribeAllLogDirs(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("kafka: size of the log: %w", err)
	}
	for _, dirs := range brokers {
		if err := dirs.Error(); err != nil {
			return nil, fmt.Errorf("kafka: size of the log: %w", err)
		}
		dirs.EachPartition(func(d kadm.DescribedLogDirPartition) {
			e := extents[d.Topic][d.Partition]
			e.Bytes = max(e.Bytes, d.Size) // every replica is as long, or shorter while it catches up
			extents[d.Topic][d.Partition] = e
		})
	}
	return extents, nil
}

// DeleteBefore deletes the records of each partition that come before its offset
// in to. The embedded broker remembers up to where only when it is closed: after a
// kill, what its oldest file still holds is there again.
func DeleteBefore(ctx context.Context, cfg Config, to Offsets, extra ...kgo.Opt) error {
	client, err := cfg.client(extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	var offsets kadm.Offsets
	for topic, partitions := range to {
		for p, at := range partitions {
			offsets.Add(kadm.Offset{Topic: topic, Partition: p, At: at, LeaderEpoch: -1})
		}
	}
	deleted, err := kadm.NewClient(client).DeleteRecords(ctx, offsets)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		return fmt.Errorf("kafka: delete records: %w", err)
	}
	return nil
}
