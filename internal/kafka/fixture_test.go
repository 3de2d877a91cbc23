package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/kafka/embedded"
	"globalmart/internal/testenv/process"
)

const testPartitions = 4

// start starts an embedded broker on dir at addr.
func start(t *testing.T, dir, addr string) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir, Addr: addr, SyncWrites: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t *testing.T, b *embedded.Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func configOf(b *embedded.Broker) kafka.Config {
	return kafka.Config{Brokers: []string{b.Addr()}, ClientID: "test"}
}

func createTopics(t *testing.T, cfg kafka.Config, extra ...kgo.Opt) {
	t.Helper()
	if err := kafka.CreateTopics(t.Context(), cfg, kafka.TopicPlan{Partitions: testPartitions, Exact: true}, extra...); err != nil {
		t.Fatal(err)
	}
}

// virtual is a broker on a network of its own, for use in a synctest bubble.
type virtual struct {
	cluster *kfake.Cluster
	cfg     kafka.Config
	dial    kgo.Opt
}

func newVirtual(t *testing.T) virtual {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	v := virtual{cluster, kafka.Config{Brokers: cluster.ListenAddrs(), ClientID: "test"}, kgo.Dialer(network.DialContext)}
	createTopics(t, v.cfg, v.dial)
	return v
}

func newProducer(t *testing.T, cfg kafka.Config, pace kafka.Pace, extra ...kgo.Opt) *kafka.Producer {
	t.Helper()
	p, err := kafka.NewProducer(cfg, pace, extra...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// send sends n records to topic with keys k0, k1, … and values v0, v1, …
func send(t *testing.T, p *kafka.Producer, topic string, n int) {
	t.Helper()
	for i := range n {
		if err := p.Send(t.Context(), topic, fmt.Sprintf("k%d", i), fmt.Appendf(nil, "v%d", i), testTime(i)); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, p)
}

// testTime is long past: a log that trimmed by time would drop it.
func testTime(i int) event.Time {
	return event.TimeOf(time.Date(2011, 11, 25, 8, 0, 0, 0, time.UTC)).Add(time.Duration(i) * time.Millisecond)
}

func flush(t *testing.T, p *kafka.Producer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// readAll reads topics from their start to their end.
func readAll(t *testing.T, cfg kafka.Config, extra []kgo.Opt, topics ...string) []*kgo.Record {
	t.Helper()
	client := newClient(t, cfg, extra...)
	starts, err := kafka.Starts(t.Context(), client, topics...)
	if err != nil {
		t.Fatal(err)
	}
	ends, err := kafka.Ends(t.Context(), client, topics...)
	if err != nil {
		t.Fatal(err)
	}
	var records []*kgo.Record
	err = kafka.Scan(t.Context(), cfg, starts, ends, func(r *kgo.Record) error {
		records = append(records, r)
		return nil
	}, extra...)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// newClient is a client that does not go through the package under test.
func newClient(t *testing.T, cfg kafka.Config, extra ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(cfg.Brokers...)}, extra...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func admin(t *testing.T, cfg kafka.Config, extra ...kgo.Opt) *kadm.Client {
	t.Helper()
	return kadm.NewClient(newClient(t, cfg, extra...))
}
