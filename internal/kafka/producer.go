package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/semaphore"

	"globalmart/internal/event"
)

// Pace is what a producer is tuned for.
type Pace int

// The paces.
const (
	Live Pace = iota // low latency: a record waits 5 ms at most for company
	Bulk             // throughput: large, compressed batches
)

// Measured on 2 cores with the shop's events (511 bytes on average) and the
// embedded broker in the same process, in CPU-time of producer, broker and
// consumer together. Bulk, per event: uncompressed 2.4 to 3.2 µs and 511 bytes on
// disk, snappy 2.5 µs and 150, lz4 3.1 µs and 151, zstd 3.8 µs and 95; a linger of
// 5 to 50 ms made no difference. Live at 500 events a second, of one core: no
// linger 17 %, 2 ms 14 %, 5 ms 13 %, 20 ms 8 %; a batch holds two or three events,
// which is too little to compress.

const (
	liveLinger = 5 * time.Millisecond
	bulkLinger = 20 * time.Millisecond

	// maxBuffered bounds the memory of the records that wait for the broker, with
	// recordOverhead for what the client keeps beside each; Send blocks beyond.
	maxBuffered    = 64 << 20
	recordOverhead = 256
)

// Counts are the records of one topic.
type Counts struct {
	Produced int64 `json:"produced"` // given to Send
	Acked    int64 `json:"acked"`    // durable on the broker
	Failed   int64 `json:"failed"`   // given up: the broker will never take it, or the producer was closed
	Retried  int64 `json:"retried"`  // sent anew after an error that the client does not retry
}

// Errors of Send.
var (
	ErrTooLarge = errors.New("record is larger than the topics accept")
	ErrClosed   = errors.New("producer is closed")
)

// Producer sends records: idempotent, acknowledged by all in-sync replicas,
// partitioned by key as Kafka's own clients do (murmur2). A record that fails is
// sent again until it is acknowledged or the producer is closed, so nothing is
// lost silently. One that was sent again may come after its successors, and if the
// broker refuses a batch but takes the next one, which was under way, the client
// sends that one twice (seen with a full disk): readers recognise event ids. Only a
// record that the broker will never take (too large for its topic, malformed) is
// given up, which Err and the counts show. It is safe for concurrent use.
type Producer struct {
	client *kgo.Client
	ctx    context.Context // ends at Close
	cancel context.CancelFunc
	room   *semaphore.Weighted // bytes
	counts atomic.Pointer[map[string]*topicCounts]

	mu    sync.Mutex // guards what follows, and the replacement of counts
	slab  slab
	err   error // why the first record was given up
	cause error // why the first record was refused

	refused refused
}

type topicCounts struct{ produced, acked, failed, retried atomic.Int64 }

// NewProducer returns a producer. It does no I/O.
func NewProducer(cfg Config, pace Pace, extra ...kgo.Opt) (*Producer, error) {
	opts := []kgo.Opt{
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.MaxBufferedRecords(math.MaxInt32), // room bounds them
		kgo.ProducerBatchMaxBytes(maxBatchBytes),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(liveLinger),
	}
	if pace == Bulk {
		opts = append(opts, kgo.ProducerLinger(bulkLinger), kgo.ProducerBatchCompression(kgo.SnappyCompression()))
	}
	client, err := cfg.client(append(opts, extra...)...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Producer{client: client, ctx: ctx, cancel: cancel, room: semaphore.NewWeighted(maxBuffered)}
	p.counts.Store(&map[string]*topicCounts{})
	p.refused.wake = make(chan struct{}, 1)
	p.refused.done = make(chan struct{})
	go p.resend()
	return p, nil
}

// Send queues a record with at as its timestamp. It copies value, and an empty
// key is none: such a record may go to any partition. It blocks while too much waits for the broker, until ctx ends. An error means that
// the record was not queued and never will be: ErrTooLarge, ErrClosed or that of
// ctx. A record that was queued stays so when ctx ends later.
func (p *Producer) Send(ctx context.Context, topic, key string, value []byte, at event.Time) error {
	if n := len(key) + len(value); n > MaxRecordBytes {
		return fmt.Errorf("kafka: send to %s: %w: %d bytes, at most %d", topic, ErrTooLarge, n, MaxRecordBytes)
	}
	if err := p.room.Acquire(ctx, cost(len(key), len(value))); err != nil {
		return fmt.Errorf("kafka: send to %s: %w", topic, err)
	}
	if p.ctx.Err() != nil {
		p.room.Release(cost(len(key), len(value)))
		return fmt.Errorf("kafka: send to %s: %w", topic, ErrClosed)
	}
	p.mu.Lock()
	r := p.slab.record(topic, key, value, at)
	p.mu.Unlock()
	p.topic(topic).produced.Add(1)
	p.client.Produce(p.ctx, r, p.done) //nolint:contextcheck // what is queued outlives the caller's context
	return nil
}

func cost(key, value int) int64 { return int64(key + value + recordOverhead) }

// topic returns the counts of a topic.
func (p *Producer) topic(name string) *topicCounts {
	if c := (*p.counts.Load())[name]; c != nil {
		return c
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	have := *p.counts.Load()
	if c := have[name]; c != nil {
		return c
	}
	more := maps.Clone(have)
	more[name] = &topicCounts{}
	p.counts.Store(&more)
	return more[name]
}

// done is called by the client for every record, in order within a partition.
func (p *Producer) done(r *kgo.Record, err error) {
	counts := p.topic(r.Topic)
	switch {
	case err == nil:
		counts.acked.Add(1)
		p.refused.relax()
	case p.ctx.Err() != nil || errors.Is(err, kgo.ErrClientClosed):
		counts.failed.Add(1)
	case hopeless(err):
		counts.failed.Add(1)
		p.note(&p.err, fmt.Errorf("kafka: send to %s: %w", r.Topic, err))
	default:
		p.note(&p.cause, err)
		if p.refused.add(r) {
			counts.retried.Add(1)
			return
		}
		counts.failed.Add(1)
	}
	p.room.Release(cost(len(r.Key), len(r.Value)))
}

// hopeless says whether the broker will never take the record.
func hopeless(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.InvalidRecord) || errors.Is(err, kerr.InvalidTimestamp)
}

// note keeps the first error in where.
func (p *Producer) note(where *error, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *where == nil {
		*where = err
	}
}

// Err returns why the first record was given up, or nil.
func (p *Producer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Flush waits until everything sent so far is acknowledged or given up. Call it
// when nothing more is sent. Its error is that of ctx, with the reason for which
// the broker refused records if it did, or that of the first record given up.
func (p *Producer) Flush(ctx context.Context) error {
	for {
		err := p.client.Flush(ctx)
		n := p.unacked()
		if err == nil && n == 0 {
			return p.Err()
		}
		if err != nil || !pause(ctx, minBackoff/4) {
			return p.unflushed(ctx, n)
		}
	}
}

func (p *Producer) unflushed(ctx context.Context, n int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause != nil {
		return fmt.Errorf("kafka: flush: %d records not acknowledged, the broker refused some: %w: %w", n, p.cause, ctx.Err())
	}
	return fmt.Errorf("kafka: flush: %d records not acknowledged: %w", n, ctx.Err())
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
	m := map[string]Counts{}
	for topic, c := range *p.counts.Load() {
		m[topic] = Counts{Retried: c.retried.Load(), Failed: c.failed.Load(), Acked: c.acked.Load(), Produced: c.produced.Load()}
	}
	return m
}

// Close gives up what is not acknowledged and ends the producer. Flush first.
func (p *Producer) Close() {
	p.cancel()
	p.client.Close()
	<-p.refused.done
}
