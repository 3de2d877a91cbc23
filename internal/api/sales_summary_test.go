package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestSummaryPeriods(t *testing.T) {
	f := newFixture(t) // at 2026-03-02 10:20:30 UTC
	type periods struct{ From, To, PreviousFrom, PreviousTo, ComparedUntil string }
	for name, tc := range map[string]struct {
		query string
		want  periods
	}{
		"the default is 24 hours": {"", periods{"03-01 10:21", "03-02 10:21", "02-28 10:21", "03-01 10:20", "03-02 10:20"}},
		"an hour":                 {"?range=1h", periods{"03-02 09:21", "03-02 10:21", "03-02 08:21", "03-02 09:20", "03-02 10:20"}},
		"15 minutes":              {"?range=15m", periods{"03-02 10:06", "03-02 10:21", "03-02 09:51", "03-02 10:05", "03-02 10:20"}},
		"the word of a day":       {"?range=today", periods{"03-02 00:00", "03-03 00:00", "03-01 00:00", "03-01 10:20", "03-02 10:20"}},
		"today":                   {"?range=1d", periods{"03-02 00:00", "03-03 00:00", "03-01 00:00", "03-01 10:20", "03-02 10:20"}},
		"a week goes back further than minutes are kept": {"?range=1w", periods{"02-24 00:00", "03-03 00:00", "02-17 00:00", "02-23 10:00", "03-02 10:00"}},
		"28 days":                          {"?range=28d", periods{"02-03 00:00", "03-03 00:00", "01-06 00:00", "02-02 10:00", "03-02 10:00"}},
		"a period that is over":            {"?from=2026-03-01&to=2026-03-02", periods{"03-01 00:00", "03-02 00:00", "02-28 00:00", "03-01 00:00", "03-02 00:00"}},
		"until now":                        {"?from=2026-03-02", periods{"03-02 00:00", "03-02 10:21", "03-01 13:39", "03-01 23:59", "03-02 10:20"}},
		"a period that goes on":            {"?from=2026-03-02&to=2026-03-04", periods{"03-02 00:00", "03-04 00:00", "02-28 00:00", "02-28 10:20", "03-02 10:20"}},
		"seconds are cut to minutes":       {"?from=2026-03-01T10:00:30Z&to=2026-03-01T11:00:01Z", periods{"03-01 10:00", "03-01 11:01", "03-01 08:59", "03-01 10:00", "03-01 11:01"}},
		"both filters are kept by hour":    {"?range=2h&country=DE&category=Books", periods{"03-02 09:00", "03-02 11:00", "03-02 07:00", "03-02 08:00", "03-02 10:00"}},
		"one hour of both has no past yet": {"?range=1h&country=DE&category=Books", periods{"03-02 10:00", "03-02 11:00", "03-02 09:00", "03-02 09:00", "03-02 10:00"}},
		"a period ahead":                   {"?from=2026-03-05&to=2026-03-06", periods{"03-05 00:00", "03-06 00:00", "03-04 00:00", "03-04 00:00", "03-05 00:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode[SalesSummary](t, f.get(t, "/api/v1/sales/summary"+tc.query)).Data
			var got periods
			for at, to := range map[*string]time.Time{
				&got.From: d.From, &got.To: d.To, &got.PreviousFrom: d.Previous.From, &got.PreviousTo: d.Previous.To, &got.ComparedUntil: d.Previous.ComparedUntil,
			} {
				*at = to.UTC().Format("01-02 15:04")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("periods (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSummaryComparesEquallyLongParts(t *testing.T) {
	f := newFixture(t)
	f.store.add(exampleNow-30*minuteMS, "DE", "Books", store.Sales{Orders: 3, Units: 6, RevenueMinor: 3000})
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 100, Units: 100, RevenueMinor: 100}) // in totals, not in the comparison
	f.store.add(exampleNow-90*minuteMS, "DE", "Books", store.Sales{Orders: 2, Units: 8, RevenueMinor: 2500, Refunds: 1, RefundedMinor: 500})
	f.store.add(exampleNow-60*minuteMS, "DE", "Books", store.Sales{Orders: 50}) // its counterpart: the last, uncompared minute of the hour before
	f.store.add(exampleNow-5*minuteMS, "US", "Books", store.Sales{Orders: 999})

	got := decode[SalesSummary](t, f.get(t, "/api/v1/sales/summary?range=1h&country=DE"))
	ratio := func(r float64) *float64 { return &r }
	if diff := cmp.Diff(SalesChange{Orders: ratio(0.5), Units: ratio(-0.25), NetRevenue: ratio(0.5), AverageOrderValue: ratio(-0.2)}, got.Data.Change); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	if got.Data.Totals.Orders != 103 || got.Data.Previous.Totals.Orders != 2 || !got.Meta.Partial {
		t.Errorf("totals %d, previous %d, partial %v", got.Data.Totals.Orders, got.Data.Previous.Totals.Orders, got.Meta.Partial)
	}
}

func TestNothingBeforeIsNoChange(t *testing.T) {
	f := newFixture(t)
	got := decode[SalesSummary](t, f.get(t, "/api/v1/sales/summary?from=2026-02-01&to=2026-02-02"))
	if diff := cmp.Diff(SalesChange{}, got.Data.Change); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	if got.Data.Totals.AverageOrderValueMinor != nil || got.Meta.Partial {
		t.Errorf("answer %+v", got)
	}
}

func TestComparedPartsAreEquallyLongAndWithinTheirPeriods(t *testing.T) {
	f := newFixture(t)
	rapid.Check(t, func(t *rapid.T) {
		now := exampleNow + event.Time(rapid.Int64Range(0, int64(40*dayMS)).Draw(t, "now"))
		in := &salesSummaryInput{}
		if rapid.Bool().Draw(t, "both") {
			in.Country, in.Category = "DE", "Books"
		}
		if rapid.Bool().Draw(t, "range") {
			in.Range = rapid.StringMatching(`[1-9][0-9]{0,2}[hdw]`).Draw(t, "span")
		} else {
			from := now + event.Time(rapid.Int64Range(-int64(90*dayMS), int64(2*dayMS)).Draw(t, "from"))
			in.From = from.String()
			in.To = (from + event.Time(rapid.Int64Range(1, int64(90*dayMS)).Draw(t, "length"))).String()
		}
		p, errs := f.comparison(in, now)
		if errs != nil {
			if in.Range == "" {
				t.Fatalf("refused: %v", errs)
			}
			return // over 400 days
		}
		switch {
		case p.from >= p.to, p.until < p.from, p.until > p.to, p.to > now && p.until > max(now, p.from):
			t.Fatalf("current period %+v at %v", p, now)
		case p.from-p.before != p.to-p.from:
			t.Fatalf("periods of unequal length: %+v", p)
		case p.until-p.from != p.beforeElapsed-p.before:
			t.Fatalf("compared parts of unequal length: %+v", p)
		case f.windowStart(p.from, p.unit) != p.from, f.windowStart(p.until, p.unit) != p.until, f.windowStart(p.beforeElapsed, p.unit) != p.beforeElapsed:
			t.Fatalf("not whole %ss: %+v", p.unit, p)
		}
	})
}
