package shop

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/event"
)

func TestFaultsComeAsOftenAsAsked(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults = Faults{Anomalies: 0.01, Late: 0.02, Duplicates: 0.03, Corrupt: 0.01} })
	const n = 200_000
	counts := map[Kind]float64{}
	bursts, orders := 0.0, 0.0
	first(s, n, func(e Emission) {
		if e.Event != nil && e.Event.Type == event.TypeTransaction {
			orders++
		}
		if e.Truth == nil {
			return
		}
		counts[e.Truth.Kind]++
		if e.Truth.Sequence == 1 {
			bursts++
		}
	})
	late := counts[OutOfOrder] + counts[Late] + counts[TooOld]
	for name, tc := range map[string]struct{ got, want float64 }{
		"late": {late / n, 0.02},

		"duplicates": {counts[Duplicate] / n, 0.03},
		"corrupt":    {counts[Corrupt] / n, 0.01},
	} {
		if math.Abs(tc.got/tc.want-1) > 0.1 {
			t.Errorf("%s: %.4f, want %.4f", name, tc.got, tc.want)
		}
	}
	anomalies := counts[HighValue] + counts[UnusualQuantity] + bursts
	if share := anomalies / orders; share < 0.006 || share > 0.012 {
		t.Errorf("%.4f of the orders begin an anomaly, want about 0.01", share)
	}
	for _, kind := range []Kind{HighValue, UnusualQuantity, Velocity} {
		if counts[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
}

func TestNoFaultsWithoutAsking(t *testing.T) {
	first(testShop(t, nil), 200_000, func(e Emission) {
		if e.Truth != nil || e.Raw != nil {
			t.Fatalf("fault %+v", e.Truth)
		}
		if late := e.At - e.Event.Time(); late < 0 || late > 300 || e.Event.ReceivedAt != e.At {
			t.Fatalf("sent at %v, received at %v, happened at %v", e.At, e.Event.ReceivedAt, e.Event.Time())
		}
	})
}

func TestEmissionsNeverGoBackInTime(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults = allFaults })
	last := testStart
	first(s, 200_000, func(e Emission) {
		if e.At < last {
			t.Fatalf("%v after %v", e.At, last)
		}
		last = e.At
	})
}

func TestDuplicatesRepeatWhatWasSent(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults.Duplicates = 0.05 })
	type sent struct {
		at    event.Time
		key   string
		event event.Event
	}
	seen := map[string]sent{}
	repeated := 0
	first(s, 100_000, func(e Emission) {
		copied := *e.Event
		copied.Items = slices.Clone(e.Event.Items)
		copied.Preferences = slices.Clone(e.Event.Preferences)
		before, again := seen[copied.ID]
		if isDuplicate := e.Truth != nil && e.Truth.Kind == Duplicate; again != isDuplicate {
			t.Fatalf("event %s was sent before: %v, labelled: %v", copied.ID, again, isDuplicate)
		}
		if !again {
			seen[copied.ID] = sent{e.At, e.Key, copied}
			return
		}
		repeated++
		if gap := e.At - before.at; gap < 100 || gap > 20_200 || e.Key != before.key {
			t.Fatalf("repeated after %d ms with key %s, want %s and within 20 s", gap, e.Key, before.key)
		}
		copied.ReceivedAt = before.event.ReceivedAt
		if diff := cmp.Diff(before.event, copied, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the duplicate differs (-first +second):\n%s", diff)
		}
	})
	if repeated < 4000 {
		t.Errorf("%d duplicates, want about 5000", repeated)
	}
}

func TestLateLabelsSayHowLate(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults.Late = 0.05 })
	const horizon = 2 * 60 * 60 * 1000
	first(s, 200_000, func(e Emission) {
		ms := int64(e.At - e.Event.Time())
		if e.Truth == nil {
			if ms > 300 {
				t.Fatalf("%s is %d ms late without a label", e.Event.ID, ms)
			}
			return
		}
		if e.Truth.LateMS != ms || e.Truth.EventID != e.Event.ID {
			t.Fatalf("label %+v, want %d ms late, event %s", *e.Truth, ms, e.Event.ID)
		}
		switch e.Truth.Kind {
		case OutOfOrder:
			if ms < 5_000 || ms > 121_000 {
				t.Fatalf("out of order by %d ms", ms)
			}
		case Late:
			if ms < 120_000 || ms >= horizon {
				t.Fatalf("late by %d ms", ms)
			}
		case TooOld:
			if ms <= horizon {
				t.Fatalf("too old at %d ms", ms)
			}
		default:
			t.Fatalf("kind %s", e.Truth.Kind)
		}
	})
}

func TestAnomaliesAreWhatTheyAreLabelled(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults.Anomalies = 0.05 })
	category := map[string]int{}
	for k, name := range s.catalogue.categories {
		category[name] = k
	}
	type burst struct {
		start event.Time
		n     int
	}
	bursts := map[string]*burst{}
	ordinary := 0
	first(s, 300_000, func(e Emission) {
		ev := e.Event
		if ev.Type != event.TypeTransaction || ev.Status != event.StatusCompleted {
			if e.Truth != nil {
				t.Fatalf("label %+v on a %s %s", *e.Truth, ev.Type, ev.Status)
			}
			return
		}
		it := ev.Items[0]
		base, _ := testConvert(it.UnitPriceMinor, ev.Currency)
		expensive := float64(base) > 39*float64(s.catalogue.median[category[it.Category]])
		if e.Truth == nil {
			if expensive || it.Quantity >= 60 {
				t.Fatalf("an unlabelled order has %d units at %d", it.Quantity, base)
			}
			ordinary++
			return
		}
		if e.Truth.EventID != ev.ID || e.Truth.TransactionID != ev.TransactionID || e.Truth.Key != ev.VisitorID || e.Truth.Topic != event.TopicTransactions {
			t.Fatalf("label %+v of event %s", *e.Truth, ev.ID)
		}
		switch e.Truth.Kind {
		case HighValue:
			if !expensive {
				t.Fatalf("a high-value order has a unit price of %d", base)
			}
		case UnusualQuantity:
			if it.Quantity < 60 {
				t.Fatalf("an unusual quantity of %d", it.Quantity)
			}
		case Velocity:
			if e.Truth.Sequence == 1 {
				bursts[ev.VisitorID] = &burst{start: ev.Time()}
			}
			b := bursts[ev.VisitorID]
			if b.n++; e.Truth.Sequence != b.n {
				t.Fatalf("order %d of a burst is labelled %d", b.n, e.Truth.Sequence)
			}
			if ev.Time()-b.start > 60_000 {
				t.Fatalf("order %d of a burst comes %d ms after the first", b.n, ev.Time()-b.start)
			}
		}
	})
	long := 0
	for _, b := range bursts {
		if b.n >= 8 {
			long++
		}
	}
	if long < len(bursts)*8/10 || long < 20 {
		t.Errorf("%d of %d bursts have eight orders, want nearly all of many", long, len(bursts))
	}
	if ordinary == 0 {
		t.Error("no ordinary order")
	}
}
