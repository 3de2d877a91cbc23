package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// ranges are what a dashboard asks for.
var ranges = []string{"today", "yesterday", "7d", "1w", "3d", "30h", "24h", "mtd"}

// checkSeries asks for a series, the split, the heatmap and the KPIs of a period, which
// all have to come to the sums of what was sold in it, and the compared ones likewise.
func checkSeries(t *testing.T, r *rapid.T, f *fixture, counted []sale, filter Filter) {
	t.Helper()
	q := url.Values{"range": {rapid.SampledFrom(ranges).Draw(r, "of range")}, "compare": {rapid.SampledFrom([]string{"prev", "off"}).Draw(r, "compare")}}
	setFilter(q, filter)
	kpis := decode[KPIs](t, f.get(t, "/api/v1/kpis?"+q.Encode())).Data
	from, to := event.TimeOf(kpis.From), event.TimeOf(kpis.To)
	total := totalOf(counted, from, to, filter)
	if got := *kpis.KPIs[0].Value; got != float64(total.NetMinor()) {
		r.Fatalf("%s: net revenue %v, want %d", q.Encode(), got, total.NetMinor())
	}
	if c := kpis.Previous; c != nil && c.Known {
		was := totalOf(counted, event.TimeOf(c.From), event.TimeOf(c.To), filter)
		is := totalOf(counted, from, event.TimeOf(c.Until), filter)
		if k := kpis.KPIs[1]; *k.Previous != float64(was.Orders) || *k.Compared != float64(is.Orders) || *k.Change != float64(is.Orders-was.Orders) {
			r.Fatalf("%s: orders %+v, want %d after %d", q.Encode(), k, is.Orders, was.Orders)
		}
	}
	q.Set("granularity", rapid.SampledFrom([]string{"auto", "hour", "day", "week", "month"}).Draw(r, "points of"))
	checkPoints(t, r, f, counted, q, filter)
	q.Del("granularity")
	for by, all := range map[string][]string{"country": {"DE", "FR"}, "category": {"Books", "Toys"}} {
		split := decode[SalesSplit](t, f.get(t, "/api/v1/sales/by-"+by+"?"+q.Encode())).Data
		if diff := same(split.Total, total); diff != "" {
			r.Fatalf("%s: total by %s (-want +got):\n%s", q.Encode(), by, diff)
		}
		parts := map[string]Measures{}
		for _, p := range split.Parts {
			parts[p.Name] = p.Measures
		}
		for _, name := range all {
			own := filter
			switch by {
			case "country":
				own.Country = name
			default:
				own.Category = name
			}
			want := totalOf(counted, from, to, own)
			if filter.Country != "" && own.Country != filter.Country || filter.Category != "" && own.Category != filter.Category {
				want = store.Sales{}
			}
			got, there := parts[name]
			if !there && want == (store.Sales{}) {
				continue
			}
			if diff := same(got, want); diff != "" {
				r.Fatalf("%s: %s (-want +got):\n%s", q.Encode(), name, diff)
			}
		}
	}
	q.Del("compare")
	cells := decode[Heatmap](t, f.get(t, "/api/v1/sales/heatmap?"+q.Encode())).Data.Cells
	var units int64
	for _, c := range cells {
		units += c.Units
	}
	if len(cells) != 168 || units != total.Units {
		r.Fatalf("%s: %d cells of %d units, want %d", q.Encode(), len(cells), units, total.Units)
	}
}

// checkPoints checks that points follow one another and hold what was sold in each.
func checkPoints(t *testing.T, r *rapid.T, f *fixture, counted []sale, q url.Values, filter Filter) {
	t.Helper()
	s := decode[Series](t, f.get(t, "/api/v1/sales/timeseries?"+q.Encode())).Data
	if len(s.Points) == 0 || s.Points[0].Start.After(s.From) {
		r.Fatalf("%s: %d points", q.Encode(), len(s.Points))
	}
	for i, p := range s.Points {
		if i > 0 && !p.Start.Equal(s.Points[i-1].End) {
			r.Fatalf("%s: a point at %s after one until %s", q.Encode(), p.Start, s.Points[i-1].End)
		}
		want := totalOf(counted, max(event.TimeOf(p.Start), event.TimeOf(s.From)), min(event.TimeOf(p.End), event.TimeOf(s.To)), filter)
		if diff := same(p.Measures, want); diff != "" {
			r.Fatalf("%s: point %s (-want +got):\n%s", q.Encode(), p.Start, diff)
		}
		if p.Previous != nil && s.Previous == nil {
			r.Fatalf("%s: point %s is compared with nothing", q.Encode(), p.Start)
		}
	}
}

func TestPeriodsAreThoseOfTheWords(t *testing.T) {
	f := newFixture(t, func(_ *Config, d *Deps) { d.Shop = nil }) // it is Monday, 2026-03-02, 10:20:30
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for query, want := range map[string][4]string{ // from, to, and what it is compared with
		"range=today":                           {"2026-03-02 00", "2026-03-03 00", "2026-03-01 00", "2026-03-01 10"},
		"range=yesterday":                       {"2026-03-01 00", "2026-03-02 00", "2026-02-28 00", "2026-03-01 00"},
		"range=7d":                              {"2026-02-24 00", "2026-03-03 00", "2026-02-17 00", "2026-02-23 10"},
		"":                                      {"2026-02-03 00", "2026-03-03 00", "2026-01-06 00", "2026-02-02 10"},
		"range=24h":                             {"2026-03-01 11", "2026-03-02 11", "2026-02-28 11", "2026-03-01 10"},
		"range=mtd":                             {"2026-03-01 00", "2026-03-03 00", "2026-02-01 00", "2026-02-02 10"},
		"range=qtd":                             {"2026-01-01 00", "2026-03-03 00", "2025-10-01 00", "2025-12-02 10"},
		"range=ytd":                             {"2026-01-01 00", "2026-03-03 00", "2025-01-01 00", "2025-03-02 10"},
		"range=12mo":                            {"2025-04-01 00", "2026-03-03 00", "2024-04-01 00", "2025-03-02 10"},
		"range=7d&compare=yoy":                  {"2026-02-24 00", "2026-03-03 00", "2025-02-25 00", "2025-03-03 10"},
		"range=mtd&compare=yoy":                 {"2026-03-01 00", "2026-03-03 00", "2025-03-01 00", "2025-03-02 10"},
		"from=2026-02-01&to=2026-03-01":         {"2026-02-01 00", "2026-03-01 00", "2026-01-04 00", "2026-02-01 00"},
		"from=2026-03-01T05:30:00Z":             {"2026-03-01 05", "2026-03-02 11", "2026-02-27 23", "2026-03-01 04"},
		"from=2026-02-01&to=2026-03-01&tz=UTC":  {"2026-02-01 00", "2026-03-01 00", "2026-01-04 00", "2026-02-01 00"},
		"from=2026-03-31&to=2026-04-01&tz=UTC":  {"2026-03-31 00", "2026-04-01 00", "2026-03-30 00", "2026-03-30 00"},
		"from=2026-03-01T00:00:00-05:00&to=now": {},
	} {
		w := f.get(t, "/api/v1/kpis?"+query)
		if want[0] == "" {
			problem(t, w)
			continue
		}
		got := decode[KPIs](t, w).Data
		if !got.From.Equal(at(want[0])) || !got.To.Equal(at(want[1])) {
			t.Errorf("%s: from %s to %s, want %v", query, got.From, got.To, want)
		}
		if c := got.Previous; c == nil && want[2] != want[3] || c != nil && (!c.From.Equal(at(want[2])) || !c.To.Equal(at(want[3]))) {
			t.Errorf("%s: compared with %+v, want %v", query, c, want)
		}
	}
}

func TestWrongPeriodsAreNamed(t *testing.T) {
	f := newFixture(t)
	for query, field := range map[string]string{
		"range=15m": "range", "range=12m": "range", "range=14mo": "range", "range=401d": "range", "range=soon": "range", "range=7d&from=2026-03-01": "range", "to=2026-03-01": "to",
		"from=2026-03-02&to=2026-03-01": "from", "from=2024-03-02&to=2026-03-01": "from", "from=yesterday": "from", "tz=Europe/Berlin": "tz", "compare=before": "compare",
		"country=Germany": "country", "metric=orders": "metric",
	} {
		p := problem(t, f.get(t, "/api/v1/kpis?"+query))
		if p.Status != http.StatusUnprocessableEntity || len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Location, field) {
			t.Errorf("%s: %+v", query, p)
		}
	}
	for target, field := range map[string]string{
		"/api/v1/sales/timeseries?granularity=hour&range=90d": "granularity",
		"/api/v1/sales/by-country?sort=-margin":               "sort",
		"/api/v1/sales/heatmap?range=12mo":                    "range",
		"/api/v1/sales/payments?range=24h":                    "from",
		"/api/v1/sales/funnel?category=Books":                 "category",
		"/api/v1/sales/funnel?range=30h":                      "from",
	} {
		p := problem(t, f.get(t, target))
		if p.Status != http.StatusUnprocessableEntity || len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Location, field) {
			t.Errorf("%s: %+v", target, p)
		}
	}
}
