package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// partitioned are the topics that the stream reads. They have the same number of
// partitions, which can never change: it maps keys to tasks.
var partitioned = slices.Concat(store.Shopping.Topics(), store.Reference.Topics())

// single are the topics that are created with one partition: little traffic, one
// order. Another count does no harm.
var single = []string{event.TopicOtherEvents, event.TopicDeadLetters, event.TopicAlerts}

// MaxRecordBytes bounds the key and value of one record. The limit on an event is
// 512 KiB, judged where events are decoded; a record that is only somewhat larger
// must still reach the dead letters.
const MaxRecordBytes = 768 << 10

// maxBatchBytes is what a producer puts into one batch at most, before
// compression, and maxMessageBytes what topics accept: Kafka's own default.
const (
	maxBatchBytes   = 1_000_000
	maxMessageBytes = 1_048_588
)

// topicConfigs are set on every topic, so that no default of a broker decides what
// is kept. Retention by time is off, because record times may be years old, and
// retention by size too: what is trimmed is decided by what has been read.
func topicConfigs() map[string]string {
	return map[string]string{
		"cleanup.policy":         "delete",
		"retention.ms":           "-1",
		"retention.bytes":        "-1",
		"max.message.bytes":      strconv.Itoa(maxMessageBytes),
		"message.timestamp.type": "CreateTime",
	}
}

// TopicPlan says how topics are created.
type TopicPlan struct {
	Partitions int  // of each topic that the stream reads
	Exact      bool // a topic with another count is an error; otherwise what is there sets the count
	Replicas   int  // copies of each partition; 0 = 3, or as many as there are brokers
}

// CreateTopics makes sure that every topic exists, that those the stream reads
// have one number of partitions, and that none loses records by time or by key. It
// creates what is missing and changes nothing that is there; what cannot be used
// as it is, is an error that says what was found and how to mend it.
func CreateTopics(ctx context.Context, cfg Config, plan TopicPlan, extra ...kgo.Opt) error {
	if plan.Partitions < 1 {
		return fmt.Errorf("kafka: create topics: %d partitions: want at least 1", plan.Partitions)
	}
	client, err := cfg.client(append(slices.Clone(extra), kgo.MetadataMinAge(10*time.Millisecond))...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	details, err := topicDetails(ctx, admin)
	if err != nil {
		return err
	}
	want := plan.counts(details)
	if plan.Replicas == 0 {
		metadata, err := admin.BrokerMetadata(ctx)
		if err != nil {
			return fmt.Errorf("kafka: list brokers: %w", err)
		}
		plan.Replicas = max(1, min(safeReplicas, len(metadata.Brokers)))
	}
	if err := plan.create(ctx, admin, want, details); err != nil {
		return fmt.Errorf("kafka: create topics on %s: %w", cfg.name(), err)
	}
	if details, err = awaitTopics(ctx, admin); err != nil {
		return err
	}
	return errors.Join(checkCounts(details, want), checkConfigs(ctx, admin))
}

// create creates those of the wanted topics that do not exist, one request for
// each number of partitions.
func (p TopicPlan) create(ctx context.Context, admin *kadm.Client, want map[string]int, existing kadm.TopicDetails) error {
	missing := map[int][]string{}
	for _, topic := range slices.Sorted(maps.Keys(want)) {
		if !existing.Has(topic) {
			missing[want[topic]] = append(missing[want[topic]], topic)
		}
	}
	for n, topics := range missing {
		created, err := admin.CreateTopics(ctx, int32(n), int16(p.Replicas), p.configs(), topics...)
		if err != nil {
			return err
		}
		for _, c := range created.Sorted() {
			if c.Err != nil && !errors.Is(c.Err, kerr.TopicAlreadyExists) {
				return fmt.Errorf("%s: %w", c.Topic, c.Err)
			}
		}
	}
	return nil
}

// configs are the settings of the topics that are created.
func (p TopicPlan) configs() map[string]*string {
	configs := map[string]*string{}
	for k, v := range topicConfigs() {
		configs[k] = &v
	}
	if p.Replicas >= safeReplicas {
		n := strconv.Itoa(safeInSync)
		configs["min.insync.replicas"] = &n
	}
	return configs
}

// counts are the partitions that each topic should have, given those that exist.
func (p TopicPlan) counts(existing kadm.TopicDetails) map[string]int {
	n := p.Partitions
	if !p.Exact {
		for _, t := range partitioned {
			if d := existing[t]; d.Err == nil && len(d.Partitions) > 0 {
				n = len(d.Partitions)
				break
			}
		}
	}
	want := map[string]int{}
	for _, t := range partitioned {
		want[t] = n
	}
	for _, t := range single {
		want[t] = 1
	}
	return want
}

// topicDetails asks the brokers for the platform's topics, past the client's
// cache: a topic may have been created a moment ago.
func topicDetails(ctx context.Context, admin *kadm.Client) (kadm.TopicDetails, error) {
	metadata, err := admin.Metadata(ctx, slices.Concat(partitioned, single)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: list topics: %w", err)
	}
	return metadata.Topics, nil
}

// The brokers of a cluster learn of a new topic one after the other.
const (
	topicsPause    = 50 * time.Millisecond
	topicsAttempts = 200
)

// awaitTopics waits, for about 10 s, until the brokers know every topic and a
// leader for each of its partitions.
func awaitTopics(ctx context.Context, admin *kadm.Client) (kadm.TopicDetails, error) {
	var missing error
	for range topicsAttempts {
		details, err := topicDetails(ctx, admin)
		if err != nil {
			return nil, err
		}
		if missing = unready(details); missing == nil {
			return details, nil
		}
		if !pause(ctx, topicsPause) {
			return nil, fmt.Errorf("%w: %w", missing, ctx.Err())
		}
	}
	return nil, missing
}

func unready(details kadm.TopicDetails) error {
	for _, topic := range slices.Concat(partitioned, single) {
		d, ok := details[topic]
		if !ok {
			d.Err = kerr.UnknownTopicOrPartition
		}
		if d.Err != nil {
			return fmt.Errorf("kafka: topic %s is not ready: %w", topic, d.Err)
		}
		for _, p := range d.Partitions {
			if p.Leader < 0 {
				return fmt.Errorf("kafka: topic %s is not ready: partition %d has no leader", topic, p.Partition)
			}
		}
	}
	return nil
}

func checkCounts(details kadm.TopicDetails, want map[string]int) error {
	var errs []error
	for _, topic := range partitioned {
		if n := len(details[topic].Partitions); n != want[topic] {
			errs = append(errs, fmt.Errorf("kafka: topic %s has %d partitions, want %d: the six topics of the stream need equal counts, which can never change in place: ask for the count that is there, or start with new topics", topic, n, want[topic]))
		}
	}
	return errors.Join(errs...)
}

// checkConfigs refuses topics that someone else made with settings that lose
// records or their times. A cluster that does not let us read the settings is
// trusted.
func checkConfigs(ctx context.Context, admin *kadm.Client) error {
	described, err := admin.DescribeTopicConfigs(ctx, slices.Concat(partitioned, single)...)
	if err != nil {
		return fmt.Errorf("kafka: describe topics: %w", err)
	}
	slices.SortFunc(described, func(a, b kadm.ResourceConfig) int { return cmp.Compare(a.Name, b.Name) })
	var errs []error
	for _, topic := range described {
		if topic.Err != nil {
			if errors.Is(topic.Err, kerr.TopicAuthorizationFailed) || errors.Is(topic.Err, kerr.ClusterAuthorizationFailed) {
				continue
			}
			return fmt.Errorf("kafka: describe topic %s: %w", topic.Name, topic.Err)
		}
		for _, c := range topic.Configs {
			if want, found := topicConfigs()[c.Key], c.MaybeValue(); !acceptable(c.Key, want, found) {
				errs = append(errs, fmt.Errorf("kafka: topic %s has %s=%s, want %s: kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config %s=%s", topic.Name, c.Key, found, want, topic.Name, c.Key, want))
			}
		}
	}
	return errors.Join(errs...)
}

// acceptable says whether a topic can be used with the setting key=found. A limit
// in bytes is the operator's choice; a larger message is no harm.
func acceptable(key, want, found string) bool {
	switch key {
	case "cleanup.policy", "retention.ms", "message.timestamp.type":
		return found == want
	case "max.message.bytes":
		n, err := strconv.Atoi(found)
		return err == nil && n >= maxMessageBytes
	}
	return true
}
