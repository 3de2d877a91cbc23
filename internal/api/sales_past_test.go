package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// sale is a sale somewhere.
type sale struct {
	at                event.Time
	country, category string
	store.Sales
}

// pastWarehouse answers for sales from a list of them.
type pastWarehouse struct {
	*fakeWarehouse
	seam     event.Time
	since    event.Time
	calendar calendar
	zone     *time.Location
	sales    []sale
}

func (w *pastWarehouse) State(context.Context) (warehouse.State, error) {
	s := fakeRun
	s.Seam, s.Since = w.seam, w.since
	return s, w.err
}

// sum adds up what lies in [from, to) by start, the newest first.
func (w *pastWarehouse) sum(from, to event.Time, country, category string, limit int, start func(event.Time) event.Time) []warehouse.SalesWindow {
	sums := map[event.Time]*store.Sales{}
	for i := range w.sales {
		s := &w.sales[i]
		if s.at < from || s.at >= to || country != "" && country != s.country || category != "" && category != s.category {
			continue
		}
		if sums[start(s.at)] == nil {
			sums[start(s.at)] = &store.Sales{}
		}
		sums[start(s.at)].Add(&s.Sales)
	}
	var windows []warehouse.SalesWindow
	for at, sales := range sums {
		if category != "" {
			sales.TaxMinor, sales.ShippingMinor = 0, 0
		}
		windows = append(windows, warehouse.SalesWindow{Start: at, Sales: *sales})
	}
	slices.SortFunc(windows, func(a, b warehouse.SalesWindow) int { return cmp.Compare(b.Start, a.Start) })
	if limit > 0 && len(windows) > limit {
		windows = windows[:limit]
	}
	return windows
}

func (w *pastWarehouse) SalesDays(_ context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	bound := func(day string, none event.Time) event.Time {
		if day == "" {
			return none
		}
		at, err := time.ParseInLocation(time.DateOnly, day, w.zone)
		if err != nil {
			panic(err)
		}
		return event.TimeOf(at)
	}
	var days []warehouse.SalesDay
	for _, d := range w.sum(bound(q.From, 0), bound(q.To, endOfTime), q.Country, q.Category, q.Limit, w.calendar.DayStart) {
		days = append(days, warehouse.SalesDay{Day: d.Start.Std().In(w.zone).Format(time.DateOnly), Sales: d.Sales})
	}
	return warehouse.Answer[warehouse.SalesDay]{State: fakeRun, Rows: days}, w.err
}

func (w *pastWarehouse) SalesWindows(_ context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error) {
	length := event.Time(step.Milliseconds())
	windows := w.sum(q.From, q.To, q.Country, q.Category, q.Limit, func(t event.Time) event.Time { return t - t%length })
	return warehouse.Answer[warehouse.SalesWindow]{State: fakeRun, Rows: windows}, w.err
}

func (w *pastWarehouse) SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	return w.split(by, q.Country, q.Category, func(country, category string) store.Sales {
		q.Country, q.Category = country, category
		days, _ := w.SalesDays(ctx, q)
		var sum store.Sales
		for i := range days.Rows {
			sum.Add(&days.Rows[i].Sales)
		}
		return sum
	})
}

func (w *pastWarehouse) SalesSplit(ctx context.Context, q warehouse.SalesQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	return w.split(by, q.Country, q.Category, func(country, category string) store.Sales {
		q.Country, q.Category = country, category
		windows, _ := w.SalesWindows(ctx, q, 24*time.Hour)
		var sum store.Sales
		for i := range windows.Rows {
			sum.Add(&windows.Rows[i].Sales)
		}
		return sum
	})
}

// split asks for each country or category that there is.
func (w *pastWarehouse) split(by store.Split, country, category string, total func(country, category string) store.Sales) (warehouse.Answer[store.SalesPart], error) {
	var parts []store.SalesPart
	for _, name := range map[store.Split][]string{store.ByCountry: {"DE", "FR", "US"}, store.ByCategory: {"Books", "Food, Drinks", "Toys"}}[by] {
		sum := store.Sales{}
		switch {
		case by == store.ByCountry && (country == "" || country == name):
			sum = total(name, category)
		case by == store.ByCategory && (category == "" || category == name):
			sum = total(country, name)
		}
		sum.TaxMinor, sum.ShippingMinor = 0, 0
		if sum != (store.Sales{}) {
			parts = append(parts, store.SalesPart{Name: name, Sales: sum})
		}
	}
	return warehouse.Answer[store.SalesPart]{State: fakeRun, Rows: parts}, w.err
}

// newPastFixture is an API in a zone over a warehouse that answers for what happened
// before seam.
func newPastFixture(t testing.TB, zone string, seam event.Time) (*fixture, *pastWarehouse) {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w := &pastWarehouse{fakeWarehouse: newFakeWarehouse(), seam: seam, calendar: zoneCalendar{loc}, zone: loc}
	return newFixture(t, func(c *Config, d *Deps) {
		c.Rules = testRules(zone)
		d.Calendar, d.Warehouse, d.Shop = w.calendar, w, nil
	}), w
}

// TestSalesAcrossTheSeamAreThoseOfBothSides asks for any time with the seam anywhere.
// The store knows something from before the seam and the warehouse something from
// after it: neither counts.
func TestSalesAcrossTheSeamAreThoseOfBothSides(t *testing.T) {
	type shop struct {
		*fixture
		past *pastWarehouse
	}
	shops := map[string]shop{}
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York"} {
		f, w := newPastFixture(t, zone, 0)
		shops[zone] = shop{f, w}
	}
	rapid.Check(t, func(r *rapid.T) {
		zone := rapid.SampledFrom(slices.Sorted(maps.Keys(shops))).Draw(r, "zone")
		today := exampleNow - exampleNow%dayMS
		seam := today - event.Time(rapid.IntRange(0, 6).Draw(r, "days since the seam"))*dayMS
		f, w := shops[zone].fixture, shops[zone].past
		clear(f.store.minute)
		w.seam, w.sales = seam, nil
		var counted []sale
		for range rapid.IntRange(0, 40).Draw(r, "sales") {
			s := sale{
				at:      exampleNow - event.Time(rapid.Int64Range(0, int64(9*dayMS)).Draw(r, "ago")),
				country: rapid.SampledFrom([]string{"DE", "FR"}).Draw(r, "country"), category: rapid.SampledFrom([]string{"Books", "Toys"}).Draw(r, "category"),
				Sales: store.Sales{Orders: 1, Units: 3, RevenueMinor: event.Minor(rapid.IntRange(1, 999).Draw(r, "revenue")), Refunds: 1, UnitsReturned: 1, RefundedMinor: 7, TaxMinor: 2, ShippingMinor: 5},
			}
			both, before := rapid.Bool().Draw(r, "both know it"), s.at < seam
			if before || both {
				w.sales = append(w.sales, s)
			}
			if !before || both {
				f.store.add(s.at, s.country, s.category, s.Sales)
			}
			counted = append(counted, s)
		}
		filter := Filter{
			Country:  rapid.SampledFrom([]string{"", "DE"}).Draw(r, "of country"),
			Category: rapid.SampledFrom([]string{"", "Toys"}).Draw(r, "of category"),
		}
		checkWindows(t, r, f, counted, seam, filter)
		checkSummary(t, r, f, counted, filter)
		checkSeries(t, r, f, counted, filter)
	})
}

// totalOf adds up what lies in [from, to).
func totalOf(sales []sale, from, to event.Time, filter Filter) (sum store.Sales) {
	w := pastWarehouse{sales: sales}
	for _, all := range w.sum(from, to, filter.Country, "", 0, func(event.Time) event.Time { return 0 }) {
		sum = all.Sales
	}
	if filter.Category != "" {
		sum = store.Sales{}
		for _, all := range w.sum(from, to, filter.Country, filter.Category, 0, func(event.Time) event.Time { return 0 }) {
			sum = all.Sales
		}
	}
	return sum
}

// same compares what every answer has: tax and shipping may be unknown.
func same(got Measures, want store.Sales) string {
	m := measures(&want)
	got.TaxMinor, got.ShippingMinor, m.TaxMinor, m.ShippingMinor = nil, nil, nil, nil
	return gocmp.Diff(m, got)
}

func checkWindows(t *testing.T, r *rapid.T, f *fixture, counted []sale, seam event.Time, filter Filter) {
	t.Helper()
	granularities := []store.Granularity{store.Minute, store.Hour, store.Day}
	if filter.both() {
		granularities = granularities[1:]
	}
	g := rapid.SampledFrom(granularities).Draw(r, "granularity")
	limit := rapid.IntRange(1, 30).Draw(r, "limit")
	q := url.Values{"granularity": {string(g)}, "limit": {fmt.Sprint(limit)}}
	from, to := event.Time(0), endOfTime
	if rapid.Bool().Draw(r, "bounded") {
		from = f.windowStart(exampleNow-event.Time(rapid.Int64Range(int64(hourMS), int64(9*dayMS)).Draw(r, "from")), g)
		to = f.windowStart(from+event.Time(rapid.Int64Range(int64(dayMS), int64(9*dayMS)).Draw(r, "length")), g)
		q.Set("from", from.String())
		q.Set("to", to.String())
	}
	setFilter(q, filter)
	answer := decode[SalesMetrics](t, f.get(t, "/api/v1/sales/metrics?"+q.Encode()))
	want := map[event.Time]bool{}
	for _, s := range counted {
		if s.at >= from && s.at < to && (filter.Country == "" || s.country == filter.Country) && (filter.Category == "" || s.category == filter.Category) {
			want[f.windowStart(s.at, g)] = true
		}
	}
	if n := min(limit, len(want)); len(answer.Data.Windows) != n {
		r.Fatalf("%s: %d windows, want %d", q.Encode(), len(answer.Data.Windows), n)
	}
	last := endOfTime
	for _, got := range answer.Data.Windows {
		start := event.TimeOf(got.Start)
		if start >= last || !want[start] {
			r.Fatalf("%s: a window at %s after one at %s", q.Encode(), start, last)
		}
		last = start
		if diff := same(got.Measures, totalOf(counted, start, f.windowEnd(start, g), filter)); diff != "" {
			r.Fatalf("%s: window %s (-want +got):\n%s", q.Encode(), start, diff)
		}
		if known := filter.Category == "" || start >= seam; known != (got.TaxMinor != nil) {
			r.Fatalf("%s: window %s has tax %v", q.Encode(), start, got.TaxMinor)
		}
	}
}

func checkSummary(t *testing.T, r *rapid.T, f *fixture, counted []sale, filter Filter) {
	t.Helper()
	q := url.Values{"range": {rapid.SampledFrom([]string{"1h", "24h", "90h", "1d", "3d", "1w"}).Draw(r, "range")}}
	setFilter(q, filter)
	s := decode[SalesSummary](t, f.get(t, "/api/v1/sales/summary?"+q.Encode())).Data
	for name, part := range map[string]struct {
		from, to time.Time
		got      Measures
	}{"current": {s.From, s.To, s.Totals}, "previous": {s.Previous.From, s.Previous.To, s.Previous.Totals}} {
		if diff := same(part.got, totalOf(counted, event.TimeOf(part.from), event.TimeOf(part.to), filter)); diff != "" {
			r.Fatalf("%s: %s from %s to %s (-want +got):\n%s", q.Encode(), name, part.from, part.to, diff)
		}
	}
}

func setFilter(q url.Values, f Filter) {
	if f.Country != "" {
		q.Set("country", f.Country)
	}
	if f.Category != "" {
		q.Set("category", f.Category)
	}
}

func TestAnAnswerSaysWhereItsFiguresComeFrom(t *testing.T) {
	seam := exampleNow - exampleNow%dayMS - dayMS // yesterday 00:00
	f, w := newPastFixture(t, "UTC", seam)
	for _, at := range []event.Time{seam - hourMS, seam + hourMS} {
		w.sales = append(w.sales, sale{at, "DE", "Books", store.Sales{Orders: 1}})
		f.store.add(at, "DE", "Books", store.Sales{Orders: 1})
	}
	for target, want := range map[string]string{
		"/api/v1/sales/metrics?granularity=hour":                              sourceBoth,
		"/api/v1/sales/metrics?granularity=hour&limit=1":                      sourceStream, // the other one was not asked for
		"/api/v1/sales/metrics?granularity=day&from=2026-03-01":               sourceStream,
		"/api/v1/sales/metrics?granularity=day&from=2026-02-01&to=2026-03-01": sourceWarehouse,
		"/api/v1/sales/summary?range=1h":                                      sourceStream,
		"/api/v1/sales/summary?range=24h":                                     sourceBoth,
		"/api/v1/sales/summary?from=2026-02-01&to=2026-03-01":                 sourceWarehouse,
	} {
		meta := decode[any](t, f.get(t, target)).Meta
		if meta.Source != want || (meta.Seam != nil) != (want == sourceBoth) || meta.Seam != nil && event.TimeOf(*meta.Seam) != seam {
			t.Errorf("%s: source %s, seam %v; want %s", target, meta.Source, meta.Seam, want)
		}
		if date := meta.AsOf.Format(time.DateOnly); want == sourceWarehouse && date != fakeRun.AsOf {
			t.Errorf("%s: as of %s", target, date)
		}
	}
}

func TestAsOfIsTheWarehousesWhereNothingIsLive(t *testing.T) {
	f, w := newPastFixture(t, "UTC", exampleNow-exampleNow%dayMS)
	f.store.asOf = 0
	w.sales = []sale{{exampleNow - dayMS, "DE", "Books", store.Sales{Orders: 1}}}
	meta := decode[any](t, f.get(t, "/api/v1/sales/summary?range=24h")).Meta
	if meta.Source != sourceBoth || meta.AsOf == nil || meta.AsOf.Format(time.DateOnly) != fakeRun.AsOf || meta.LagMS == nil {
		t.Errorf("meta %+v", meta)
	}
}

func TestMinutesThatNobodyKeepsMakeAnAnswerPartial(t *testing.T) {
	f, w := newPastFixture(t, "UTC", exampleNow-exampleNow%dayMS-20*dayMS)
	for from, want := range map[string]bool{"2026-01-20T00:00:00Z": true, "2026-02-24T00:00:00Z": false} {
		if got := decode[SalesMetrics](t, f.get(t, "/api/v1/sales/metrics?to=2026-03-01&from="+from)).Meta.Partial; got != want {
			t.Errorf("minutes from %s: partial %v", from, got)
		}
	}
	w.seam += 19 * dayMS // the warehouse has all of them
	if decode[SalesMetrics](t, f.get(t, "/api/v1/sales/metrics?from=2026-01-20&to=2026-03-01")).Meta.Partial {
		t.Error("partial, though every minute is in the warehouse")
	}
}

func TestWithoutARunSalesAreThoseOfTheLiveStore(t *testing.T) {
	with, _ := newPastFixture(t, "UTC", 0)
	none, w := newPastFixture(t, "UTC", exampleNow)
	w.err = warehouse.ErrNone
	without := newFixture(t, func(_ *Config, d *Deps) { d.Warehouse = nil })
	for _, f := range []*fixture{with, none, without} {
		f.store.add(exampleNow-5*dayMS, "DE", "Books", store.Sales{Orders: 3})
	}
	for _, target := range []string{"/api/v1/sales/metrics?granularity=day", "/api/v1/sales/summary?range=1w&category=Books"} {
		want := without.get(t, target).Body.String()
		for _, f := range []*fixture{with, none} {
			if diff := gocmp.Diff(want, f.get(t, target).Body.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", target, diff)
			}
		}
	}
}

func TestAWarehouseThatCannotBeReadLeavesWhatIsNew(t *testing.T) {
	f, w := newPastFixture(t, "UTC", exampleNow)
	w.err = errors.New("disk")
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 3})
	for target, want := range map[string]int{
		"/api/v1/sales/metrics?limit=1":  http.StatusOK,
		"/api/v1/sales/metrics?limit=2":  http.StatusInternalServerError, // there may be an older one
		"/api/v1/sales/summary?range=1h": http.StatusOK,
		"/api/v1/sales/summary?range=2d": http.StatusInternalServerError,
	} {
		if got := f.get(t, target).Code; got != want {
			t.Errorf("%s: status %d, want %d", target, got, want)
		}
	}
}

func TestLagIsOfThePlatformAndNotOfTheShop(t *testing.T) {
	lag := func(change func(*fixture, *Deps)) *int64 {
		f := newFixture(t, func(_ *Config, d *Deps) { change(&fixture{store: d.Sales.(*memoryStore)}, d) })
		return decode[SalesSummary](t, f.get(t, "/api/v1/sales/summary")).Meta.LagMS
	}
	caughtUp := func(yes bool) func() bool { return func() bool { return yes } }
	ms := func(n int64) *int64 { return &n }
	for name, tc := range map[string]struct {
		asOf, committed event.Time
		caughtUp        func() bool
		want            *int64
	}{
		"before the first event":             {0, 0, caughtUp(true), nil},
		"events flow":                        {exampleNow - 240, exampleNow - 220, nil, ms(240)},
		"a quiet hour":                       {exampleNow - hourMS, exampleNow - hourMS + 20, caughtUp(true), ms(20)},
		"an hour behind":                     {exampleNow - hourMS, exampleNow - hourMS + 20, caughtUp(false), ms(int64(hourMS))},
		"a shop of years ago, just imported": {exampleNow - 5000*dayMS, exampleNow - hourMS, caughtUp(true), nil},
		"the same in an API on its own":      {exampleNow - 5000*dayMS, exampleNow - hourMS, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := lag(func(f *fixture, d *Deps) {
				f.store.asOf, f.store.committed = tc.asOf, tc.committed
				d.CaughtUp = tc.caughtUp
			})
			if diff := gocmp.Diff(tc.want, got); diff != "" {
				t.Errorf("lag (-want +got):\n%s", diff)
			}
		})
	}
}
