package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
)

// partitioned are the topics that the stream reads. They have the same number of
// partitions, which can never change: it maps keys to tasks.
var partitioned = []string{
	event.TopicTransactions, event.TopicProductViews, event.TopicCartEvents,
	event.TopicInventoryUpdates, event.TopicProducts, event.TopicCustomers,
}

// single are the topics with one partition: little traffic, one order.
var single = []string{event.TopicOtherEvents, event.TopicDeadLetters, event.TopicAlerts}

// configs are set on every topic, so that no default of a broker decides what is
// kept. Retention by time is off, because record times may be years old; what is
// trimmed is decided by what has been read.
func configs() map[string]*string {
	value := func(s string) *string { return &s }
	return map[string]*string{
		"cleanup.policy":         value("delete"),
		"retention.ms":           value("-1"),
		"retention.bytes":        value("-1"),
		"segment.bytes":          value("16777216"),
		"max.message.bytes":      value("1048588"),
		"message.timestamp.type": value("CreateTime"),
	}
}

// CreateTopics makes sure that every topic exists, with partitions partitions
// where the stream reads it and replicas copies of each (0: the broker's
// default). It creates what is missing and changes nothing that is there; a topic
// with another number of partitions is an error.
func CreateTopics(ctx context.Context, cfg Config, partitions, replicas int, extra ...kgo.Opt) error {
	client, err := cfg.client(extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if replicas == 0 {
		replicas = -1
	}
	want := map[string]int{}
	for _, t := range partitioned {
		want[t] = partitions
	}
	for _, t := range single {
		want[t] = 1
	}
	for _, topic := range slices.Sorted(maps.Keys(want)) {
		_, err := admin.CreateTopic(ctx, int32(want[topic]), int16(replicas), configs(), topic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("kafka: create topic %s on %s: %w", topic, strings.Join(cfg.Brokers, ","), err)
		}
	}
	return checkTopics(ctx, admin, want)
}

func checkTopics(ctx context.Context, admin *kadm.Client, want map[string]int) error {
	details, err := admin.ListTopics(ctx, slices.Sorted(maps.Keys(want))...)
	if err != nil {
		return fmt.Errorf("kafka: list topics: %w", err)
	}
	var errs []error
	for topic, n := range want {
		d := details[topic]
		if d.Err != nil {
			errs = append(errs, fmt.Errorf("kafka: topic %s: %w", topic, d.Err))
		} else if len(d.Partitions) != n {
			errs = append(errs, fmt.Errorf("kafka: topic %s has %d partitions, want %d: the count can never change in place, use a new cluster or the count it has", topic, len(d.Partitions), n))
		}
	}
	return errors.Join(errs...)
}

// TopicInfo is a topic with its size.
type TopicInfo struct {
	Topic      string `json:"topic"`
	Partitions int    `json:"partitions"`
	Records    int64  `json:"records"` // end offsets - start offsets
}

// ListTopics returns the platform's topics that exist, by name.
func ListTopics(ctx context.Context, cfg Config, extra ...kgo.Opt) ([]TopicInfo, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	details, err := kadm.NewClient(client).ListTopics(ctx, append(slices.Clone(partitioned), single...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: list topics on %s: %w", strings.Join(cfg.Brokers, ","), err)
	}
	var list []TopicInfo
	for _, d := range details.Sorted() {
		if d.Err != nil {
			continue // does not exist
		}
		starts, err := Starts(ctx, client, d.Topic)
		if err != nil {
			return nil, err
		}
		ends, err := Ends(ctx, client, d.Topic)
		if err != nil {
			return nil, err
		}
		info := TopicInfo{Topic: d.Topic, Partitions: len(d.Partitions)}
		for p, end := range ends[d.Topic] {
			info.Records += end - starts[d.Topic][p]
		}
		list = append(list, info)
	}
	return list, nil
}
