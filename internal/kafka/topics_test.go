package kafka_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv"
)

func TestConfigReportsEveryProblemAtOnce(t *testing.T) {
	tests := map[string]struct {
		brokers []string
		want    []string // in the error; nil = none
	}{
		"good":         {brokers: []string{"127.0.0.1:9092", "kafka-2:9092", "[::1]:9092"}},
		"none":         {want: []string{"at least one"}},
		"no port":      {brokers: []string{"kafka"}, want: []string{`"kafka"`}},
		"no host":      {brokers: []string{":9092"}, want: []string{`":9092"`}},
		"bad port":     {brokers: []string{"kafka:http"}, want: []string{`"kafka:http"`}},
		"port too big": {brokers: []string{"kafka:70000"}, want: []string{`"kafka:70000"`}},
		"two":          {brokers: []string{"a", "b:9092", ""}, want: []string{`"a"`, `""`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := kafka.Config{Brokers: test.brokers}.Validate()
			if (err == nil) != (test.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestTopicsAreCreatedOnceWithExplicitSettings(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, cfg kafka.Config) {
		for range 2 {
			createTopics(t, cfg)
		}
		list, err := kafka.ListTopics(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		want := []kafka.TopicInfo{
			{Topic: event.TopicAlerts, Partitions: 1},
			{Topic: event.TopicCartEvents, Partitions: testPartitions},
			{Topic: event.TopicCustomers, Partitions: testPartitions},
			{Topic: event.TopicDeadLetters, Partitions: 1},
			{Topic: event.TopicInventoryUpdates, Partitions: testPartitions},
			{Topic: event.TopicOtherEvents, Partitions: 1},
			{Topic: event.TopicProductViews, Partitions: testPartitions},
			{Topic: event.TopicProducts, Partitions: testPartitions},
			{Topic: event.TopicTransactions, Partitions: testPartitions},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("topics (-want +got):\n%s", diff)
		}
		described, err := admin(t, cfg).DescribeTopicConfigs(t.Context(), event.TopicTransactions)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range described[0].Configs {
			got[c.Key] = c.MaybeValue()
		}
		for key, value := range map[string]string{
			"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
			"message.timestamp.type": "CreateTime", "max.message.bytes": "1048588",
		} {
			if got[key] != value {
				t.Errorf("%s=%s, want %s", key, got[key], value)
			}
		}
	})
}

func TestListOfNoTopicIsEmpty(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, cfg kafka.Config) {
		list, err := kafka.ListTopics(t.Context(), cfg)
		if err != nil || len(list) != 0 {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

func TestTopicsWithAnotherCountAreRefused(t *testing.T) {
	tests := map[string]struct {
		existing map[string]int32
		plan     kafka.TopicPlan
		want     []string // in the error; nil = none
	}{
		"exact, another count": {
			existing: map[string]int32{event.TopicProductViews: 3},
			plan:     kafka.TopicPlan{Partitions: 4, Exact: true},
			want:     []string{event.TopicProductViews, "has 3 partitions", "want 4"},
		},
		"not exact, the count that is there is taken": {
			existing: map[string]int32{event.TopicProductViews: 3},
			plan:     kafka.TopicPlan{Partitions: 4},
		},
		"not exact, two counts": {
			existing: map[string]int32{event.TopicProductViews: 3, event.TopicProducts: 2},
			plan:     kafka.TopicPlan{Partitions: 4},
			want:     []string{event.TopicProducts, "has 2 partitions", "want 3"},
		},
		"alerts may have any count": {
			existing: map[string]int32{event.TopicAlerts: 3},
			plan:     kafka.TopicPlan{Partitions: 4, Exact: true},
		},
		"no partitions": {plan: kafka.TopicPlan{}, want: []string{"at least 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			onEveryBroker(t, func(t *testing.T, cfg kafka.Config) {
				safe := "-1"
				for topic, n := range test.existing {
					createTopic(t, cfg, topic, n, map[string]*string{"retention.ms": &safe})
				}
				err := kafka.CreateTopics(t.Context(), cfg, test.plan)
				if (err == nil) != (test.want == nil) {
					t.Fatalf("got %v", err)
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q does not say %q", err, want)
					}
				}
			})
		})
	}
}

func TestTopicsThatLoseRecordsAreRefused(t *testing.T) {
	for setting, value := range map[string]string{
		"retention.ms": "604800000", "cleanup.policy": "compact", "max.message.bytes": "1000", "message.timestamp.type": "LogAppendTime",
	} {
		t.Run(setting, func(t *testing.T) {
			onEveryLog(t, func(t *testing.T, cfg kafka.Config) {
				alterTopic(t, cfg, event.TopicCartEvents, setting, value)
				err := kafka.CreateTopics(t.Context(), cfg, kafka.TopicPlan{Partitions: testPartitions})
				if err == nil {
					t.Fatal("accepted")
				}
				for _, want := range []string{event.TopicCartEvents, setting + "=" + value, "--add-config " + setting + "="} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q does not say %q", err, want)
					}
				}
			})
		})
	}
}

func TestPingSaysThatNoBrokerAnswered(t *testing.T) {
	b := start(t, t.TempDir(), testenv.Address(t))
	cfg := configOf(b)
	if err := kafka.Ping(t.Context(), cfg, time.Minute); err != nil {
		t.Errorf("a broker that runs: %v", err)
	}
	stop(t, b)
	err := kafka.Ping(t.Context(), cfg, 3*time.Second)
	if !errors.Is(err, kafka.ErrNoBroker) || !strings.Contains(err.Error(), b.Addr()) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a broker that is gone: %v", err)
	}
}

func TestPingWaitsForABrokerThatIsStarting(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir, testenv.Address(t))
	cfg := configOf(b)
	stop(t, b)
	answered := make(chan error, 1)
	go func() { answered <- kafka.Ping(t.Context(), cfg, 2*time.Minute) }()
	start(t, dir, b.Addr())
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
