package api

import (
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// begun is a warehouse whose history is that of two days, 2026-02-27 and 2026-02-28.
func begun() *pastWarehouse {
	first, seam := instantOf("2026-02-27"), instantOf("2026-03-01")
	w := &pastWarehouse{fakeWarehouse: newFakeWarehouse(), since: first, seam: seam, calendar: zoneCalendar{time.UTC}, zone: time.UTC}
	for at := first; at < seam; at += 6 * hourMS {
		w.sales = append(w.sales, sale{at: at, country: "DE", category: "Books", Sales: store.Sales{Orders: 1, Units: 1, RevenueMinor: 100}})
	}
	return w
}

func instantOf(day string) event.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return event.TimeOf(t)
}

// TestBeforeTheFirstSaleNothingIsCompared: a period that began before anything is known
// is compared with nothing, however little of it is missing.
func TestBeforeTheFirstSaleNothingIsCompared(t *testing.T) {
	for name, tc := range map[string]struct {
		of       string // the length of points
		query    string // it is 2026-03-02 10:20
		past     warehouseReader
		sold     string // the day from whose 02:00 on the live store has a sale each hour
		known    bool
		compared string // which of the points are
	}{
		"history has all of it":        {"day", "range=2d", begun(), "2026-03-01", true, "yy"},
		"history has a part of it":     {"day", "range=3d", begun(), "2026-03-01", false, "nny"},
		"it ends before history":       {"day", "from=2026-02-01&to=2026-02-03", begun(), "2026-03-01", false, "nn"},
		"the log has all of it":        {"hour", "from=2026-03-02T08:00:00Z&to=2026-03-02T10:00:00Z", nil, "2026-03-02", true, "yy"},
		"the log has nothing":          {"hour", "from=2026-03-01T01:00:00Z&to=2026-03-01T02:00:00Z", nil, "2026-03-01", false, "n"},
		"the log begins in its middle": {"hour", "from=2026-03-02T04:00:00Z&to=2026-03-02T08:00:00Z", nil, "2026-03-02", false, "nnyy"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(_ *Config, d *Deps) { d.Shop, d.Warehouse = nil, tc.past })
			for at := instantOf(tc.sold) + 2*hourMS; at < exampleNow; at += hourMS {
				f.store.add(at, "DE", "Books", store.Sales{Orders: 1, Units: 1, RevenueMinor: 100})
			}
			if kpis := decode[KPIs](t, f.get(t, "/api/v1/kpis?"+tc.query)).Data; kpis.Previous == nil || kpis.Previous.Known != tc.known || (kpis.KPIs[0].Previous != nil) != tc.known {
				t.Errorf("figures: known %+v, %+v", kpis.Previous, kpis.KPIs[0])
			}
			split := decode[SalesSplit](t, f.get(t, "/api/v1/sales/by-country?compare=prev&"+tc.query)).Data
			for _, p := range split.Parts {
				if (p.Previous != nil) != tc.known || split.Previous.Known != tc.known {
					t.Errorf("by country: known %v, %+v", split.Previous.Known, p)
				}
			}
			series := decode[Series](t, f.get(t, "/api/v1/sales/timeseries?compare=prev&granularity="+tc.of+"&"+tc.query)).Data
			compared := ""
			for _, p := range series.Points {
				compared += map[bool]string{true: "y", false: "n"}[p.Previous != nil]
			}
			if compared != tc.compared || series.Previous.Known != tc.known {
				t.Errorf("points %s, want %s; known %v", compared, tc.compared, series.Previous.Known)
			}
		})
	}
}
