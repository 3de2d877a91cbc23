package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// allTopics are the topics of the platform.
var allTopics = []string{
	event.TopicAlerts, event.TopicCartEvents, event.TopicCustomers, event.TopicDeadLetters, event.TopicInventoryUpdates,
	event.TopicOtherEvents, event.TopicProductViews, event.TopicProducts, event.TopicTransactions,
}

// newNodes is a cluster of n brokers without topics, for use in a synctest bubble.
func newNodes(t *testing.T, n int) virtual {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	ports := make([]int, n)
	for i := range ports {
		ports[i] = 9092 + i
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(n), kfake.Ports(ports...), kfake.ListenFn(network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	return virtual{cluster, kafka.Config{Brokers: cluster.ListenAddrs(), ClientID: "test"}, kgo.Dialer(network.DialContext)}
}

func TestTopicsOfAClusterAreSafeByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newNodes(t, 4)
		defer v.cluster.Close()
		createTopics(t, v.cfg, v.dial)
		found, err := kafka.Weaknesses(t.Context(), v.cfg, v.dial)
		if err != nil || len(found) > 0 {
			t.Errorf("got %v, %v", found, err)
		}
	})
}

func TestWeaknessesAreFoundAndSaid(t *testing.T) {
	alter := func(key, value string) func(*testing.T, virtual) {
		return func(t *testing.T, v virtual) { alterTopic(t, v.cfg, event.TopicTransactions, key, value, v.dial) }
	}
	tests := map[string]struct {
		brokers, replicas int
		change            func(*testing.T, virtual)
		want              []string
	}{
		"one broker": {brokers: 1, replicas: 1, want: []string{"the number of brokers is 1: a lost disk is lost data"}},
		"two copies": {brokers: 3, replicas: 2, want: []string{
			"min.insync.replicas of " + strings.Join(allTopics, ", ") + " is 1: a record may be acknowledged that a single broker holds",
			"replication factor of " + strings.Join(allTopics, ", ") + " is 2: records may be lost with a broker",
		}},
		"all copies in sync": {brokers: 3, change: alter("min.insync.replicas", "3"), want: []string{
			"min.insync.replicas of transactions is 3: with 3 copies no write succeeds while one broker is down",
		}},
		"unclean election": {brokers: 3, change: alter("unclean.leader.election.enable", "true"), want: []string{
			"unclean.leader.election.enable of transactions is true: a broker that lacks acknowledged records may become leader",
		}},
		"safe": {brokers: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newNodes(t, test.brokers)
				defer v.cluster.Close()
				plan := kafka.TopicPlan{Partitions: testPartitions, Replicas: test.replicas}
				if err := kafka.CreateTopics(t.Context(), v.cfg, plan, v.dial); err != nil {
					t.Fatal(err)
				}
				if test.change != nil {
					test.change(t, v)
				}
				found, err := kafka.Weaknesses(t.Context(), v.cfg, v.dial)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, w := range found {
					got = append(got, w.String())
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("weaknesses (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestEndsAreKnownOfThePartitionsThatHaveALeader has one of three brokers away.
func TestEndsAreKnownOfThePartitionsThatHaveALeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newNodes(t, 3)
		defer v.cluster.Close()
		createTopics(t, v.cfg, v.dial)
		v.cluster.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
			v.cluster.KeepControl()
			if v.cluster.CurrentNode() == 2 {
				return nil, errors.New("away"), true
			}
			return nil, nil, false
		})
		client := newClient(t, v.cfg, v.dial)
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ends, err := kafka.Ends(ctx, client, allTopics...)
		known := 0
		for _, partitions := range ends {
			known += len(partitions)
		}
		if all := testPartitions * len(allTopics); err == nil || known == 0 || known >= all {
			t.Errorf("%d of %d ends are known, with the error %v", known, all, err)
		}
	})
}
