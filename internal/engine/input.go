package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// RecordHash is the hash of a record's value that positions remember, so that a
// log that was cut back or replaced is noticed at restore.
func RecordHash(value []byte) uint64 {
	sum := sha256.Sum256(value)
	return binary.BigEndian.Uint64(sum[:8])
}

// input is one topic of a task.
type input struct {
	topic string

	queue    []*kgo.Record // fetched, not folded
	bytes    int           // of queue
	expected int           // records at the front of queue that the fold was told of
	held     bool          // the client was told not to fetch it
	end      int64         // the log is known to reach up to here
	fetched  int64         // offset after the last record that was fetched, a transaction's markers included
	next     int64         // offset after the last folded record
	starved  time.Duration // how long it is known to have more, of which nothing is fetched
	forsaken bool          // it was starved for too long: the others no longer wait for it
	newest   event.Time    // highest record time folded
	last     []byte        // value of the last folded record
	own      []byte        // memory for last, so that it does not pin a whole fetch
	moved    bool          // a record was folded since the last seal
	counts   store.Counts  // since the last seal

	committed store.Position // what the store holds
	replay    bool           // next is below what is committed

	seen   *seenSet // event ids
	orders *seenSet // second key of transactions; nil on other topics
}

func newInput(topic string, retainSeconds uint32) *input {
	in := &input{topic: topic, seen: newSeenSet(retainSeconds)}
	if topic == event.TopicTransactions {
		in.orders = newSeenSet(retainSeconds)
	}
	return in
}

// namedSet is a seen-set and the name under which snapshots know it.
type namedSet struct {
	name string
	set  *seenSet
}

func (in *input) sets() []namedSet {
	sets := []namedSet{{in.topic + ".ids", in.seen}}
	if in.orders != nil {
		sets = append(sets, namedSet{in.topic + ".orders", in.orders})
	}
	return sets
}

// second is the record time of the set clocks: it never decreases and is never
// zero.
func (in *input) second() uint32 { return uint32(min(max(1, in.newest/1000), math.MaxUint32)) }

// push queues fetched records. Markers of transactions are passed over: they only
// tell that nothing else is there.
func (in *input) push(records []*kgo.Record) {
	for _, r := range records {
		in.starved, in.forsaken = 0, false
		in.fetched = r.Offset + 1
		if r.Attrs.IsControl() {
			continue
		}
		in.queue = append(in.queue, r)
		in.bytes += recordBytes(r)
	}
}

// pop takes the oldest queued record and lets go of the fetch it came with.
func (in *input) pop() *kgo.Record {
	r := in.queue[0]
	in.queue[0] = nil
	in.queue = in.queue[1:]
	in.bytes -= recordBytes(r)
	return r
}

// drop forgets what was fetched, and how long nothing was.
func (in *input) drop() {
	in.queue, in.bytes, in.expected, in.fetched = nil, 0, 0, 0
	in.starved, in.forsaken = 0, false
}

// recordOverhead is what the client keeps beside a record's key and value, bytes.
const recordOverhead = 256

func recordBytes(r *kgo.Record) int { return len(r.Key) + len(r.Value) + recordOverhead }

// keepLast makes last a copy. It is called once per chunk of records.
func (in *input) keepLast() {
	if in.moved {
		in.own = append(in.own[:0], in.last...)
		in.last = in.own
	}
}

// atEnd reports whether everything that the log is known to have is folded.
func (in *input) atEnd() bool { return len(in.queue) == 0 && max(in.next, in.fetched) >= in.end }

// settled is the offset below which nothing is left to commit: what is committed, and
// the markers of transactions after it.
func (in *input) settled() int64 {
	if len(in.queue) > 0 || in.next != in.committed.Next {
		return in.committed.Next
	}
	return max(in.next, in.fetched)
}

// awaited reports whether in is one to fold from now, and the log has more of it of
// which nothing is fetched yet.
func (in *input) awaited(replaying bool) bool {
	return (in.replay || !replaying) && len(in.queue) == 0 && !in.atEnd()
}

// seal returns the span of what was folded since the last one.
func (in *input) seal() store.Span {
	to := in.committed
	if in.moved {
		to = store.Position{Next: in.next, LastHash: RecordHash(in.last), LastTime: in.newest}
	}
	s := store.Span{Topic: in.topic, From: in.committed.Next, To: to, Counts: in.counts}
	in.last, in.moved, in.counts = nil, false, store.Counts{}
	return s
}

// duplicate reports whether e was seen before, and remembers it if not. Orders
// have a second key, because a shop that retries an order may give the event a
// new id.
func (in *input) duplicate(e *event.Event) bool {
	now := in.second()
	if !in.seen.Add(idOf(e.ID), now) {
		return true
	}
	if in.orders == nil {
		return false
	}
	return !in.orders.Add(orderKey(e), now)
}

// orderKey hashes (transaction_id, status, refund_id). The parts cannot hold a
// zero byte, so they cannot run into each other.
func orderKey(e *event.Event) id {
	var buf [256]byte
	b := append(buf[:0], e.TransactionID...)
	b = append(b, 0)
	b = append(b, e.Status...)
	b = append(b, 0)
	b = append(b, e.RefundID...)
	sum := sha256.Sum256(b)
	return id{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}
