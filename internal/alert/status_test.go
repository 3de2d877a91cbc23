package alert

import (
	"errors"
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
	e.turn(t.Context())
	want := Status{Leading: true, Open: map[store.AlertKind]int64{store.AlertStock: 2}}
	if diff := cmp.Diff(want, e.Status()); diff != "" {
		t.Errorf("with two products out (-want +got):\n%s", diff)
	}
	s.set("p", 1000)
	now = now.Add(10 * time.Second)
	e.turn(t.Context())
	if got := e.Status().Open[store.AlertStock]; got != 1 {
		t.Errorf("%d alerts are open, want 1", got)
	}
	s.fail = func() (before, after error) { return errors.New("the disk is gone"), nil }
	s.set("p", 0)
	now = now.Add(10 * time.Second)
	e.turn(t.Context())
	if st := e.Status(); st.Leading || st.Late == nil {
		t.Errorf("with a store that is away: %+v", st)
	}
	s.fail = nil
	e.turn(t.Context())
	if st := e.Status(); !st.Leading || st.Late != nil {
		t.Errorf("with a store that is back: %+v", st)
	}
	e.retire()
	if diff := cmp.Diff(Status{}, e.Status()); diff != "" {
		t.Errorf("after it retired (-want +got):\n%s", diff)
	}
}
