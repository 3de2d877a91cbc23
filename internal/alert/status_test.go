package alert

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/rules"
	"globalmart/internal/store"
)

func TestTheStatusCountsTheOpenAlertsOfWhoIsAtWork(t *testing.T) {
	s := newShopStore()
	now := time.UnixMilli(int64(noon))
	e := New(Config{Store: s, Rules: rules.Default(), Owner: "a", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if diff := cmp.Diff(Status{}, e.Status()); diff != "" {
		t.Errorf("before it began (-want +got):\n%s", diff)
	}
	s.set("p", 0)
	s.set("q", 0)
	if err := e.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := Status{Leading: true, Open: map[store.AlertKind]int64{store.AlertStock: 2}}
	if diff := cmp.Diff(want, e.Status()); diff != "" {
		t.Errorf("with two products out (-want +got):\n%s", diff)
	}
	s.set("p", 1000)
	now = now.Add(10 * time.Second)
	if err := e.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := e.Status().Open[store.AlertStock]; got != 1 {
		t.Errorf("%d alerts are open, want 1", got)
	}
	e.retire()
	if diff := cmp.Diff(Status{}, e.Status()); diff != "" {
		t.Errorf("after it retired (-want +got):\n%s", diff)
	}
}
