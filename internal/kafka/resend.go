package kafka

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
)

// Records that were refused are sent again after a pause, which doubles while
// nothing is acknowledged.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// refused are the records that the broker did not take and the client gave up,
// as with a full disk (UNKNOWN_SERVER_ERROR), in the order in which they failed.
type refused struct {
	mu      sync.Mutex
	records []*kgo.Record
	closed  bool
	backoff atomic.Int64  // nanoseconds; 0: minBackoff
	wake    chan struct{} // capacity 1
	done    chan struct{} // closed when resend has returned
}

// add keeps r and reports whether it will be sent again.
func (q *refused) add(r *kgo.Record) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.records = append(q.records, r)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// relax shortens the pause again: something was acknowledged.
func (q *refused) relax() {
	if q.backoff.Load() != 0 {
		q.backoff.Store(0)
	}
}

// wait returns how long to pause now.
func (q *refused) wait() time.Duration {
	d := max(time.Duration(q.backoff.Load()), minBackoff)
	q.backoff.Store(int64(min(2*d, maxBackoff)))
	return d
}

func (q *refused) take() []*kgo.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	records := q.records
	q.records = nil
	return records
}

func (q *refused) close() []*kgo.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	records := q.records
	q.records = nil
	return records
}

// resend sends refused records until the producer is closed. They keep their room
// meanwhile. The client owns the old record, so a fresh one is sent.
func (p *Producer) resend() {
	defer close(p.refused.done)
	for {
		select {
		case <-p.ctx.Done():
		case <-p.refused.wake:
			pause(p.ctx, p.refused.wait())
		}
		if p.ctx.Err() != nil {
			break
		}
		for _, r := range p.refused.take() {
			p.client.Produce(p.ctx, &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Timestamp: r.Timestamp}, p.done)
		}
	}
	for _, r := range p.refused.close() {
		p.topic(r.Topic).failed.Add(1)
		p.room.Release(cost(len(r.Key), len(r.Value)))
	}
}

// slab cuts records and their bytes from larger pieces, which halves what the
// garbage collector has to do for each. A piece lives as long as its last record,
// and records of one moment are acknowledged together.
type slab struct {
	records []kgo.Record
	bytes   []byte
}

const (
	slabRecords = 128
	slabBytes   = 64 << 10
)

func (s *slab) record(topic, key string, value []byte, at event.Time) *kgo.Record {
	n := len(key) + len(value)
	if len(s.records) == 0 {
		s.records = make([]kgo.Record, slabRecords)
	}
	if len(s.bytes) < n {
		s.bytes = make([]byte, max(slabBytes, n))
	}
	k, v := s.bytes[:len(key):len(key)], s.bytes[len(key):n:n]
	copy(k, key)
	copy(v, value)
	r := &s.records[0]
	s.records, s.bytes = s.records[1:], s.bytes[n:]
	r.Topic, r.Value, r.Timestamp = topic, v, at.Std()
	if key != "" {
		r.Key = k
	}
	return r
}
