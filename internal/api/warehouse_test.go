package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// fakeWarehouse has one run, or only an error.
type fakeWarehouse struct {
	err       error
	customers []warehouse.Customer
	products  []warehouse.Product
	asked     []any
	failAfter int // pages of products; 0 = never
}

var fakeRun = warehouse.State{Run: "run-7", AsOf: "2026-03-02"}

func newFakeWarehouse() *fakeWarehouse {
	w := &fakeWarehouse{}
	for i := range 5 {
		w.customers = append(w.customers, warehouse.Customer{UserID: fmt.Sprintf("u%d", i), Segment: "Champions", Country: "DE", LastOrder: "2026-03-01", MonetaryMinor: event.Minor(1000 - i), R: 5, F: 5, M: 5})
		w.products = append(w.products, warehouse.Product{ID: fmt.Sprintf("p%d", i), NetMinor: event.Minor(100 * (9 - i)), RevenueRank: int64(i + 1), ABC: "A"})
	}
	return w
}

// page is the part of rows that p asks for, as the port says.
func pageOf[T any](w *fakeWarehouse, p warehouse.Page, rows []T) (warehouse.Answer[T], error) {
	if w.err != nil {
		return warehouse.Answer[T]{}, w.err
	}
	if p.Run != "" && p.Run != fakeRun.Run {
		return warehouse.Answer[T]{}, fmt.Errorf("run %s: %w", p.Run, warehouse.ErrGone)
	}
	from := min(p.Skip, len(rows))
	return warehouse.Answer[T]{State: fakeRun, Rows: rows[from:min(from+p.Limit, len(rows))]}, nil
}

func (w *fakeWarehouse) State(context.Context) (warehouse.State, error) { return fakeRun, w.err }

func (w *fakeWarehouse) SalesDays(context.Context, warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	return warehouse.Answer[warehouse.SalesDay]{State: fakeRun}, w.err
}

func (w *fakeWarehouse) SalesWindows(context.Context, warehouse.SalesQuery, time.Duration) (warehouse.Answer[warehouse.SalesWindow], error) {
	return warehouse.Answer[warehouse.SalesWindow]{State: fakeRun}, w.err
}

func (w *fakeWarehouse) Segments(_ context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
	rows := []warehouse.Segment{{Name: "Champions", Customers: 5, NetMinor: 4990}, {Name: "Lost"}}
	return pageOf(w, warehouse.Page{Run: run, Limit: len(rows)}, rows)
}

func (w *fakeWarehouse) Customers(_ context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error) {
	w.asked = append(w.asked, q)
	if q.UserID != "" {
		return pageOf(w, q.Page, slices.DeleteFunc(slices.Clone(w.customers), func(c warehouse.Customer) bool { return c.UserID != q.UserID }))
	}
	if q.Segment != "Champions" {
		return pageOf(w, q.Page, []warehouse.Customer{})
	}
	return pageOf(w, q.Page, w.customers)
}

func (w *fakeWarehouse) Categories(_ context.Context, run string) (warehouse.Answer[string], error) {
	return pageOf(w, warehouse.Page{Run: run, Limit: 9}, []string{"Electronics", "Home & Garden"})
}

func (w *fakeWarehouse) Products(_ context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	w.asked = append(w.asked, q)
	if w.failAfter > 0 && len(w.asked) > w.failAfter {
		return warehouse.Answer[warehouse.Product]{}, errors.New("disk")
	}
	if q.ProductID != "" {
		return pageOf(w, q.Page, slices.DeleteFunc(slices.Clone(w.products), func(p warehouse.Product) bool { return p.ID != q.ProductID }))
	}
	if q.Category != "" && q.Category != "Electronics" {
		return pageOf(w, q.Page, []warehouse.Product{})
	}
	return pageOf(w, q.Page, w.products)
}

func (w *fakeWarehouse) Trend(_ context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error) {
	w.asked = append(w.asked, q)
	return pageOf(w, q.Page, []warehouse.TrendPoint{{Start: "2026-03-01", NetMinor: 7}, {Start: "2026-02-28", NetMinor: 5, Complete: true}})
}

func (w *fakeWarehouse) Cohorts(_ context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error) {
	w.asked = append(w.asked, q)
	return pageOf(w, warehouse.Page{Run: q.Run, Limit: 9}, []warehouse.CohortCell{
		{Cohort: "2026-01-01", Month: "2026-01-01", Customers: 8, Complete: true},
		{Cohort: "2026-01-01", Month: "2026-02-01", Age: 1, Customers: 2, Complete: true},
		{Cohort: "2026-02-01", Month: "2026-02-01", Customers: 3},
	})
}

// newWarehouseFixture is an API whose warehouse is w.
func newWarehouseFixture(t *testing.T, w *fakeWarehouse) *fixture {
	t.Helper()
	return newFixture(t, func(_ *Config, d *Deps) { d.Warehouse = w })
}

func TestSegmentsAreSumsAndOneOfThemItsCustomersInPages(t *testing.T) {
	f := newWarehouseFixture(t, newFakeWarehouse())
	all := decode[Segments](t, f.get(t, "/api/v1/customers/segments"))
	if len(all.Data.Segments) != 2 || len(all.Data.Customers) != 0 || all.Data.AsOf != fakeRun.AsOf {
		t.Errorf("got %+v", all.Data)
	}
	if all.Meta.Source != "warehouse" || all.Meta.AsOf == nil || all.Meta.AsOf.Format("2006-01-02T15:04") != "2026-03-02T00:00" {
		t.Errorf("meta %+v", all.Meta)
	}
	var got []string
	target := "/api/v1/customers/segments?segment=Champions&country=de&limit=2"
	for cursor := ""; ; {
		page := decode[Segments](t, f.get(t, target+cursor)).Data
		if len(page.Segments) != 1 {
			t.Errorf("segments: %+v", page.Segments)
		}
		for _, c := range page.Customers {
			got = append(got, c.UserID)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *page.NextCursor
	}
	if diff := cmp.Diff([]string{"u0", "u1", "u2", "u3", "u4"}, got); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
}

func TestProductsAreAskedForAsTheParametersSay(t *testing.T) {
	w := newFakeWarehouse()
	f := newWarehouseFixture(t, w)
	list := decode[ProductList](t, f.get(t, "/api/v1/products/performance?category=Electronics&sort_by=total_revenue")).Data
	if len(list.Products) != 5 || list.PeriodDays != 30 || list.Products[0].TotalRevenueMinor != 900 {
		t.Errorf("got %+v", list)
	}
	f.get(t, "/api/v1/products/performance?sort_by=margin&period=90d&limit=1")
	f.get(t, "/api/v1/sales/trends?granularity=week&from=2026-01-01&country=FR")
	f.get(t, "/api/v1/customers/cohorts?to=2026-02-01")
	want := []any{
		warehouse.ProductQuery{Page: warehouse.Page{Limit: 50}, Days: 30, Category: "Electronics", Sort: warehouse.ByRevenue},
		warehouse.ProductQuery{Page: warehouse.Page{Limit: 1}, Days: 90, Sort: warehouse.ByMargin},
		warehouse.TrendQuery{Page: warehouse.Page{Limit: 50}, Granularity: "week", Country: "FR", From: "2026-01-01"},
		warehouse.CohortQuery{To: "2026-02-01"},
	}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func TestACategoryWithoutAProductInThePeriodIsEmpty(t *testing.T) {
	f := newWarehouseFixture(t, newFakeWarehouse())
	if got := decode[ProductList](t, f.get(t, "/api/v1/products/performance?category=Home+%26+Garden")).Data; len(got.Products) != 0 || got.NextCursor != nil {
		t.Errorf("got %+v", got)
	}
}

func TestATrendIsPartialWhereAPeriodIs(t *testing.T) {
	f := newWarehouseFixture(t, newFakeWarehouse())
	a := decode[Trend](t, f.get(t, "/api/v1/sales/trends"))
	if len(a.Data.Periods) != 2 || !a.Data.Periods[0].Partial || a.Data.Periods[1].Partial || !a.Meta.Partial {
		t.Errorf("got %+v, partial %v", a.Data.Periods, a.Meta.Partial)
	}
}

func TestCohortsHoldTheirMonths(t *testing.T) {
	f := newWarehouseFixture(t, newFakeWarehouse())
	answer := decode[Cohorts](t, f.get(t, "/api/v1/customers/cohorts"))
	got := answer.Data.Cohorts
	if !answer.Meta.Partial {
		t.Error("not partial, though a month is")
	}
	if len(got) != 2 || got[0].Customers != 8 || len(got[0].Months) != 2 || got[1].Cohort != "2026-02-01" || !got[1].Months[0].Partial {
		t.Errorf("got %+v", got)
	}
}

func TestWrongParametersOfTheWarehouseAreNamed(t *testing.T) {
	f := newWarehouseFixture(t, newFakeWarehouse())
	for target, names := range map[string]string{
		"/api/v1/customers/segments?segment=Champs":                             "Champions, Lost",
		"/api/v1/customers/segments?country=DE":                                 "needs segment",
		"/api/v1/customers/segments?cursor=x":                                   "query.cursor",
		"/api/v1/products/performance?sort_by=net_minor":                        "query.sort_by",
		"/api/v1/products/performance?period=1d":                                "query.period",
		"/api/v1/products/performance?category=electronics":                     "did you mean Electronics?",
		"/api/v1/products/performance?category=Gadgets":                         "there are 2, such as Electronics, Home & Garden",
		"/api/v1/products/performance?cursor=" + cursorOf(place{Skip: 1 << 40}): "query.cursor",
		"/api/v1/products/performance?cursor=" + cursorOf(place{Run: "old"}):    "no longer kept",
		"/api/v1/sales/trends?from=2026-03-01&to=2026-02-01":                    "query.from",
		"/api/v1/sales/trends?to=tomorrow":                                      "query.to",
		"/api/v1/customers/cohorts?from=2026-13-01":                             "query.from",
	} {
		w := f.get(t, target)
		if p := problem(t, w); w.Code != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, names) {
			t.Errorf("%s: status %d: %s", target, w.Code, p.Detail)
		}
	}
}

func TestAWarehouseThatDoesNotAnswerIsNotAnEmptyOne(t *testing.T) {
	for cause, want := range map[error]struct {
		status int
		says   string // and when to try again
	}{
		warehouse.ErrNone:        {http.StatusServiceUnavailable, "batch run"},
		warehouse.ErrUnavailable: {http.StatusServiceUnavailable, "cannot be reached"},
		errors.New("disk"):       {http.StatusInternalServerError, ""},
	} {
		f := newWarehouseFixture(t, &fakeWarehouse{err: cause})
		for _, target := range []string{"/api/v1/customers/segments", "/api/v1/products/performance", "/api/v1/sales/trends", "/api/v1/customers/cohorts"} {
			w := f.get(t, target)
			if p := problem(t, w); w.Code != want.status || want.says != "" && (w.Header().Get("Retry-After") == "" || !strings.Contains(p.Detail, want.says)) {
				t.Errorf("%s: %v: status %d: %s", target, cause, w.Code, p.Detail)
			}
		}
	}
}
