package warehousetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/warehouse"
)

func newestRun(t *testing.T, open Open) {
	s := New(t, open)
	made := s.Publish(t, "one", Marts(40, 4, 20))
	r := s.Source
	state, err := r.State(t.Context())
	if want := (warehouse.State{Run: "one", AsOf: "2026-03-02", Created: made.Created, Seam: made.Seam()}); err != nil || state.Run != want.Run || state.AsOf != want.AsOf || !state.Created.Equal(want.Created) || state.Seam != want.Seam {
		t.Errorf("state %+v, want %+v: %v", state, want, err)
	}
	segments, err := r.Segments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(segments.Rows) != 2 || segments.Rows[0].Name != "Champions" || *segments.Rows[0].AvgMonetaryMinor != 50 || segments.Rows[1].AvgFrequency != nil || segments.State.Run != "one" {
		t.Errorf("segments %+v", segments)
	}
	customers, err := r.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 2, Skip: 1}, Segment: "Champions", Country: "DE"})
	if err != nil {
		t.Fatal(err)
	}
	want := []warehouse.Customer{
		{UserID: "u12", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 5, MonetaryMinor: 120, R: 5, F: 4, M: 3},
		{UserID: "u6", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 6, MonetaryMinor: 60, R: 5, F: 4, M: 3},
	}
	if diff := cmp.Diff(want, customers.Rows); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	trend, err := r.Trend(t.Context(), warehouse.TrendQuery{Page: warehouse.Page{Limit: 100}, Granularity: "day", Country: "DE", From: "2026-02-27", To: "2026-03-02"})
	if err != nil || len(trend.Rows) != 3 || trend.Rows[0].Start != "2026-03-01" || trend.Rows[0].Complete || !trend.Rows[1].Complete || trend.Rows[0].NetMinor != 100 {
		t.Errorf("trend %+v, %v", trend.Rows, err)
	}
	cohorts, err := r.Cohorts(t.Context(), warehouse.CohortQuery{From: "2026-02-01"})
	if err != nil || len(cohorts.Rows) != 1 || cohorts.Rows[0].Customers != 3 || cohorts.Rows[0].Complete {
		t.Errorf("cohorts %+v, %v", cohorts.Rows, err)
	}
	s.Publish(t, "two", map[string]string{"mart_segment": "select * from (" + Marts(0, 1, 0)["mart_segment"] + ") where segment = 'Lost'"})
	if now, err := r.Segments(t.Context(), ""); err != nil || len(now.Rows) != 1 || now.State.Run != "two" {
		t.Errorf("after another run: %+v, %v", now, err)
	}
	if before, err := r.Segments(t.Context(), "one"); err != nil || len(before.Rows) != 2 || before.State.Run != "one" {
		t.Errorf("the run before: %+v, %v", before, err)
	}
	for _, run := range []string{"never", "../../etc/passwd"} {
		if _, err := r.Segments(t.Context(), run); !errors.Is(err, warehouse.ErrGone) {
			t.Errorf("run %s: %v", run, err)
		}
	}
}

func productOrders(t *testing.T, open Open) {
	s := New(t, open)
	s.Publish(t, "one", Marts(40, 4, 0))
	for sort, want := range map[warehouse.ProductSort][]string{
		warehouse.ByRevenue:    {"p37", "p33"},
		warehouse.ByUnits:      {"p37", "p33"},
		warehouse.ByOrders:     {"p37", "p33"},
		warehouse.ByViews:      {"p37", "p33"},
		warehouse.ByMargin:     {"p37", "p33"}, // none is known: by revenue
		warehouse.ByConversion: {"p37", "p33"},
		warehouse.ByReturnRate: {"p37", "p33"},
		warehouse.ByRankChange: {"p37", "p33"},
	} {
		got, err := s.Source.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Limit: 2}, Days: 30, Category: "c1", Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range got.Rows {
			ids = append(ids, p.ID)
			if p.Brand != nil || p.Name == nil || *p.Category != "c1" || p.NetMinor%1000 != 0 || p.Days != 30 {
				t.Errorf("%+v", p)
			}
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", sort, diff)
		}
	}
	// Known margins come first, and of those that are not known, or equal, category and revenue decide.
	got, err := s.Source.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Skip: 18, Limit: 4}, Days: 7, Sort: warehouse.ByMargin})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range got.Rows {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"p2", "p0", "p37", "p33"}, ids); diff != "" {
		t.Errorf("the end of the known margins (-want +got):\n%s", diff)
	}
	if _, err := s.Source.Products(t.Context(), warehouse.ProductQuery{Sort: "net_minor; drop table x"}); err == nil {
		t.Error("an order that there is not was taken")
	}
}

// pagesStay reads a list page by page, while a run is published between two of them.
func pagesStay(t *testing.T, open Open) {
	s := New(t, open)
	s.Publish(t, "run-1", Versions(1))
	page := warehouse.Page{Limit: 7}
	var read int
	for n := 2; ; n++ {
		got, err := s.Source.Customers(t.Context(), warehouse.CustomerQuery{Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got.Rows {
			if c.MonetaryMinor != 1 || got.State.Run != "run-1" {
				t.Fatalf("after %d customers of run-1 came %+v of %s", read, c, got.State.Run)
			}
			read++
		}
		if len(got.Rows) < page.Limit {
			break
		}
		page.Run, page.Skip = got.State.Run, page.Skip+page.Limit
		s.Publish(t, fmt.Sprint("run-", n), Versions(n))
	}
	if read != customersOf(1) {
		t.Errorf("%d customers on all pages, want %d", read, customersOf(1))
	}
}

func gone(t *testing.T, open Open) {
	s := New(t, open)
	s.Publish(t, "run-1", Versions(1))
	s.Pass(time.Minute)
	s.Publish(t, "run-2", Versions(2))
	s.Pass(warehouse.Grace - time.Minute)
	s.Publish(t, "run-3", Versions(3))
	if _, err := s.Source.Segments(t.Context(), "run-1"); err != nil {
		t.Errorf("a run that was replaced not so long ago: %v", err)
	}
	s.Pass(2 * time.Minute)
	s.Publish(t, "run-4", Versions(4))
	if _, err := s.Source.Cohorts(t.Context(), warehouse.CohortQuery{Run: "run-1"}); !errors.Is(err, warehouse.ErrGone) {
		t.Errorf("a run that was replaced long ago: %v", err)
	}
	if got, err := s.Source.Segments(t.Context(), "run-2"); err != nil || got.State.Run != "run-2" {
		t.Errorf("the one after it: %v", err)
	}
}
