package api

import (
	"net/url"
	"strings"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// TestSeveralNamesAreAddedUp asks for countries and categories on both sides of the
// seam, one of them with a comma in its name.
func TestSeveralNamesAreAddedUp(t *testing.T) {
	seam := exampleNow - exampleNow%dayMS - dayMS
	f, w := newPastFixture(t, "UTC", seam)
	var all []sale
	for i, at := range []event.Time{seam - 30*hourMS, seam - hourMS, seam + hourMS, exampleNow - hourMS} {
		for k, country := range []string{"DE", "FR", "US"} {
			for l, category := range []string{"Books", "Food, Drinks", "Toys"} {
				s := sale{at: at, country: country, category: category, Sales: store.Sales{Orders: 1, Units: int64(l + 1), RevenueMinor: event.Minor(1000*(i+1) + 100*k + 10*l)}}
				if all = append(all, s); at < seam {
					w.sales = append(w.sales, s)
				} else {
					f.store.add(at, country, category, s.Sales)
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		country, category string
		of                []Filter
	}{
		"two countries":   {"us,de", "", []Filter{{Country: "DE"}, {Country: "US"}}},
		"one twice":       {"DE,de", "", []Filter{{Country: "DE"}}},
		"two categories":  {"", `Toys,Food\, Drinks`, []Filter{{Category: "Food, Drinks"}, {Category: "Toys"}}},
		"two of each":     {"DE,FR", "Books,Toys", []Filter{{Country: "DE", Category: "Books"}, {Country: "DE", Category: "Toys"}, {Country: "FR", Category: "Books"}, {Country: "FR", Category: "Toys"}}},
		"none that exist": {"JP,CN", "", []Filter{{Country: "JP"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var want store.Sales
			for _, filter := range tc.of {
				sum := totalOf(all, 0, exampleNow+dayMS, filter)
				want.Add(&sum)
			}
			q := url.Values{"range": {"7d"}, "country": {tc.country}, "category": {tc.category}}
			if tc.country == "" {
				q.Del("country")
			}
			if tc.category == "" {
				q.Del("category")
			}
			several := strings.Contains(tc.category, ",")
			kpis := decode[KPIs](t, f.get(t, "/api/v1/kpis?"+q.Encode())).Data.KPIs
			if *kpis[0].Value != float64(want.NetMinor()) || (kpis[1].Value == nil) != several || !several && *kpis[1].Value != float64(want.Orders) {
				t.Errorf("net revenue %v, orders %v, want %d and %d", *kpis[0].Value, kpis[1].Value, want.NetMinor(), want.Orders)
			}
			sums := map[string]event.Minor{}
			for _, p := range decode[Series](t, f.get(t, "/api/v1/sales/timeseries?"+q.Encode())).Data.Points {
				sums["points"] += p.NetRevenueMinor
			}
			for _, c := range decode[Heatmap](t, f.get(t, "/api/v1/sales/heatmap?"+q.Encode())).Data.Cells {
				sums["hours"] += c.NetRevenueMinor
			}
			for _, by := range []string{"country", "category"} {
				split := decode[SalesSplit](t, f.get(t, "/api/v1/sales/by-"+by+"?"+q.Encode())).Data
				sums["total by "+by] = split.Total.NetRevenueMinor
				sums[by] = 0
				for _, p := range split.Parts {
					sums[by] += p.NetRevenueMinor
					if known := p.AverageOrderValueMinor != nil; known == (several && by == "country") {
						t.Errorf("%s: average order %v", p.Name, p.AverageOrderValueMinor)
					}
				}
			}
			for what, got := range sums {
				if got != want.NetMinor() {
					t.Errorf("net revenue by %s: %d, want %d", what, got, want.NetMinor())
				}
			}
		})
	}
}

func TestBuyersAreKnownOfOneCountry(t *testing.T) {
	f, _ := newPastFixture(t, "UTC", 0)
	for query, known := range map[string]bool{"": true, "&country=DE": true, "&country=DE,FR": false} {
		kpis := decode[KPIs](t, f.get(t, "/api/v1/kpis?from=2026-02-20&to=2026-03-01"+query)).Data.KPIs
		if got := kpis[len(kpis)-1]; got.KPI != "buyers" || (got.Value != nil) != known {
			t.Errorf("%q: %+v", query, got)
		}
	}
}

func TestPaymentsOfSeveralCountriesAreOneOfEachMethod(t *testing.T) {
	w := newFakeWarehouse()
	f := newFixture(t, func(_ *Config, d *Deps) { d.Warehouse = w })
	got := decode[Payments](t, f.get(t, "/api/v1/sales/payments?country=fr,DE")).Data
	if len(got.Methods) != 2 || got.Methods[0].Completed != 12 || got.Methods[1].Refunds != 2 || got.Total.Failed != 4 {
		t.Errorf("got %+v", got)
	}
	var asked []string
	for _, q := range w.asked {
		if q, ok := q.(warehouse.DaysQuery); ok {
			asked = append(asked, q.Country)
		}
	}
	if strings.Join(asked, " ") != "DE FR" {
		t.Errorf("asked for %q", asked)
	}
}

func TestFunnelsOfSeveralCountriesAreAddedUp(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	sessions := func(countries string) int64 {
		return decode[Funnel](t, f.get(t, "/api/v1/sales/funnel?range=today&country="+countries)).Data.Sessions
	}
	if de, fr, both := sessions("DE"), sessions("FR"), sessions("DE,FR"); both != de+fr || both == 0 {
		t.Errorf("%d sessions in DE and %d in FR, %d in both", de, fr, both)
	}
}

func TestNamesThatCannotBeAddedUpAreRefused(t *testing.T) {
	f := newFixture(t)
	for _, query := range []string{"country=" + strings.Repeat("DE,", 10) + "FR", "country=DE,", "category=a,b,c,d,e,f,g,h,i,j,k", "category=a,,b"} {
		p := problem(t, f.get(t, "/api/v1/kpis?"+query))
		if name, _, _ := strings.Cut(query, "="); p.Status != 422 || len(p.Errors) == 0 || p.Errors[0].Location != "query."+name {
			t.Errorf("%s: %+v", query, p)
		}
	}
}
