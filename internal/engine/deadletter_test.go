package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// bad returns a record of the topic transactions for every reason.
func bad(t *testing.T) map[event.Reason][]byte {
	t.Helper()
	order := string(testEvent(event.TopicTransactions, "e", 1, 1, rigStart))
	change := func(from, to string) []byte {
		t.Helper()
		changed := strings.Replace(order, from, to, 1)
		if changed == order {
			t.Fatalf("%q is not in %s", from, order)
		}
		return []byte(changed)
	}
	refund := event.Event{
		ID: "r", Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: rigStart, VisitorID: "v1",
		TransactionID: "t", Status: event.StatusRefunded, RefundID: "r", Currency: "EUR",
	}
	records := map[event.Reason][]byte{
		event.Oversized:      []byte(order + strings.Repeat(" ", event.MaxRecordBytes)),
		event.BadJSON:        []byte(order[:len(order)-1]),
		event.UnknownVersion: change(`"schema_version":"1.0"`, `"schema_version":"2.0"`),
		event.BadSchema:      change(`"status":"completed"`, `"status":"eaten"`),
		event.MissingKey:     change(`"visitor_id":"v1"`, `"visitor_id":""`),
		event.BadTimestamp:   change(`"timestamp":"2026`, `"timestamp":"1999`),
		event.NoRate:         change(`,"base_amount_minor":5`, ``),
		event.UnknownOrder:   refund.AppendJSON(nil),
		event.BadAmount:      change(`"subtotal_minor":5`, `"subtotal_minor":6`),
	}
	for _, reason := range event.Reasons {
		if records[reason] == nil {
			t.Errorf("no record for reason %s", reason)
		}
	}
	return records
}

// relayed reads the topic of dead letters: the records by key.
func (r *rig) relayed() map[string][]*kgo.Record {
	r.Helper()
	ends, err := kafka.LogEnds(r.Context(), r.kafka, event.TopicDeadLetters)
	r.must(err)
	records := map[string][]*kgo.Record{}
	r.must(kafka.Scan(r.Context(), r.kafka, nil, ends, func(record *kgo.Record) error {
		records[string(record.Key)] = append(records[string(record.Key)], record)
		return nil
	}))
	return records
}

func (r *rig) letters(l Ledger[*store.Changes]) (unsent int) {
	r.Helper()
	for p := range int32(rigPartitions) {
		letters, err := l.Outbox(r.Context(), store.TaskID{Family: store.Shopping, Partition: p}, 1000)
		r.must(err)
		unsent += len(letters)
	}
	return unsent
}

func TestABadRecordOfEveryReasonIsKeptOnceAndRelayed(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		records := bad(t)
		for _, reason := range event.Reasons {
			r.sendValue(event.TopicTransactions, "v1", records[reason], rigStart, 1)
		}
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		eventually(t, "the outbox is empty", func() bool { return r.letters(s) == 0 })
		w.stop()
		r.checkResults(s)

		view, err := s.View(t.Context())
		r.must(err)
		defer view.Close()
		relayed := r.relayed()
		reasons := map[event.Reason]int{}
		for d, err := range view.DeadLetters(t.Context()) {
			r.must(err)
			reasons[d.Reason]++
			if want := records[d.Reason][:min(len(records[d.Reason]), event.MaxRecordBytes)]; !bytes.Equal(d.Value, want) || string(d.Key) != "v1" {
				t.Errorf("%s: key %q, value of %d bytes, want v1 and %d bytes", d.Reason, d.Key, len(d.Value), len(want))
			}
			key := DeadLetterKey(d.Topic, d.Partition, d.Offset)
			if len(relayed[key]) != 1 {
				t.Errorf("%s: %d records with key %s", d.Reason, len(relayed[key]), key)
				continue
			}
			var got DeadLetterRecord
			r.must(json.Unmarshal(relayed[key][0].Value, &got))
			if diff := cmp.Diff(DeadLetterRecord(d), got); diff != "" {
				t.Errorf("%s: the relayed record differs (-row +record):\n%.2000s", d.Reason, diff)
			}
			delete(relayed, key)
		}
		if len(relayed) > 0 {
			t.Errorf("records without a row: %v", slices.Collect(maps.Keys(relayed)))
		}
		for _, reason := range event.Reasons {
			if reasons[reason] != 1 {
				t.Errorf("%d dead letters of reason %s, want 1", reasons[reason], reason)
			}
		}
	})
}

// TestARecordWithoutValueIsDeadAndPassed has nothing but an offset and a time.
func TestARecordWithoutValueIsDeadAndPassed(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...))
		r.must(err)
		defer client.Close()
		r.must(client.ProduceSync(t.Context(), &kgo.Record{Topic: event.TopicCartEvents, Timestamp: rigStart.Std()}).FirstErr())
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		w.stop()
		r.checkResults(s)
		w = start(t, r.config(s)) // restores at the record without a value
		r.sendShop(1, 0, 300)
		r.drain(s)
		w.stop()
		r.checkResults(s)
	})
}

func TestARelayThatDiesBeforeItMarksRepeatsUnderTheSameKey(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendValue(event.TopicTransactions, "v1", []byte("{"), rigStart, 40) // more than one round of the relay
		s := r.open()
		l := &spy{Ledger: s}
		marks := make(chan struct{}, 1)
		l.sent = func() error {
			signal(marks)
			return errors.New("died before marking")
		}
		w := start(t, r.config(l))
		<-marks
		kill(w, l)
		w = start(t, r.config(s))
		r.drain(s)
		eventually(t, "the outbox is empty", func() bool { return r.letters(s) == 0 })
		w.stop()

		repeated := 0
		for key, records := range r.relayed() {
			for _, again := range records[1:] {
				repeated++
				if diff := cmp.Diff(string(records[0].Value), string(again.Value)); diff != "" {
					t.Errorf("%s: the repeat differs:\n%s", key, diff)
				}
			}
		}
		if repeated == 0 {
			t.Error("nothing was repeated: the test did not reach the moment")
		}
		if got := len(r.relayed()); got != 40 {
			t.Errorf("%d letters on the topic, want 40", got)
		}
		r.checkResults(s)
	})
}

// TestALetterWithALongKeyIsRelayedToo would otherwise not fit into a record, and
// hold back all others.
func TestALetterWithALongKeyIsRelayedToo(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		key := strings.Repeat("k", 300_000)
		client, err := kgo.NewClient(kgo.SeedBrokers(r.kafka.Brokers...))
		r.must(err)
		defer client.Close()
		r.must(client.ProduceSync(t.Context(), &kgo.Record{
			Topic: event.TopicTransactions, Key: []byte(key), Value: make([]byte, 650_000), Timestamp: rigStart.Std(),
		}).FirstErr())
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		eventually(t, "the outbox is empty", func() bool { return r.letters(s) == 0 })
		w.stop()
		r.checkResults(s)
		for _, records := range r.relayed() {
			var got DeadLetterRecord
			r.must(json.Unmarshal(records[0].Value, &got))
			if len(got.Key) != store.MaxLetterKey || len(got.Value) != event.MaxRecordBytes {
				t.Errorf("key of %d and value of %d bytes, want %d and %d", len(got.Key), len(got.Value), store.MaxLetterKey, event.MaxRecordBytes)
			}
		}
	})
}
