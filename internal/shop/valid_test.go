package shop

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/event"
)

func TestEveryEventIsValidAndReadsBackAsItWas(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"load":     nil,
		"business": func(c *Config) { c.Rate = Business(100_000) },
		"faults":   func(c *Config) { c.Faults = Faults{Anomalies: 0.02, Late: 0.02, Duplicates: 0.02} },
	} {
		t.Run(name, func(t *testing.T) {
			s := testShop(t, change)
			var dec event.Decoder
			buf := make([]byte, 0, 64<<10)
			n := 0
			check := func(e Emission) {
				if err := e.Event.Validate(); err != nil {
					t.Fatalf("%v: %+v", err, *e.Event)
				}
				got, err := decoded(t, &dec, e, buf)
				if err != nil {
					t.Fatalf("%v: %s", err, record(e))
				}
				if e.Topic != got.Type.Topic() || e.Key != got.Key() {
					t.Fatalf("sent to %s under %s: %s", e.Topic, e.Key, record(e))
				}
				if n++; n%50 != 0 { // comparing is slow
					return
				}
				if diff := cmp.Diff(*e.Event, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("the event reads back differently (-sent +read):\n%s", diff)
				}
			}
			for e := range s.Catalogue() {
				if check(e); n == 2000 {
					break
				}
			}
			first(s, 60_000, check)
		})
	}
}

func TestCorruptRecordsAreRefusedForTheReasonOfTheirLabel(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults.Corrupt = 0.1 })
	var dec event.Decoder
	var found []event.Reason
	first(s, 60_000, func(e Emission) {
		if e.Raw == nil {
			return
		}
		if e.Event != nil || e.Truth == nil || e.Truth.Kind != Corrupt || e.Key == "" || e.Truth.Key != e.Key {
			t.Fatalf("corrupt record with event %v, key %q, label %+v", e.Event, e.Key, e.Truth)
		}
		_, err := decoded(t, &dec, e, nil)
		invalid, ok := errors.AsType[*event.Invalid](err)
		if !ok || invalid.Reason != e.Truth.Reason {
			t.Fatalf("refused with %v, labelled %s: %.1000s", err, e.Truth.Reason, e.Raw)
		}
		if !slices.Contains(found, invalid.Reason) {
			found = append(found, invalid.Reason)
		}
	})
	for _, want := range event.Reasons {
		if !slices.Contains(found, want) {
			t.Errorf("no corrupt record is refused for %s", want)
		}
	}
}
