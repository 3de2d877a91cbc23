package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// writerLinger is how long a record waits for company: somebody waits for it.
	writerLinger = 2 * time.Millisecond
	// writerPatience is when a Writer gives a record up, so that what piled up during an
	// outage does not keep what comes after it from being written.
	writerPatience = 10 * time.Second
)

// ErrBusy reports that too much waits for the broker already.
var ErrBusy = errors.New("too many records wait for the broker")

// Writer writes records and says when they are durable, for an ingest that answers
// only then: idempotent, acknowledged by all in-sync replicas, partitioned by key as a
// [Producer] does. Unlike a Producer it gives up: who sent the records is told, and
// sends them again. It is safe for concurrent use.
type Writer struct {
	client *kgo.Client
}

// NewWriter returns a writer. It does no I/O.
func NewWriter(cfg Config, extra ...kgo.Opt) (*Writer, error) {
	client, err := cfg.client(append([]kgo.Opt{
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.MaxBufferedRecords(math.MaxInt32), // their bytes bound them
		kgo.MaxBufferedBytes(maxBuffered),
		kgo.ProducerBatchMaxBytes(maxBatchBytes),
		kgo.ProducerBatchCompression(kgo.SnappyCompression()),
		kgo.ProducerLinger(writerLinger),
		kgo.RecordDeliveryTimeout(writerPatience),
	}, extra...)...)
	if err != nil {
		return nil, err
	}
	return &Writer{client}, nil
}

// Write writes records, which belong to the writer from then on, and returns nil once
// all of them are durable. It waits until ctx ends at most. An error means that some may
// not be durable, and some may become so later: ErrBusy, that of the broker, or that of
// ctx.
func (w *Writer) Write(ctx context.Context, records []kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	p := &pending{left: len(records), decided: make(chan struct{})}
	for i := range records {
		//nolint:contextcheck // to give up a record that may be on its way already helps nobody
		w.client.TryProduce(context.Background(), &records[i], p.written)
	}
	select {
	case <-p.decided:
		switch {
		case p.err == nil:
			return nil
		case errors.Is(p.err, kgo.ErrMaxBuffered):
			return fmt.Errorf("kafka: write: %w", ErrBusy)
		}
		return fmt.Errorf("kafka: write: %w", p.err)
	case <-ctx.Done():
		return fmt.Errorf("kafka: write: not acknowledged: %w", ctx.Err())
	}
}

// pending are the records of one Write. It is decided once one is given up, or all are
// durable.
type pending struct {
	decided chan struct{} // then closed

	mu   sync.Mutex
	left int
	err  error // of the first record that was given up
}

func (p *pending) written(_ *kgo.Record, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	if p.err == nil && (err != nil || p.left == 0) {
		p.err = err
		close(p.decided)
	}
}

// Close gives up what is not durable.
func (w *Writer) Close() { w.client.Close() }
