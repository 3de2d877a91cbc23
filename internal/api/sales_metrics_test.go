package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestMetricsAnswerTheNewestWindows(t *testing.T) {
	f := newFixture(t)
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 3, Units: 4, RevenueMinor: 1000, Refunds: 1, UnitsReturned: 1, RefundedMinor: 250, TaxMinor: 80, ShippingMinor: 50})
	f.store.add(exampleNow-3*minuteMS, "US", "Toys", store.Sales{Orders: 1, Units: 1, RevenueMinor: 500})

	w := f.get(t, "/api/v1/sales/metrics?limit=10")
	want := `{"data":{"granularity":"minute","windows":[` +
		`{"start":"2026-03-02T10:20:00Z","end":"2026-03-02T10:21:00Z","partial":true,"orders":3,"units":4,"revenue_minor":1000,"refunds":1,"units_returned":1,"refunded_minor":250,"net_revenue_minor":750,"tax_minor":80,"shipping_minor":50,"average_order_value_minor":333},` +
		`{"start":"2026-03-02T10:17:00Z","end":"2026-03-02T10:18:00Z","partial":false,"orders":1,"units":1,"revenue_minor":500,"refunds":0,"units_returned":0,"refunded_minor":0,"net_revenue_minor":500,"tax_minor":0,"shipping_minor":0,"average_order_value_minor":500}]},` +
		`"meta":{"as_of":"2026-03-02T10:20:29.76Z","source":"stream","partial":true,"currency":"USD","time_zone":"UTC","lag_ms":240}}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("status %d, header %v", w.Code, w.Header())
	}
}

func TestDaysAreDaysOfTheShop(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(c *Config, d *Deps) {
		c.Rules = testRules("America/New_York")
		d.Calendar = zoneCalendar{zone}
	})
	f.now = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	at := func(s string) event.Time {
		tm, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return event.TimeOf(tm)
	}
	one := store.Sales{Orders: 1, RevenueMinor: 100}
	f.store.add(at("2026-03-08T04:59:00Z"), "US", "A", one) // the last minute of the 7th
	f.store.add(at("2026-03-08T05:00:00Z"), "US", "A", one) // the first of the 8th, a day of 23 hours
	f.store.add(at("2026-03-09T03:59:00Z"), "US", "A", one) // its last
	f.store.add(at("2026-03-09T04:00:00Z"), "US", "A", one)

	type day struct {
		Start, End string
		Orders     int64
	}
	days := func(target string) []day {
		var out []day
		for _, w := range decode[SalesMetrics](t, f.get(t, target)).Data.Windows {
			out = append(out, day{w.Start.Format(time.RFC3339), w.End.Format(time.RFC3339), w.Orders})
		}
		return out
	}
	all := []day{
		{"2026-03-09T00:00:00-04:00", "2026-03-10T00:00:00-04:00", 1},
		{"2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 2},
		{"2026-03-07T00:00:00-05:00", "2026-03-08T00:00:00-05:00", 1},
	}
	for name, tc := range map[string]struct {
		query string
		want  []day
	}{
		"all":                                  {"", all},
		"limit counts days":                    {"&limit=2", all[:2]},
		"from a day":                           {"&from=2026-03-08", all[:2]},
		"from within a day starts at the next": {"&from=2026-03-08T06:00:00Z", all[:1]},
		"to is exclusive":                      {"&to=2026-03-09", all[1:]},
		"to within a day includes it":          {"&to=2026-03-08T06:00:00-05:00", all[1:]},
		"an unescaped plus sign":               {"&to=2026-03-08T13:00:00+02:00", all[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, days("/api/v1/sales/metrics?granularity=day"+tc.query)); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFiltersReachTheStore(t *testing.T) {
	f := newFixture(t)
	decode[SalesMetrics](t, f.get(t, "/api/v1/sales/metrics?granularity=hour&country=de&category=Home+%26+Garden&limit=7&from=2026-03-01&to=2026-03-02"))
	want := []store.SalesQuery{{
		From: 1772323200000, To: 1772409600000, Granularity: store.Hour, Country: "DE", Category: "Home & Garden", Limit: 7,
	}}
	if diff := cmp.Diff(want, f.store.asked); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}
