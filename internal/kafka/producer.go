package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
)

// Pace is what a producer is tuned for.
type Pace int

// The paces.
const (
	Live Pace = iota // low latency: a record waits 2 ms at most for company
	Bulk             // throughput: large batches
)

// Counts are the records of one topic.
type Counts struct {
	Produced int64 `json:"produced"` // given to Send
	Acked    int64 `json:"acked"`    // durable on the broker
	Failed   int64 `json:"failed"`   // given up when the producer was closed
	Retried  int64 `json:"retried"`  // sent anew after an error that the client does not retry
}

// Producer sends records: idempotent, acknowledged by all in-sync replicas,
// partitioned by key as Kafka's own clients do (murmur2). A record that fails is
// sent again until it is acknowledged or the producer is closed, so nothing is
// lost silently; one that was sent again may come after its successors. It is
// safe for concurrent use.
type Producer struct {
	client *kgo.Client
	ctx    context.Context // ends at Close
	cancel context.CancelFunc

	mu     sync.Mutex
	counts map[string]*topicCounts
	retry  sync.WaitGroup
}

type topicCounts struct{ produced, acked, failed, retried atomic.Int64 }

const (
	// maxBuffered bounds the bytes that wait for the broker; Send blocks beyond.
	maxBuffered = 64 << 20
	retryAfter  = 200 * time.Millisecond
)

// NewProducer returns a producer. It does no I/O.
func NewProducer(cfg Config, pace Pace, extra ...kgo.Opt) (*Producer, error) {
	opts := []kgo.Opt{
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.MaxBufferedBytes(maxBuffered),
		kgo.MaxBufferedRecords(200_000),
		kgo.ProducerBatchMaxBytes(1_000_000),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(2 * time.Millisecond),
	}
	if pace == Bulk {
		opts = append(opts, kgo.ProducerLinger(20*time.Millisecond))
	}
	client, err := cfg.client(append(opts, extra...)...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Producer{client: client, ctx: ctx, cancel: cancel, counts: map[string]*topicCounts{}}, nil
}

// Send queues a record with at as its timestamp. It copies value. It blocks while
// too much waits for the broker, and returns an error only if ctx ends first.
func (p *Producer) Send(ctx context.Context, topic, key string, value []byte, at event.Time) error {
	buf := make([]byte, len(key)+len(value))
	copy(buf, key)
	copy(buf[len(key):], value)
	counts := p.topic(topic)
	counts.produced.Add(1)
	p.produce(&kgo.Record{Topic: topic, Key: buf[:len(key):len(key)], Value: buf[len(key):], Timestamp: at.Std()}, counts)
	return ctx.Err()
}

func (p *Producer) topic(name string) *topicCounts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.counts[name]
	if c == nil {
		c = &topicCounts{}
		p.counts[name] = c
	}
	return c
}

func (p *Producer) produce(r *kgo.Record, counts *topicCounts) {
	p.client.Produce(p.ctx, r, func(r *kgo.Record, err error) {
		switch {
		case err == nil:
			counts.acked.Add(1)
		case p.ctx.Err() != nil, errors.Is(err, kgo.ErrClientClosed):
			counts.failed.Add(1)
		default:
			p.again(r, counts)
		}
	})
}

// again sends a record that the broker refused (its disk was full) after a
// pause. A fresh record is sent, because the client owns the old one.
func (p *Producer) again(r *kgo.Record, counts *topicCounts) {
	counts.retried.Add(1)
	p.retry.Go(func() {
		select {
		case <-p.ctx.Done():
			counts.failed.Add(1)
		case <-time.After(retryAfter):
			p.produce(&kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Timestamp: r.Timestamp}, counts)
		}
	})
}

// Flush waits until everything sent so far is acknowledged.
func (p *Producer) Flush(ctx context.Context) error {
	for {
		if err := p.client.Flush(ctx); err != nil {
			return fmt.Errorf("kafka: flush: %w", err)
		}
		if p.unacked() == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("kafka: flush: %d records not acknowledged: %w", p.unacked(), ctx.Err())
		case <-time.After(retryAfter / 4):
		}
	}
}

func (p *Producer) unacked() int64 {
	var n int64
	for _, c := range p.Counts() {
		n += c.Produced - c.Acked - c.Failed
	}
	return n
}

// Counts returns the counts so far, by topic.
func (p *Producer) Counts() map[string]Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := map[string]Counts{}
	for topic, c := range p.counts {
		m[topic] = Counts{c.produced.Load(), c.acked.Load(), c.failed.Load(), c.retried.Load()}
	}
	return m
}

// Close gives up what is not acknowledged and ends the producer. Flush first.
func (p *Producer) Close() {
	p.cancel()
	p.client.Close()
	p.retry.Wait()
}
