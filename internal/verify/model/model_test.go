package model

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// noon is 2026-05-28 12:00:00 UTC.
const noon event.Time = 1_779_969_600_000

func testRules(zone string) rules.Rules {
	r := rules.Default()
	r.TimeZone = zone
	return r
}

// order is a completed order of one line of 10.00 and another of 5.00, with 1.01
// of tax and 2.02 of shipping.
func order(id string, at event.Time) event.Event {
	return event.Event{
		ID: id, Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: at, ReceivedAt: at,
		VisitorID: "visitor", Country: "DE", TransactionID: "order-" + id, Status: event.StatusCompleted, Currency: "USD",
		Items: []event.Item{
			{ProductID: "p1", Category: "Books", Quantity: 2, UnitPriceMinor: 500, AmountMinor: 1000, BaseAmountMinor: 1000},
			{ProductID: "p2", Quantity: 1, UnitPriceMinor: 500, AmountMinor: 500, BaseAmountMinor: 500},
		},
		SubtotalMinor: 1500, TaxMinor: 101, ShippingMinor: 202, TotalMinor: 1803, BaseTotalMinor: 1803,
	}
}

func refund(id, of string, at event.Time) event.Event {
	e := order(id, at)
	e.Status, e.RefundID, e.TransactionID = event.StatusRefunded, "refund-"+id, "order-"+of
	return e
}

// recordOf is the record that carries e as it arrived at received.
func recordOf(e event.Event, received event.Time) *kgo.Record {
	return &kgo.Record{Topic: e.Type.Topic(), Value: e.AppendJSON(nil), Timestamp: received.Std()}
}

func TestARecordHasTheDispositionOfItsPartitionsHistory(t *testing.T) {
	const minute = event.Time(60_000)
	redriven := recordOf(order("late", noon), noon+121*minute)
	redriven.Headers = []kgo.RecordHeader{{Key: "redriven"}}
	other := recordOf(order("a", noon), noon)
	other.Partition = 1
	retried := order("b", noon)
	retried.TransactionID = "order-a"
	misplaced := recordOf(order("a", noon), noon)
	misplaced.Topic = event.TopicCartEvents
	first := recordOf(order("a", noon), noon)
	reused := recordOf(order("a", noon+151*minute), noon+151*minute)

	for name, tt := range map[string]struct {
		records []*kgo.Record
		want    []string
	}{
		"a copy is a duplicate":                           {[]*kgo.Record{first, first}, []string{"applied", "duplicate"}},
		"a copy on another partition is not":              {[]*kgo.Record{first, other}, []string{"applied", "applied"}},
		"an order under a new event id is a duplicate":    {[]*kgo.Record{first, recordOf(retried, noon)}, []string{"applied", "duplicate"}},
		"a refund of an order is not":                     {[]*kgo.Record{first, recordOf(refund("r", "a", noon), noon)}, []string{"applied", "applied"}},
		"a second refund of an order is not":              {[]*kgo.Record{recordOf(refund("r", "a", noon), noon), recordOf(refund("s", "a", noon), noon)}, []string{"applied", "applied"}},
		"an event as old as the horizon is applied":       {[]*kgo.Record{recordOf(order("a", noon), noon+120*minute)}, []string{"applied"}},
		"an older one is too old":                         {[]*kgo.Record{recordOf(order("a", noon), noon+120*minute+1)}, []string{"too_old"}},
		"an older one that was redriven is not":           {[]*kgo.Record{redriven}, []string{"applied"}},
		"a copy of a too old one is too old":              {[]*kgo.Record{recordOf(order("a", noon), noon+121*minute), recordOf(order("a", noon), noon+121*minute)}, []string{"too_old", "too_old"}},
		"a copy that is too old is no duplicate":          {[]*kgo.Record{first, recordOf(order("a", noon), noon+121*minute)}, []string{"applied", "too_old"}},
		"an id is forgotten after the horizon and 30 min": {[]*kgo.Record{first, reused}, []string{"applied", "applied"}},
		"an id is remembered for the horizon and 30 min":  {[]*kgo.Record{first, recordOf(order("a", noon+150*minute), noon+150*minute)}, []string{"applied", "duplicate"}},
		"an event on another topic is dead":               {[]*kgo.Record{misplaced}, []string{"dead schema event_type"}},
		"garbage is dead and not seen":                    {[]*kgo.Record{{Topic: event.TopicTransactions, Value: []byte("{"), Timestamp: noon.Std()}, first}, []string{"dead bad_json ", "applied"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(testRules("UTC"))
			var got []string
			for _, r := range tt.records {
				v := m.Record(r)
				text := string(v.Disposition)
				if v.Invalid != nil {
					text += " " + string(v.Invalid.Reason) + " " + v.Invalid.Field
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("dispositions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnOrderAndItsRefundComeToTheseRows(t *testing.T) {
	m := New(testRules("Asia/Kolkata")) // +05:30: an hour starts at half past
	at := noon + 40*60_000 + 7_000
	for _, e := range []event.Event{order("a", at), refund("r", "a", at)} {
		if v := m.Record(recordOf(e, at)); v.Disposition != Applied {
			t.Fatalf("%+v", v)
		}
	}
	row := func(part func(*store.Sales)) store.Sales {
		s := store.Sales{Orders: 1, Refunds: 1} // tax and shipping cancel out
		part(&s)
		return s
	}
	whole := row(func(s *store.Sales) { s.Units, s.RevenueMinor, s.UnitsReturned, s.RefundedMinor = 3, 1500, 3, 1500 })
	books := row(func(s *store.Sales) { s.Units, s.RevenueMinor, s.UnitsReturned, s.RefundedMinor = 2, 1000, 2, 1000 })
	rest := row(func(s *store.Sales) { s.Units, s.RevenueMinor, s.UnitsReturned, s.RefundedMinor = 1, 500, 1, 500 })
	minute, hour := noon+40*60_000, noon+30*60_000
	want := map[store.SalesTable]map[store.SalesKey]store.Sales{
		store.MinuteByCountry:  {{Start: minute, Country: "DE"}: whole},
		store.MinuteByCategory: {{Start: minute, Category: "Books"}: books, {Start: minute, Category: store.Uncategorised}: rest},
		store.HourBySplit: {
			{Start: hour, Country: "DE"}:                                books,
			{Start: hour, Country: "DE", Category: "Books"}:             books,
			{Start: hour, Country: "DE", Category: store.Uncategorised}: rest,
		},
	}
	want[store.HourBySplit][store.SalesKey{Start: hour, Country: "DE"}] = whole
	if diff := cmp.Diff(want, m.Tables().Sales); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestTaxAndShippingAreSharedOverTheLines(t *testing.T) {
	e := order("a", noon)
	m := New(testRules("UTC"))
	m.Record(recordOf(e, noon))
	// 101 of tax over 1000 and 500 is 67.3 and 33.7; 202 of shipping 134.7 and 67.3.
	got := m.Tables().Sales[store.MinuteByCategory][store.SalesKey{Start: noon, Category: "Books"}]
	if diff := cmp.Diff(store.Sales{Orders: 1, Units: 2, RevenueMinor: 1000, TaxMinor: 67, ShippingMinor: 135}, got); diff != "" {
		t.Errorf("Books (-want +got):\n%s", diff)
	}
}

func TestOrdersThatAreNotCompletedAndViewsMoveNothing(t *testing.T) {
	m := New(testRules("UTC"))
	for _, status := range []event.Status{event.StatusFailed, event.StatusPending, event.StatusCancelled} {
		e := order(string(status), noon)
		e.Status = status
		if v := m.Record(recordOf(e, noon)); v.Disposition != Applied {
			t.Errorf("%s: %+v", status, v)
		}
	}
	if diff := cmp.Diff(NewTables(), m.Tables()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// drawLog draws records of every type over two partitions, with copies, late
// ones and garbage.
func drawLog(t *rapid.T) []*kgo.Record {
	var records []*kgo.Record
	for i := range rapid.IntRange(0, 40).Draw(t, "records") {
		received := noon + event.Time(rapid.IntRange(0, 4*3_600_000).Draw(t, "received"))
		var r *kgo.Record
		switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
		case kind == 0:
			r = &kgo.Record{Topic: event.TopicTransactions, Value: []byte("garbage"), Timestamp: received.Std()}
		case kind <= 2 && i > 0:
			c := *rapid.SampledFrom(records).Draw(t, "copy")
			c.Timestamp = received.Std()
			r = &c
		default:
			e := eventtest.Draw(t)
			e.Timestamp = received - event.Time(rapid.IntRange(0, 9_000_000).Draw(t, "late"))
			r = recordOf(e, received)
		}
		r.Partition = rapid.Int32Range(0, 1).Draw(t, "partition")
		records = append(records, r)
	}
	return records
}

func TestOnlyTheOrderWithinAPartitionMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawLog(t)
		whole := New(testRules("Europe/London"))
		parts := map[string]*Model{}
		for _, r := range records {
			whole.Record(r)
		}
		merged := NewTables()
		for p := range int32(2) {
			m := New(testRules("Europe/London"))
			for _, r := range records {
				if r.Partition == p {
					m.Record(r)
				}
			}
			parts[fmt.Sprint(p)] = m
			merged.Merge(m.Tables())
		}
		if diff := cmp.Diff(whole.Tables(), merged); diff != "" {
			t.Fatalf("one model and two (-one +two):\n%s", diff)
		}
	})
}

func TestTheSumOverDispositionsIsTheNumberOfRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawLog(t)
		m := New(testRules("UTC"))
		var want, got int64
		for _, r := range records {
			m.Record(r)
			want++
		}
		for _, topic := range append(store.Shopping.Topics(), store.Reference.Topics()...) {
			for p := range int32(2) {
				got += m.Counts(topic, p).Total()
			}
		}
		if want != got {
			t.Fatalf("%d records, %d dispositions", want, got)
		}
	})
}

// The processors were written from the same rules by themselves.
func TestTheProcessorsComeToTheSameRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := testRules(rapid.SampledFrom([]string{"UTC", "Europe/London", "Asia/Kolkata"}).Draw(t, "zone"))
		m, out := New(r), store.NewChanges()
		folds := []*processor.Fold{processor.New(store.TaskID{Family: store.Shopping}, r), processor.New(store.TaskID{Family: store.Reference}, r)}
		for _, record := range drawLog(t) {
			if m.Record(record).Disposition != Applied {
				continue
			}
			fold := folds[0]
			if strings.Contains(strings.Join(store.Reference.Topics(), " "), record.Topic) {
				fold = folds[1]
			}
			fold.Apply(&m.event, out)
		}
		got := NewTables()
		for name, rows := range map[store.SalesTable]map[store.SalesKey]*store.Sales{
			store.MinuteByCountry: out.MinuteByCountry, store.MinuteByCategory: out.MinuteByCategory, store.HourBySplit: out.Hour,
		} {
			for k, s := range rows {
				got.Sales[name][k] = *s
			}
		}
		maps.Copy(got.Products, out.Products)
		maps.Copy(got.Customers, out.Customers)
		maps.Copy(got.Stock, out.Stock)
		if diff := cmp.Diff(m.Tables(), got, cmp.Transformer("nil", func(s []string) string { return strings.Join(s, "\x00") })); diff != "" {
			t.Fatalf("rows of the model and of the processors (-model +processors):\n%s", diff)
		}
	})
}

// Copies that come within the horizon are recognised whichever comes first, so
// the sums are those of the set of events.
func TestAnyOrderOfTheSameEventsGivesTheSameSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []*kgo.Record
		for i := range rapid.IntRange(0, 30).Draw(t, "events") {
			received := noon + event.Time(rapid.IntRange(0, 30*60_000).Draw(t, "received"))
			e := eventtest.Draw(t)
			e.Timestamp = received - event.Time(rapid.IntRange(0, 3_600_000).Draw(t, "late"))
			e.ID, e.TransactionID = fmt.Sprintf("event-%d", i), fmt.Sprintf("order-%d", i) // no two events are one
			for range rapid.IntRange(1, 3).Draw(t, "copies") {
				records = append(records, recordOf(e, received))
			}
		}
		shuffled := rapid.Permutation(records).Draw(t, "order")
		one, other := New(testRules("UTC")), New(testRules("UTC"))
		for i := range records {
			one.Record(records[i])
			other.Record(shuffled[i])
		}
		if diff := cmp.Diff(one.Tables(), other.Tables()); diff != "" {
			t.Fatalf("two orders (-one +other):\n%s", diff)
		}
		for _, f := range store.Families {
			for _, topic := range f.Topics() {
				if diff := cmp.Diff(one.Counts(topic, 0), other.Counts(topic, 0)); diff != "" {
					t.Fatalf("%s (-one +other):\n%s", topic, diff)
				}
			}
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	e := order("a", noon)
	records := make([]*kgo.Record, 1<<16)
	for i := range records {
		e.ID = event.UUIDv7(noon, uint64(i), 0)
		e.TransactionID = e.ID
		records[i] = recordOf(e, noon+event.Time(i))
	}
	m := New(testRules("UTC"))
	b.ResetTimer()
	for i := range b.N {
		m.Record(records[i%len(records)])
	}
}
