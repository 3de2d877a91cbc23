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

// Ends returns the offset after the last record of every partition of topics. With an
// error it returns those of the partitions that could be asked about.
func Ends(ctx context.Context, client *kgo.Client, topics ...string) (Offsets, error) {
	listed, err := kadm.NewClient(client).ListEndOffsets(ctx, topics...)
	return offsets(listed, err)
}

func offsets(listed kadm.ListedOffsets, err error) (Offsets, error) {
	if err == nil {
		err = listed.Error()
	}
	m := Offsets{}
	listed.Each(func(o kadm.ListedOffset) {
		if o.Err != nil {
			return
		}
		if m[o.Topic] == nil {
			m[o.Topic] = map[int32]int64{}
		}
		m[o.Topic][o.Partition] = o.Offset
	})
	if err != nil {
		return m, fmt.Errorf("kafka: list offsets: %w", err)
	}
	return m, nil
}

// LogEnds is Ends with a client of its own.
func LogEnds(ctx context.Context, cfg Config, topics ...string) (Offsets, error) {
	_, ends, err := bounds(ctx, cfg, topics, nil)
	return ends, err
}

// LogStarts is Starts with a client of its own.
func LogStarts(ctx context.Context, cfg Config, topics ...string) (Offsets, error) {
	starts, _, err := bounds(ctx, cfg, topics, nil)
	return starts, err
}

// bounds returns the first offsets and the ends of topics.
func bounds(ctx context.Context, cfg Config, topics []string, extra []kgo.Opt) (starts, ends Offsets, err error) {
	if len(topics) == 0 {
		return Offsets{}, Offsets{}, nil // asking for no topic means all of them
	}
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, nil, err
	}
	defer client.Close()
	if starts, err = Starts(ctx, client, topics...); err != nil {
		return nil, nil, err
	}
	ends, err = Ends(ctx, client, topics...)
	return starts, ends, err
}
