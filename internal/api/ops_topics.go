package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// logObserver looks at the log. Its errors are [kafka.ErrNoBroker] and, of messages,
// [kafka.ErrNoTopic].
type logObserver interface {
	// Topics returns the topics that there are, by name.
	Topics(ctx context.Context) ([]kafka.TopicState, error)
	// Groups returns every consumer group, by name.
	Groups(ctx context.Context) ([]kafka.GroupState, error)
	// Messages returns messages of a topic.
	Messages(ctx context.Context, q kafka.MessageQuery) (kafka.Messages, error)
	// Tail hands over what comes to a topic, until ctx ends or fn fails.
	Tail(ctx context.Context, q kafka.MessageQuery, fn func(kafka.Tailed) error) error
}

// Topic is a topic of the log.
type Topic struct {
	Topic            string     `json:"topic"`
	Partitions       int        `json:"partitions"`
	Records          int64      `json:"records" doc:"That are kept now."`
	Bytes            *int64     `json:"bytes" doc:"Of one copy on disk; null where the brokers do not say."`
	RecordsPerSecond *float64   `json:"records_per_second" doc:"Written, since somebody looked before; null at the first look."`
	RetentionMS      *int64     `json:"retention_ms" doc:"How long records are kept by age, milliseconds; null: for ever."`
	RetentionBytes   *int64     `json:"retention_bytes" doc:"Of a partition, by size; null: no limit."`
	Groups           []TopicLag `json:"groups" nullable:"false" doc:"Who reads it."`
}

// TopicLag is how far a consumer group is behind in a topic.
type TopicLag struct {
	Group string `json:"group"`
	Lag   int64  `json:"lag" doc:"Records that it has yet to read."`
}

// TopicList are the topics, by name.
type TopicList struct {
	Topics []Topic `json:"topics" nullable:"false"`
}

// TopicPartition is one partition of a topic.
type TopicPartition struct {
	Partition   int32  `json:"partition"`
	Leader      *int32 `json:"leader" doc:"Node id; null if there is none."`
	Replicas    int    `json:"replicas"`
	InSync      int    `json:"in_sync" doc:"Replicas that have all records."`
	StartOffset int64  `json:"start_offset" doc:"Of the first record that is kept."`
	EndOffset   int64  `json:"end_offset" doc:"Of the next record."`
	Bytes       *int64 `json:"bytes"`
}

// TopicDetail is a topic with its partitions.
type TopicDetail struct {
	Topic
	PartitionList []TopicPartition `json:"partition_list" nullable:"false"`
}

type topicInput struct {
	Topic string `path:"topic" maxLength:"249" example:"transactions" doc:"Name of the topic."`
}

func (a *API) addTopics() {
	list := huma.Operation{
		OperationID: "ops-topics", Method: http.MethodGet, Path: "/api/v1/ops/topics",
		Summary:     "The topics of the log, with sizes, rates and who reads them",
		Description: "Sizes and rates are those of all partitions together. The rate is taken since the call before, at least a second ago, whoever made it.",
	}
	bytes, rate := int64(48_112_640), 100.2
	example := Topic{
		Topic: event.TopicTransactions, Partitions: 4, Records: 91_244, Bytes: &bytes, RecordsPerSecond: &rate,
		Groups: []TopicLag{{Group: "globalmart-stream", Lag: 3}},
	}
	operate(a, list, TopicList{Topics: []Topic{example}}, a.topicList)

	one := huma.Operation{
		OperationID: "ops-topic", Method: http.MethodGet, Path: "/api/v1/ops/topics/{topic}",
		Summary:     "A topic with its partitions",
		Description: "As in the list, and each partition with its offsets, leader and replicas.",
	}
	leader, part := int32(0), int64(12_028_160)
	operate(a, one, TopicDetail{Topic: example, PartitionList: []TopicPartition{
		{Partition: 0, Leader: &leader, Replicas: 1, InSync: 1, StartOffset: 0, EndOffset: 22_811, Bytes: &part},
	}}, a.topicDetail)
}

func (a *API) topicList(ctx context.Context, _ *struct{}) (seen[TopicList], error) {
	topics, lags, err := a.topics(ctx)
	if err != nil {
		return seen[TopicList]{}, err
	}
	out := TopicList{Topics: make([]Topic, len(topics))}
	for i := range topics {
		out.Topics[i] = topicOf(&topics[i], lags[topics[i].Topic])
	}
	return seen[TopicList]{data: out}, nil
}

func (a *API) topicDetail(ctx context.Context, in *topicInput) (seen[TopicDetail], error) {
	topics, lags, err := a.topics(ctx)
	if err != nil {
		return seen[TopicDetail]{}, err
	}
	for i := range topics {
		if topics[i].Topic != in.Topic {
			continue
		}
		out := TopicDetail{Topic: topicOf(&topics[i], lags[in.Topic]), PartitionList: []TopicPartition{}}
		for _, p := range topics[i].Partitions {
			out.PartitionList = append(out.PartitionList, TopicPartition{
				Partition: p.Partition, Leader: count(p.Leader), Replicas: p.Replicas, InSync: p.InSync,
				StartOffset: p.Start, EndOffset: p.End, Bytes: count(p.Bytes),
			})
		}
		return seen[TopicDetail]{data: out}, nil
	}
	return seen[TopicDetail]{}, noTopic(in.Topic)
}

func noTopic(name string) error {
	return huma.Error404NotFound(fmt.Sprintf("There is no topic %s. GET /api/v1/ops/topics lists them.", name))
}

// topics returns the topics, and the lag of each group in each of them.
func (a *API) topics(ctx context.Context) ([]kafka.TopicState, map[string][]TopicLag, error) {
	if a.deps.Operations.Log == nil {
		return nil, nil, unknownHere("the log", ofTheLog)
	}
	topics, err := a.deps.Operations.Log.Topics(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("api: topics: %w", err)
	}
	groups, err := a.deps.Operations.Log.Groups(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("api: topics: %w", err)
	}
	lags := map[string][]TopicLag{}
	for i := range groups {
		byTopic := map[string]int64{}
		for _, p := range groups[i].Partitions {
			byTopic[p.Topic] += max(0, p.Lag)
		}
		for topic, lag := range byTopic {
			lags[topic] = append(lags[topic], TopicLag{groups[i].Group, lag})
		}
	}
	return topics, lags, nil
}

func topicOf(t *kafka.TopicState, lags []TopicLag) Topic {
	return Topic{
		Topic: t.Topic, Partitions: len(t.Partitions), Records: t.Records(), Bytes: count(t.Bytes()), RecordsPerSecond: t.PerSecond,
		RetentionMS: count(t.RetentionMS), RetentionBytes: count(t.RetentionBytes), Groups: append([]TopicLag{}, lags...),
	}
}

// count returns n, or nil if it is negative, which says that it is not known.
func count[N int32 | int64](n N) *N {
	if n < 0 {
		return nil
	}
	return &n
}
