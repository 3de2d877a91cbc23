package kafka_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// onEveryBroker runs test on an embedded broker and on an Apache Kafka, each
// without topics.
func onEveryBroker(t *testing.T, test func(t *testing.T, cfg kafka.Config)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, configOf(start(t, t.TempDir(), "127.0.0.1:0"))) })
	t.Run("apache", func(t *testing.T) { test(t, testenv.Kafka(t)) })
}

// onEveryLog is onEveryBroker with the platform's topics.
func onEveryLog(t *testing.T, test func(t *testing.T, cfg kafka.Config)) {
	t.Helper()
	onEveryBroker(t, func(t *testing.T, cfg kafka.Config) {
		t.Helper()
		createTopics(t, cfg)
		test(t, cfg)
	})
}

// createTopic creates a topic behind the platform's back. A broker learns of it,
// as of altered settings, a little later than the controller that is asked.
func createTopic(t *testing.T, cfg kafka.Config, topic string, partitions int32, configs map[string]*string) {
	t.Helper()
	admin := admin(t, cfg, kgo.MetadataMinAge(10*time.Millisecond))
	if _, err := admin.CreateTopic(t.Context(), partitions, 1, configs, topic); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		list, err := admin.ListTopics(t.Context(), topic)
		return err == nil && list[topic].Err == nil && len(list[topic].Partitions) == int(partitions)
	})
}

// alterTopic changes a setting of a topic behind the platform's back.
func alterTopic(t *testing.T, cfg kafka.Config, topic, key, value string, extra ...kgo.Opt) {
	t.Helper()
	admin := admin(t, cfg, extra...)
	altered, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: key, Value: &value}}, topic)
	if err != nil || altered[0].Err != nil {
		t.Fatal(err, altered)
	}
	eventually(t, func() bool {
		described, err := admin.DescribeTopicConfigs(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range described[0].Configs {
			if c.Key == key && c.MaybeValue() == value {
				return true
			}
		}
		return false
	})
}

// eventually waits until ok, which it asks again and again.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	limit := time.After(process.Patience)
	for !ok() {
		select {
		case <-limit:
			t.Fatal("it never came about")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
