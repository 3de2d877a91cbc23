package processor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// sessionTotals are what a golden file holds of the sessions of a shop.
type sessionTotals struct {
	Sessions  int                      `json:"sessions"`
	Sum       store.Session            `json:"sum"`        // End is the longest
	ByCountry map[string]int           `json:"by_country"` // sessions
	ByDevice  map[string]int           `json:"by_device"`
	Closed    map[store.FunnelStep]int `json:"closed_funnel"`
	Open      map[store.FunnelStep]int `json:"open_funnel"`
}

func sessionTotalsOf(rows map[store.SessionKey]store.Session) sessionTotals {
	t := sessionTotals{
		Sessions: len(rows), ByCountry: map[string]int{}, ByDevice: map[string]int{},
		Closed: map[store.FunnelStep]int{}, Open: map[store.FunnelStep]int{},
	}
	for k, s := range rows {
		t.ByCountry[s.Country]++
		t.ByDevice[s.Device]++
		reached := s.Reached()
		for i, step := range store.FunnelSteps {
			if i < reached {
				t.Closed[step]++
			}
			if s.Did(step) {
				t.Open[step]++
			}
		}
		t.Sum.End = max(t.Sum.End, s.End-k.Start)
		t.Sum.Events += s.Events
		t.Sum.Views += s.Views
		t.Sum.Adds += s.Adds
		t.Sum.Checkouts += s.Checkouts
		t.Sum.Orders += s.Orders
		t.Sum.Units += s.Units
		t.Sum.RevenueMinor += s.RevenueMinor
	}
	return t
}

// shopSessions folds the first n emissions of a shop with a tick a minute, and
// returns the sessions that are stored in the end, and those of the model.
func shopSessions(t testing.TB, s *shop.Shop, r rules.Rules, n int) (want, got map[store.SessionKey]store.Session) {
	t.Helper()
	got = map[store.SessionKey]store.Session{}
	sessions, m := processor.NewSessions(r), model.New(r)
	ticked := event.Time(0)
	tick := func(now event.Time) {
		out := store.NewChanges()
		sessions.Tick(now, out)
		for k, row := range out.Sessions {
			got[k] = *row
		}
		ticked = now
	}
	var dec event.Decoder
	var decoded event.Event
	for e := range s.Events() {
		if n--; n < 0 {
			break
		}
		value := e.Raw
		if e.Event != nil {
			value = e.Event.AppendJSON(nil)
		}
		if m.Record(&kgo.Record{Topic: e.Topic, Value: value, Timestamp: e.At.Std()}).Disposition == model.Applied {
			if err := dec.Decode(value, e.At, &decoded); err != nil {
				t.Fatal(err)
			}
			out := store.NewChanges()
			sessions.Apply(&decoded, out)
			for k := range out.Sessions {
				delete(got, k)
			}
		}
		clear(value) // nothing may be kept of it
		if e.At-ticked >= minute {
			tick(e.At)
		}
	}
	tick(ticked + hour)
	want = map[store.SessionKey]store.Session{}
	for k, s := range m.Shoppers().Visitors.Sessions(r.Session) {
		want[k] = s.Session
	}
	return want, got
}

// TestSessionsOfAShopComeToTheseTotals compares them with the model's, one by one,
// and their totals with a golden file, see TestAShopOfASeedComesToTheseTotals.
func TestSessionsOfAShopComeToTheseTotals(t *testing.T) {
	for _, seed := range []uint64{1, 2, 42} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rulesOf("UTC")
			want, sessions := shopSessions(t, newShop(t, seed, r), r, 20_000)
			check(t, "sessions (-model +processor)", want, sessions)
			got, err := json.MarshalIndent(sessionTotalsOf(sessions), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", fmt.Sprintf("sessions-%d.json", seed))
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(golden, got) {
				t.Errorf("totals (-want +got):\n%s", cmp.Diff(string(golden), string(got)))
			}
		})
	}
}
