// Package model is the reference that the stream engine is held to: what the
// records of a log come to, computed one after the other in the plainest way.
// It knows nothing of the engine or its processors, and shares only the
// vocabulary with them: events and their decoder, row types, the shop's
// calendar, and [event.Share], which is the definition of how amounts are shared.
//
// What it computes depends on the order of records within a partition, which is
// the log's, and on nothing else: the order between partitions cannot matter.
package model

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Disposition is what becomes of a record. Every record read has exactly one.
type Disposition string

// The dispositions.
const (
	Applied   Disposition = "applied"
	Duplicate Disposition = "duplicate"
	Dead      Disposition = "dead"
	TooOld    Disposition = "too_old"
)

// Dispositions lists every disposition.
var Dispositions = []Disposition{Applied, Duplicate, Dead, TooOld}

// Verdict is the disposition of a record. Invalid is set where it is dead.
type Verdict struct {
	Disposition Disposition
	Invalid     *event.Invalid
}

// Redriven is the Kafka header of a mended dead letter, which is never too old.
const Redriven = "redriven"

// SeenSlack is how much longer than the horizon D an id is remembered.
const SeenSlack = 30 * time.Minute

// Model is the reference. It is for one goroutine. Several models over disjoint
// sets of topic-partitions come to the same as one over all: merge their tables.
type Model struct {
	calendar   rules.Calendar
	horizon    event.Time
	retain     int64 // seconds
	partitions map[place]*partition
	tables     Tables
	shoppers   Shoppers
	decoder    event.Decoder
	event      event.Event
}

type place struct {
	topic     string
	partition int32
}

// partition is what is remembered of a topic-partition.
type partition struct {
	newest event.Time // highest record time
	seen   seenSet
	counts store.Counts
}

// New returns a model that has seen nothing. It panics if r is not valid.
func New(r rules.Rules) *Model {
	return &Model{
		calendar: r.Calendar(), horizon: event.Time(r.Stream.Horizon.Milliseconds()),
		retain:     int64((r.Stream.Horizon + SeenSlack) / time.Second),
		partitions: map[place]*partition{}, tables: NewTables(), shoppers: NewShoppers(r),
	}
}

// Tables returns what the live tables must hold after the records so far. It is
// the model's own: it changes with the next record.
func (m *Model) Tables() Tables { return m.tables }

// Shoppers returns what the records so far say of visitors and carts. It is the
// model's own: it changes with the next record.
func (m *Model) Shoppers() *Shoppers { return &m.shoppers }

// Applied is the event of the last record, valid until the next one. It means
// something only if that was applied.
func (m *Model) Applied() *event.Event { return &m.event }

// Counts returns the dispositions of the records of a topic-partition so far.
func (m *Model) Counts(topic string, p int32) store.Counts { return m.at(topic, p).counts }

// Newest returns the highest record time of a topic-partition so far, or 0.
func (m *Model) Newest(topic string, p int32) event.Time { return m.at(topic, p).newest }

func (m *Model) at(topic string, n int32) *partition {
	p := m.partitions[place{topic, n}]
	if p == nil {
		p = &partition{seen: newSeenSet(m.retain)}
		m.partitions[place{topic, n}] = p
	}
	return p
}

// Record takes the next record of its topic-partition and returns what becomes
// of it. It keeps no memory of the record.
func (m *Model) Record(r *kgo.Record) Verdict {
	p := m.at(r.Topic, r.Partition)
	received := event.TimeOf(r.Timestamp)
	p.newest = max(p.newest, received)
	if invalid := m.decode(r, received); invalid != nil {
		p.counts.Dead++
		return Verdict{Dead, invalid}
	}
	e := &m.event
	switch {
	case e.Time() < received-m.horizon && !isRedriven(r):
		p.counts.TooOld++
		return Verdict{Disposition: TooOld}
	case p.repeats(e):
		p.counts.Duplicate++
		return Verdict{Disposition: Duplicate}
	}
	p.counts.Applied++
	m.tables.apply(e, &m.calendar)
	m.shoppers.follow(e)
	return Verdict{Disposition: Applied}
}

func (m *Model) decode(r *kgo.Record, received event.Time) *event.Invalid {
	if err := m.decoder.Decode(r.Value, received, &m.event); err != nil {
		if invalid, ok := errors.AsType[*event.Invalid](err); ok {
			return invalid
		}
		return &event.Invalid{Reason: event.BadSchema, Detail: err.Error()}
	}
	if t := m.event.Type; t.Topic() != r.Topic {
		detail := fmt.Sprintf("%q does not belong on topic %s", t, r.Topic)
		return &event.Invalid{Reason: event.BadSchema, Field: "event_type", Detail: detail}
	}
	return nil
}

func isRedriven(r *kgo.Record) bool {
	for _, h := range r.Headers {
		if h.Key == Redriven {
			return true
		}
	}
	return false
}

// repeats reports whether e was seen before on its topic-partition, by event_id
// or, an order, by (transaction_id, status, refund_id), and remembers it if not.
// A shop that retries an order may give the event a new id; that id then counts
// as seen too. Dead and too old records are not seen.
func (p *partition) repeats(e *event.Event) bool {
	now := int64(p.newest) / 1000
	if p.seen.add(keyOf("event", e.ID), now) {
		return true
	}
	if e.Type != event.TypeTransaction {
		return false
	}
	return p.seen.add(keyOf("order", e.TransactionID, string(e.Status), e.RefundID), now)
}

// key is a digest of an id, so that what is remembered has a fixed size.
type key [16]byte

// keyOf digests parts, none of which can hold a zero byte.
func keyOf(parts ...string) key {
	var buf [512]byte
	b := buf[:0]
	for _, part := range parts {
		b = append(append(b, part...), 0)
	}
	sum := sha256.Sum256(b)
	return key(sum[:16])
}

// seenSet remembers ids for retain seconds of record time, in whole seconds: an
// id is seen while the partition's newest record is at most that much newer than
// its newest record was when the id came.
//
// Remembering for ever would not do. A copy that comes later than that is too
// old by itself if it says the same time as the first: not being refused, the
// first was at most 5 min ahead of its arrival r, so its event time is at most
// r + 5 min, and a copy is taken only up to D after it, with the 25 min that are
// left for disorder of record times and another correction of the client's
// clock. But an id that a client uses again for a later event, and a redriven
// copy, which is never too old, are taken anew once the id is forgotten, and the
// rule says exactly when that is. So this forgets as the rule says.
type seenSet struct {
	retain int64
	at     map[key]int64 // second of record time at which an id came
	sweep  int           // size at which what is past its time is dropped, to bound memory
}

func newSeenSet(retain int64) seenSet {
	return seenSet{retain: retain, at: map[key]int64{}, sweep: 1 << 16}
}

// add reports whether k is seen as of second now, and remembers it if not.
func (s *seenSet) add(k key, now int64) bool {
	if then, ok := s.at[k]; ok && now-then <= s.retain {
		return true
	}
	s.at[k] = now
	if len(s.at) >= s.sweep {
		for old, then := range s.at {
			if now-then > s.retain {
				delete(s.at, old)
			}
		}
		s.sweep = max(1<<16, 2*len(s.at))
	}
	return false
}
