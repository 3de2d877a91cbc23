package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/api"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
)

func TestSourcesAreTheWriteKeysAndWhoeverSentSomething(t *testing.T) {
	const used event.Time = 1_772_446_830_000
	kept := &storetest.MemoryKeys{}
	for _, k := range []store.APIKey{
		{ID: "web", Name: "web shop", Scopes: []string{"ingest"}, Limit: 500, LastUsed: used},
		{ID: "app", Name: "app", Scopes: []string{"ingest", "read"}},
		{ID: "read", Name: "a reader", Scopes: []string{"read"}},
		{ID: "gone", Name: "old shop", Scopes: []string{"ingest"}, Revoked: used},
		{ID: "over", Name: "a shop before", Scopes: []string{"ingest"}, Revoked: used},
	} {
		if err := kept.AddAPIKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	later := used.Std().Add(time.Hour)
	stats := collector.Stats{Sources: map[string]collector.SourceStats{
		"web":      {Accepted: 10, Other: 3, Rejected: map[event.Reason]int64{event.UnknownOrder: 4, event.BadAmount: 2}, Retries: 1, LastSeen: later},
		"gone":     {Accepted: 1, LastSeen: later},
		writeKeyID: {LastSeen: later},
	}}
	var duplicates perSource
	duplicates.add("web")
	duplicates.add("web")
	s := &sources{keys: kept, desk: newElsewhere(&storetest.MemoryDesk{}, &runsStore{}).Desk, stats: func() collector.Stats { return stats }, perSecond: 100, duplicates: &duplicates}
	got, err := s.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	source := func(id, name string, limit, twice int64, seen *time.Time) api.Source {
		return api.Source{ID: id, Name: name, Rejected: []api.RejectedPart{}, Limit: &limit, Duplicates: &twice, LastSeen: seen}
	}
	gone, web := source("gone", "old shop", 100, 0, &later), source("web", "web shop", 500, 2, &later)
	gone.Accepted = 1
	web.Accepted, web.Other, web.Retries = 10, 3, 1
	web.Rejected = []api.RejectedPart{{Reason: "unknown_order", Events: 4}, {Reason: "bad_amount", Events: 2}}
	want := []api.Source{source("app", "app", 100, 0, nil), gone, source(writeKeyID, "the key of --write-key", 100, 0, &later), web}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}

	s.duplicates, s.perSecond = nil, 0
	stats.Sources = nil
	if got, err = s.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	noted := used.Std()
	want = []api.Source{source("app", "app", 0, 0, nil), source("web", "web shop", 500, 0, &noted)}
	for i := range want {
		want[i].Duplicates = nil
	}
	want[0].Limit = nil
	for i := range got {
		got[i].PerSecond = nil // by the clock
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("where nothing was sent here (-want +got):\n%s", diff)
	}
}

// TestSourcesAreThoseOfAllProcesses: what collectors took adds up, and so does what streams
// saw twice.
func TestSourcesAreThoseOfAllProcesses(t *testing.T) {
	kept, e := &storetest.MemoryKeys{}, newElsewhere(&storetest.MemoryDesk{}, &runsStore{})
	if err := kept.AddAPIKey(t.Context(), store.APIKey{ID: "web", Name: "web shop", Scopes: []string{"ingest"}}); err != nil {
		t.Fatal(err)
	}
	early := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	late := early.Add(time.Hour)
	own := map[string]collector.SourceStats{"web": {Accepted: 10, Rejected: map[event.Reason]int64{event.BadAmount: 2}, LastSeen: early}}
	s := &sources{keys: kept, desk: e.Desk, stats: func() collector.Stats { return collector.Stats{Sources: own} }}
	e.hear(t, store.ReportSources, e.Owner, s.said()) // is not counted twice
	e.hear(t, store.ReportSources, "collector", sourcesSaid{Sent: map[string]collector.SourceStats{
		"web": {Accepted: 5, Other: 1, Retries: 3, Rejected: map[event.Reason]int64{event.BadAmount: 1}, LastSeen: late},
	}})
	e.hear(t, store.ReportSources, "worker 1", sourcesSaid{Duplicates: map[string]int64{"web": 4}})
	e.hear(t, store.ReportSources, "worker 2", sourcesSaid{Duplicates: map[string]int64{"web": 3}})
	got, err := s.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	twice := int64(7)
	want := []api.Source{{
		ID: "web", Name: "web shop", Accepted: 15, Other: 1, Retries: 3, Rejected: []api.RejectedPart{{Reason: "bad_amount", Events: 3}}, Duplicates: &twice, LastSeen: &late,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if n := own["web"].Rejected[event.BadAmount]; n != 2 {
		t.Errorf("the collector's own count became %d", n)
	}
}

func TestNamesOfSourcesTakeNoMemoryWithoutEnd(t *testing.T) {
	var p perSource
	for i := range 2 * maxSources {
		p.add(time.Duration(i).String())
	}
	p.add(time.Duration(0).String())
	if len(p.counts) != maxSources || p.all()[time.Duration(0).String()] != 2 || p.all()[time.Duration(maxSources).String()] != 0 {
		t.Errorf("%d names", len(p.counts))
	}
}
