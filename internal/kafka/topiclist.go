package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

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
	details, err := topicDetails(ctx, kadm.NewClient(client))
	if err != nil {
		return nil, err
	}
	list := []TopicInfo{}
	var names []string
	for _, d := range details.Sorted() {
		if d.Err == nil { // else it does not exist
			list = append(list, TopicInfo{Topic: d.Topic, Partitions: len(d.Partitions)})
			names = append(names, d.Topic)
		}
	}
	if len(list) == 0 {
		return list, nil // asking for the offsets of no topic means all of them
	}
	starts, err := Starts(ctx, client, names...)
	if err != nil {
		return nil, err
	}
	ends, err := Ends(ctx, client, names...)
	if err != nil {
		return nil, err
	}
	for i, t := range list {
		for p, end := range ends[t.Topic] {
			list[i].Records += end - starts[t.Topic][p]
		}
	}
	return list, nil
}
