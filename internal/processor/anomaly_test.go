package processor_test

import (
	"fmt"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

func TestLinesAreHeldAgainstThePriorUntilThereIsABaseline(t *testing.T) {
	r := rules.Default()
	r.Anomaly.HighValue.Categories = map[string]rules.Prior{"Cars": {Median: 2_000_000, Spread: 700}}
	const high = 4_000_000
	tests := map[string]struct {
		order event.Event
		want  map[store.Rule]store.Finding
	}{
		"an ordinary order": {order(noon, "US", item("Books", 1, 2000), item("Toys", 3, 9000)), nil},
		"a line of great value": {order(noon, "US", item("Books", 1, high)), map[store.Rule]store.Finding{
			store.HighValue: {Category: "Books", OrderMinor: high, Value: high, Expected: 4500, ScoreMilli: 5725},
		}},
		"a category that is dear":               {order(noon, "US", item("Cars", 1, high)), nil},
		"an order of great value in many lines": {order(noon, "US", item("a", 1, 200_000), item("b", 1, 200_000), item("c", 1, 200_000)), nil},
		"a line that is free":                   {order(noon, "US", item("Books", 1, 0)), nil},
		"an order that failed":                  {failed(order(noon, "US", item("Books", 90, high))), nil},
		"a refund":                              {refundOf(order(noon, "US", item("Books", 90, high))), nil},
		"thirteen units":                        {order(noon, "US", item("Books", 13, 2000)), nil},
		"fourteen units": {order(noon, "US", item("Books", 14, 2000)), map[store.Rule]store.Finding{
			store.UnusualQuantity: {Category: "Books", OrderMinor: 2000, Value: 14, Expected: 1, ScoreMilli: 3560},
		}},
		"the most unusual line, without a category": {order(noon, "US", item("Books", 20, 2000), item("", 40, high), item("Toys", 30, 2000)), map[store.Rule]store.Finding{
			store.HighValue:       {Category: store.Uncategorised, OrderMinor: high + 4000, Value: high, Expected: 4500, ScoreMilli: 5725},
			store.UnusualQuantity: {Category: store.Uncategorised, OrderMinor: high + 4000, Value: 40, Expected: 1, ScoreMilli: 4976},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := test.order
			e.ID, e.TransactionID, e.VisitorID, e.UserID = "e", "t", "v", "u"
			a, out := processor.NewAnomalies(0, r), store.NewChanges()
			a.Apply(&e, out)
			got := map[store.Rule]store.Finding{}
			for k, f := range out.Findings {
				if k.EventID != "e" {
					t.Errorf("a finding on %q", k.EventID)
				}
				got[k.Rule] = *f
			}
			for rule, f := range test.want {
				f.At, f.ReceivedAt, f.TransactionID, f.VisitorID, f.UserID, f.Country, f.ProductID = noon, noon, "t", "v", "u", "US", "p"
				f.ThresholdMilli, f.Baseline = 3500, "prior"
				test.want[rule] = f
			}
			check(t, "findings", test.want, got)
		})
	}
}

func failed(e event.Event) event.Event {
	e.Status = event.StatusFailed
	return e
}

func TestOutliersDoNotHideThemselves(t *testing.T) {
	b := newTeller(rules.Default())
	b.lines(noon, "Books", 100)
	found := 0
	for i := range 40 { // nearly a third of all in the end
		id := b.order(noon+oneHour+event.Time(i), item("Books", 1, 900_000))
		if b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}] != nil {
			found++
		}
	}
	if found != 40 {
		t.Errorf("%d of 40 were found", found)
	}
}

func TestNamesFromOutsideTakeBoundedMemory(t *testing.T) {
	b := newTeller(rules.Default())
	for i := range 10_000 {
		b.order(noon, item(fmt.Sprintf("category %d", i), 1, 1000))
	}
	id := b.order(noon, item("one more", 1, 90_000_000))
	f := b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}]
	if f == nil || f.Baseline != "prior" || f.Category != "one more" {
		t.Errorf("got %+v, want it held against the prior", f)
	}
	if n := len(b.a.Snapshot(nil)); n > 3<<20 {
		t.Errorf("the state takes %d bytes", n)
	}
}
