package processor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/store"
)

func product(id string, at event.Time, name string) event.Event {
	return event.Event{Type: event.TypeProduct, ID: id, ProductID: "p", Name: name, Timestamp: at, ReceivedAt: at, PriceMinor: 5, CostMinor: 3, Active: true}
}

func TestTheLatestProductWins(t *testing.T) {
	for name, tt := range map[string]struct {
		events []event.Event
		want   string
	}{
		"the later one":                    {[]event.Event{product("a", noon, "old"), product("b", noon+1, "new")}, "new"},
		"the later one, if it comes first": {[]event.Event{product("b", noon+1, "new"), product("a", noon, "old")}, "new"},
		"at one time, the higher event id": {[]event.Event{product("b", noon, "high"), product("a", noon, "low")}, "high"},
		"once more":                        {[]event.Event{product("a", noon, "low"), product("b", noon, "high")}, "high"},
	} {
		t.Run(name, func(t *testing.T) {
			out := fold(store.Reference, rulesOf("UTC"), tt.events...)
			if got := out.Products["p"].Name; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStockMovementsMoveNoCatalogue(t *testing.T) {
	out := fold(store.Reference, rulesOf("UTC"), event.Event{Type: event.TypeInventoryUpdate, ProductID: "p", Delta: 5, Timestamp: noon, ReceivedAt: noon})
	if n := len(out.Products) + len(out.Customers); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// TestTheLatestValuesWinInAnyOrder gives the catalogue's events in two orders.
func TestTheLatestValuesWinInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []event.Event
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			e := rapid.OneOf(rapid.Custom(eventtest.Product), rapid.Custom(eventtest.Customer)).Draw(t, "event")
			e.ReceivedAt = noon + event.Time(rapid.IntRange(0, 2).Draw(t, "at"))
			e.Timestamp, e.ClockSkewMS = e.ReceivedAt, 0
			e.ProductID = rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "product")
			e.UserID = rapid.SampledFrom([]string{"u1", "u2"}).Draw(t, "customer")
			events = append(events, e)
		}
		want := tables(fold(store.Reference, rulesOf("UTC"), events...))
		got := tables(fold(store.Reference, rulesOf("UTC"), rapid.Permutation(events).Draw(t, "permuted")...))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("rows (-one order +another):\n%s", diff)
		}
	})
}
