package verify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// letters are the dead letters of the store by topic-partition and offset.
type letters struct {
	byPlace map[place]map[int64]*letter
	rows    []letterKey // in the order of the store
}

type letterKey struct {
	place
	offset int64
}

func (k letterKey) String() string { return fmt.Sprintf("%s@%d", k.place, k.offset) }

// letter is a row, without the record that it holds.
type letter struct {
	rows      int
	time      event.Time
	reason    event.Reason
	field     string
	digest    uint64 // of key and value
	unsent    bool
	explained bool // there is such a dead record below the cut
	relayed   bool // it is on the topic of dead letters
}

func readLetters(ctx context.Context, view store.View) (*letters, error) {
	l := &letters{byPlace: map[place]map[int64]*letter{}}
	for d, err := range view.DeadLetters(ctx) {
		if err != nil {
			return nil, err
		}
		k := letterKey{place{d.Topic, d.Partition}, d.Offset}
		if l.byPlace[k.place] == nil {
			l.byPlace[k.place] = map[int64]*letter{}
		}
		if have := l.byPlace[k.place][k.offset]; have != nil {
			have.rows++
			continue
		}
		l.byPlace[k.place][k.offset] = &letter{rows: 1, time: d.Time, reason: d.Reason, field: d.Field, digest: digest(d.Key, d.Value)}
		l.rows = append(l.rows, k)
	}
	for d, err := range view.Unsent(ctx) {
		if err != nil {
			return nil, err
		}
		if have := l.of(place{d.Topic, d.Partition})[d.Offset]; have != nil {
			have.unsent = true
		}
	}
	return l, nil
}

// of returns the letters of a topic-partition. The map must not be written to.
func (l *letters) of(at place) map[int64]*letter { return l.byPlace[at] }

// digest tells apart what a letter holds.
func digest(key, value []byte) uint64 {
	h := sha256.New()
	_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(key)))) // a hash takes everything
	_, _ = h.Write(key)
	_, _ = h.Write(value)
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// compareLetter compares a dead record with its row.
func (s *scan) compareLetter(r *kgo.Record, want *event.Invalid) {
	key := letterKey{s.place, r.Offset}.String()
	row := s.letters[r.Offset]
	if row == nil {
		s.dead.differ(key, "row", want.Reason, "none")
		return
	}
	row.explained = true
	if row.reason != want.Reason {
		s.dead.differ(key, "reason", want.Reason, row.reason)
	}
	if row.field != want.Field {
		s.dead.differ(key, "field", quoted(want.Field), quoted(row.field))
	}
	if at := event.TimeOf(r.Timestamp); row.time != at {
		s.dead.differ(key, "time", at, row.time)
	}
	if row.digest != digest(r.Key[:min(len(r.Key), store.MaxLetterKey)], r.Value[:min(len(r.Value), event.MaxRecordBytes)]) {
		s.dead.differ(key, "key and value", "those of the record", "others")
	}
}

func quoted(s string) string { return strconv.Quote(s) }

// checkDeadLetters is invariant 6: each dead record is in the store once, with
// its reason, and nothing else is; the topic of dead letters, without repeats,
// holds those that are marked as sent.
func checkDeadLetters(ctx context.Context, e *evidence, r *Result) error {
	for _, p := range e.parts {
		r.Checked += p.counts.Dead
		r.Found += p.dead.Found
		r.OK = r.OK && p.dead.OK
		room := maxDifferences - len(r.Differences)
		r.Differences = append(r.Differences, p.dead.Differences[:min(room, len(p.dead.Differences))]...)
	}
	below := 0
	for _, k := range e.letters.rows {
		row := e.letters.of(k.place)[k.offset]
		if row.rows > 1 {
			r.differ(k.String(), "rows", 1, row.rows)
		}
		p := e.byPlace[k.place]
		switch {
		case row.explained:
		case p != nil && p.trimmed() && k.offset < p.from && k.offset >= p.booked():
			below++
		default:
			r.differ(k.String(), "row", "none", row.reason)
		}
	}
	if below > 0 {
		r.note("%d dead letters are of records that the log no longer has", below)
	}
	return e.checkRelayed(ctx, r)
}

// checkRelayed compares the topic of dead letters with the rows. What it held
// when the view was opened is below its end now.
func (e *evidence) checkRelayed(ctx context.Context, r *Result) error {
	starts, ends, err := e.Log.Bounds(ctx, event.TopicDeadLetters)
	if err != nil {
		return err
	}
	err = e.Log.Scan(ctx, starts, ends, func(record *kgo.Record) error {
		e.checkRelay(record, r)
		return nil
	})
	if err != nil {
		return err
	}
	var trimmed int64
	for _, start := range starts[event.TopicDeadLetters] {
		trimmed += start
	}
	lost := 0
	for _, k := range e.letters.rows {
		row := e.letters.of(k.place)[k.offset]
		switch {
		case row.relayed:
		case row.unsent:
			r.Pending++ // the stream sends it once it runs
		case trimmed > 0:
			lost++
		default:
			r.differ(k.String(), "relay", "on topic "+event.TopicDeadLetters, "marked as sent, and not there")
		}
	}
	if r.Pending > 0 && !e.Live {
		r.note("%d letters are not on topic %s yet: the stream was killed before it sent them, and does once it runs", r.Pending, event.TopicDeadLetters)
	}
	if lost > 0 {
		r.note("topic %s was trimmed by %d records: %d letters could not be looked for", event.TopicDeadLetters, trimmed, lost)
	}
	return nil
}

// relayed is what is compared of a record on the topic of dead letters.
type relayed struct {
	Topic     string       `json:"topic"`
	Partition int32        `json:"partition"`
	Offset    int64        `json:"offset"`
	Reason    event.Reason `json:"reason"`
	Value     []byte       `json:"value_base64"`
	Key       []byte       `json:"key_base64"`
}

// checkRelay compares one record of the topic with its row. Rows that came after
// the view was opened are not known.
func (e *evidence) checkRelay(record *kgo.Record, r *Result) {
	r.Checked++
	name := fmt.Sprintf("%s[%d]@%d", record.Topic, record.Partition, record.Offset)
	k, ok := parseLetterKey(string(record.Key))
	if !ok {
		r.differ(name, "key", "topic-partition-offset", quoted(string(record.Key)))
		return
	}
	row := e.letters.of(k.place)[k.offset]
	if row == nil {
		if p := e.byPlace[k.place]; p == nil || k.offset < p.position.Next {
			r.differ(name, "row of "+k.String(), "one", "none")
		}
		return
	}
	row.relayed = true
	var got relayed
	if err := json.Unmarshal(record.Value, &got); err != nil {
		r.differ(name, "value", "the letter of "+k.String(), err)
		return
	}
	if at := (letterKey{place{got.Topic, got.Partition}, got.Offset}); at != k {
		r.differ(name, "record", k, at)
	}
	if got.Reason != row.reason {
		r.differ(name, "reason of "+k.String(), row.reason, got.Reason)
	}
	if digest(got.Key, got.Value) != row.digest {
		r.differ(name, "key and value of "+k.String(), "those of the row", "others")
	}
}

// parseLetterKey reads topic-partition-offset, as the engine writes it; a topic may
// hold dashes.
func parseLetterKey(key string) (letterKey, bool) {
	rest, offset, ok := cutLast(key)
	if !ok {
		return letterKey{}, false
	}
	topic, partition, ok := cutLast(rest)
	if !ok {
		return letterKey{}, false
	}
	n, err := strconv.ParseInt(partition, 10, 32)
	if err != nil {
		return letterKey{}, false
	}
	at, err := strconv.ParseInt(offset, 10, 64)
	asWritten := fmt.Sprintf("%s-%d-%d", topic, n, at) == key
	return letterKey{place{topic, int32(n)}, at}, err == nil && asWritten
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
