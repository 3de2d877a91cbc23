package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrGroupInUse reports that a group has members: they would go on where they are, and
// overwrite what was set.
var ErrGroupInUse = errors.New("the group has members")

// ErrNoGroup reports that there is no such group, or that it never read the topic.
var ErrNoGroup = errors.New("no such group, or it has not read the topic")

// OffsetQuery says where a group is to go on in a topic.
type OffsetQuery struct {
	Group  string
	Topic  string
	To     Seek
	Offset int64     // with SeekOffset, in every partition; one that is beyond it goes to its end
	Time   time.Time // with SeekTime: of the first record that is read again
	DryRun bool      // only say where it would go on
}

// Moved is where a group goes on in a partition.
type Moved struct {
	Partition    int32
	Before, Next int64
}

// MoveOffsets has a group that nobody reads as go on elsewhere in all partitions of a
// topic that it has read, and says where. [ErrGroupInUse] if somebody does,
// [ErrNoGroup] if there is nothing to move.
func MoveOffsets(ctx context.Context, cfg Config, q OffsetQuery, extra ...kgo.Opt) ([]Moved, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	before, err := committedOf(ctx, admin, q.Group, q.Topic)
	if err != nil {
		return nil, err
	}
	next, err := targets(ctx, client, q)
	if err != nil {
		return nil, err
	}
	var moved []Moved
	set := kadm.Offsets{}
	for _, o := range before {
		to, known := next[q.Topic][o.Partition]
		if !known {
			continue // the topic no longer has it
		}
		moved = append(moved, Moved{o.Partition, o.At, to})
		set.AddOffset(q.Topic, o.Partition, to, -1)
	}
	if q.DryRun || len(moved) == 0 {
		return moved, nil
	}
	committed, err := admin.CommitOffsets(ctx, q.Group, set)
	if err == nil {
		err = committed.Error()
	}
	switch {
	case errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.RebalanceInProgress):
		return nil, fmt.Errorf("kafka: move offsets of %s: %w", q.Group, ErrGroupInUse) // somebody came meanwhile
	case err != nil:
		return nil, fmt.Errorf("kafka: move offsets of %s: %w", q.Group, err)
	}
	return moved, nil
}

// committedOf are the offsets that a group without members has committed of a topic, by
// partition.
func committedOf(ctx context.Context, admin *kadm.Client, group, topic string) ([]kadm.Offset, error) {
	described, err := admin.DescribeGroups(ctx, group)
	if err == nil {
		err = described.Error()
	}
	switch {
	case errors.Is(err, kerr.GroupIDNotFound):
		return nil, fmt.Errorf("kafka: move offsets of %s: %w", group, ErrNoGroup)
	case err != nil:
		return nil, fmt.Errorf("kafka: describe group %s: %w", group, err)
	case len(described[group].Members) > 0:
		return nil, fmt.Errorf("kafka: move offsets of %s: %w", group, ErrGroupInUse)
	}
	fetched, err := admin.FetchOffsets(ctx, group)
	if err == nil {
		err = fetched.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: offsets of group %s: %w", group, err)
	}
	var found []kadm.Offset
	for _, o := range fetched.Sorted() {
		if o.Topic == topic && o.At >= 0 {
			found = append(found, o.Offset)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("kafka: move offsets of %s in %s: %w", group, topic, ErrNoGroup)
	}
	return found, nil
}

// targets are the offsets that q means, within what each partition holds.
func targets(ctx context.Context, client *kgo.Client, q OffsetQuery) (Offsets, error) {
	starts, err := Starts(ctx, client, q.Topic)
	if err != nil {
		return nil, err
	}
	if q.To == SeekEarliest {
		return starts, nil
	}
	ends, err := Ends(ctx, client, q.Topic)
	if err != nil || q.To == SeekLatest {
		return ends, err
	}
	if q.To == SeekTime {
		return offsets(kadm.NewClient(client).ListOffsetsAfterMilli(ctx, q.Time.UnixMilli(), q.Topic))
	}
	for p, end := range ends[q.Topic] {
		ends[q.Topic][p] = min(max(q.Offset, starts[q.Topic][p]), end)
	}
	return ends, nil
}
