package api

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
)

// newShopFixture returns an API over a real store that holds changes and alerts.
func newShopFixture(t testing.TB, changes *store.Changes, alerts ...store.AlertChange) *fixture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // only read
	task := store.TaskID{Family: store.Shopping}
	claim, err := s.Claim(t.Context(), task, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), []store.Commit[*store.Changes]{{Task: task, Epoch: claim.Epoch, Changes: changes}}); err != nil {
		t.Fatal(err)
	}
	term, _, err := s.Lease(t.Context(), "test", exampleNow, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeAlerts(t.Context(), term, exampleNow, alerts); err != nil {
		t.Fatal(err)
	}
	return newFixture(t, func(c *Config, d *Deps) {
		c.Rules.Session, c.Rules.Cart = rules.Default().Session, rules.Default().Cart
		d.Shop = s
		d.Pipeline = func() *Pipeline {
			return &Pipeline{BehindRecords: 3, Dispositions: store.Counts{Applied: 9, Dead: 1}, LatencyP99: 14}
		}
	})
}

// shopChanges are a few rows of everything.
func shopChanges() *store.Changes {
	c := store.NewChanges()
	for id, s := range map[string]store.Stock{
		"P1": {Initial: 10, Sold: 12}, "P2": {Initial: 5, Sold: 5}, "P3": {Initial: 50, Returned: 1}, "P4": {Initial: 7, Restocked: 2, Adjusted: -1},
	} {
		c.Stock[id] = &s
	}
	c.PutProduct("P4", store.Product{Name: "Pocket atlas", Category: "Books"})
	for i, visitor := range []string{"a", "b", "c"} {
		start := exampleNow - event.Time(i+1)*40*minuteMS
		c.Sessions[store.SessionKey{VisitorID: visitor, Start: start}] = &store.Session{
			End: start + 5*minuteMS, Country: "DE", Device: "mobile", Events: int64(1 + i), Views: 1, Adds: int64(i), Orders: int64(i / 2), RevenueMinor: event.Minor(i / 2 * 500),
		}
	}
	cart := func(id string, ago event.Time, quantity int64) {
		at := exampleNow - ago
		c.Carts[store.CartKey{CartID: id, Episode: at}] = &store.Cart{
			VisitorID: "v-" + id, Country: "FR", FirstAt: at, LastAt: at, Actions: 1, Quantity: quantity, ValueMinor: event.Minor(quantity * 100),
		}
	}
	cart("live", 5*minuteMS, 1)
	cart("left", 2*hourMS, 2)
	cart("left too", 3*hourMS, 3)
	cart("emptied", 4*hourMS, 0)
	cart("bought", 5*hourMS, 4)
	cart("came back", 6*hourMS, 5)
	c.CartOrders[store.CartOrderKey{CartID: "bought", TransactionID: "t1"}] = store.CartOrder{At: exampleNow - 5*hourMS + minuteMS}
	c.CartOrders[store.CartOrderKey{CartID: "came back", TransactionID: "t2"}] = store.CartOrder{At: exampleNow - hourMS}
	c.Open[0] = &store.Open{Sessions: 7, Carts: 2, Clock: exampleNow}
	for i, id := range []string{"e1", "e2", "e3"} {
		c.Findings[store.FindingKey{EventID: id, Rule: store.Velocity}] = &store.Finding{
			At: exampleNow - event.Time(i)*minuteMS, ReceivedAt: exampleNow, TransactionID: "t-" + id, VisitorID: "v", Country: "DE",
			Value: 6, Expected: 1, ScoreMilli: 6000, ThresholdMilli: 5000,
		}
	}
	return c
}

func TestAnomaliesComeNewestFirstInPages(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	ids := func(target string) (ids []string, cursor *string) {
		a := decode[Anomalies](t, f.get(t, target)).Data
		for _, v := range a.Anomalies {
			ids = append(ids, v.EventID)
		}
		return ids, a.NextCursor
	}
	first, cursor := ids("/api/v1/monitoring/anomalies?limit=2")
	if cursor == nil {
		t.Fatal("no next_cursor")
	}
	second, end := ids("/api/v1/monitoring/anomalies?limit=2&cursor=" + *cursor)
	if diff := cmp.Diff([][]string{{"e1", "e2"}, {"e3"}}, [][]string{first, second}); diff != "" || end != nil {
		t.Errorf("pages (-want +got):\n%s, then %v", diff, end)
	}
	if other, _ := ids("/api/v1/monitoring/anomalies?rule=high_value"); other != nil {
		t.Errorf("high values: %v", other)
	}
	newest := decode[Anomalies](t, f.get(t, "/api/v1/monitoring/anomalies?limit=1")).Data.Anomalies[0]
	if newest.Score != 6 || newest.Threshold != 5 || newest.Baseline != nil || newest.Value != 6 {
		t.Errorf("got %+v", newest)
	}
}

func TestTheDashboardIsOneObject(t *testing.T) {
	alert := store.Alert{ID: "1/stock/P1", Kind: store.AlertStock, Subject: "P1", Level: store.StockOversold, OpenedAt: exampleNow, ChangedAt: exampleNow, Text: "P1"}
	f := newShopFixture(t, shopChanges(), store.AlertChange{Step: store.AlertOpened, Alert: alert})
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 5, Units: 5, RevenueMinor: 500})
	f.store.add(exampleNow-2*minuteMS, "DE", "Books", store.Sales{Orders: 10, RevenueMinor: 1000})
	d := decode[Dashboard](t, f.get(t, "/api/v1/monitoring/dashboard")).Data
	third := 1.0
	want := Dashboard{
		Now:      testNow,
		Sales:    DashboardSales{Today: measures(&store.Sales{Orders: 15, Units: 5, RevenueMinor: 1500}), LastHour: measures(&store.Sales{Orders: 15, Units: 5, RevenueMinor: 1500})},
		Rates:    DashboardRates{2, 200},
		Sessions: DashSessions{Open: 7, LastHour: 1},
		Carts:    DashCarts{Active: 3, Abandoned: 2, Recovered: 1, ValueAtRiskMinor: 500},
		Stock:    DashStock{Products: 4, Out: 2, Oversold: 1},
		Alerts:   []AlertCount{{"stock", "oversold", 1}},
		Pipeline: &DashPipeline{BehindRecords: 3, Applied: 9, Dead: 1, LatencyP99MS: 14},
	}
	zero := 0.0
	want.Sessions.ConversionRate = &zero
	if n := len(d.Anomalies.Newest); n != 3 || d.Anomalies.LastHour != 3 {
		t.Errorf("%d anomalies of %d, want %g each", n, d.Anomalies.LastHour, third*3)
	}
	d.Anomalies = DashAnomalies{}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("dashboard (-want +got):\n%s", diff)
	}
}

func TestInventoryIsListedFromTheLeast(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	list := decode[Inventory](t, f.get(t, "/api/v1/inventory?limit=3&at_most=8")).Data
	var got []string
	for _, p := range list.Products {
		got = append(got, p.ProductID)
	}
	if diff := cmp.Diff([]string{"P1", "P2", "P4"}, got); diff != "" || list.Totals.Products != 4 || list.Totals.OnHand != -2+0+51+8 {
		t.Errorf("products (-want +got):\n%s, totals %+v", diff, list.Totals)
	}
	one := decode[StockEntry](t, f.get(t, "/api/v1/inventory/P4")).Data
	if one.OnHand != 8 || one.Name == nil || *one.Name != "Pocket atlas" {
		t.Errorf("P4: %+v", one)
	}
	if p := problem(t, f.get(t, "/api/v1/inventory/P9")); p.Status != http.StatusNotFound || !strings.Contains(p.Detail, "P9") {
		t.Errorf("P9: %+v", p)
	}
}

func TestSessionsAndTheirFunnel(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	list := decode[Sessions](t, f.get(t, "/api/v1/sessions?limit=2")).Data
	if len(list.Sessions) != 2 || list.Sessions[0].VisitorID != "a" || list.NextCursor == nil {
		t.Fatalf("got %+v", list)
	}
	rest := decode[Sessions](t, f.get(t, "/api/v1/sessions?limit=2&cursor="+*list.NextCursor)).Data
	if len(rest.Sessions) != 1 || rest.Sessions[0].VisitorID != "c" || !rest.Sessions[0].Converted {
		t.Errorf("the rest is %+v", rest)
	}
	s := decode[SessionsSummary](t, f.get(t, "/api/v1/sessions/summary?from=2026-03-02")).Data
	if s.Sessions != 3 || s.OpenNow != 7 || *s.ConversionRate != 1.0/3 || *s.BounceRate != 1.0/3 || *s.AverageDurationMS != 5*60_000 {
		t.Errorf("got %+v", s)
	}
	var steps []int64
	for _, step := range s.Funnel {
		steps = append(steps, step.Sessions)
	}
	if diff := cmp.Diff([]int64{3, 2, 0, 1}, steps); diff != "" {
		t.Errorf("funnel (-want +got):\n%s", diff)
	}
}

func TestCartsAreListedByWhatTheyAreNow(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	for status, want := range map[string][]string{
		"active": {"live"}, "abandoned": {"left", "left too"}, "cleared": {"emptied"}, "ordered": {"bought"}, "recovered": {"came back"}, "lost": nil,
	} {
		var got []string
		for _, c := range decode[Carts](t, f.get(t, "/api/v1/carts?status="+status)).Data.Carts {
			got = append(got, c.CartID)
			if abandoned := status == "abandoned" || status == "recovered"; (c.Abandoned != nil) != abandoned {
				t.Errorf("%s: abandoned at %v", c.CartID, c.Abandoned)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
	s := decode[CartsSummary](t, f.get(t, "/api/v1/carts/summary")).Data
	if s.ValueAtRiskMinor != 500 || *s.AbandonmentRate != 0.5 || *s.RecoveryRate != 1.0/3 {
		t.Errorf("got %+v", s)
	}
}

func TestAlertsAreListed(t *testing.T) {
	open := store.Alert{ID: "2/stock/P1", Kind: store.AlertStock, Subject: "P1", Level: store.StockOut, OpenedAt: exampleNow, ChangedAt: exampleNow, Text: "P1: out of stock"}
	closed := store.Alert{ID: "1/orders/all", Kind: store.AlertOrders, Subject: "all", Level: store.OrdersZero, OpenedAt: exampleNow - 10, ChangedAt: exampleNow - 10, ClosedAt: exampleNow}
	f := newShopFixture(t, store.NewChanges(), store.AlertChange{Step: store.AlertOpened, Alert: open}, store.AlertChange{Step: store.AlertClosed, Alert: closed})
	for target, want := range map[string]int{"": 1, "?state=all": 2, "?state=all&kind=orders": 1, "?kind=carts": 0, "?state=all&level=zero": 1, "?level=zero": 0, "?state=all&since=" + exampleNow.Std().Format(time.RFC3339Nano): 1} {
		if got := decode[Alerts](t, f.get(t, "/api/v1/monitoring/alerts"+target)).Data.Alerts; len(got) != want {
			t.Errorf("%q: %+v, want %d", target, got, want)
		}
	}
}

func TestWrongParametersOfTheShopAreNamed(t *testing.T) {
	f := newShopFixture(t, store.NewChanges())
	for target, field := range map[string]string{
		"/api/v1/monitoring/anomalies?cursor=nonsense": "cursor",
		"/api/v1/monitoring/anomalies?rule=odd":        "rule",
		"/api/v1/inventory?at_most=many":               "at_most",
		"/api/v1/inventory?cursor=%7B":                 "cursor",
		"/api/v1/sessions?limit=1001":                  "limit",
		"/api/v1/sessions/summary?from=2026-01-01":     "from",
		"/api/v1/carts?status=gone":                    "status",
		"/api/v1/monitoring/alerts?cursor=!":           "cursor",
		"/api/v1/monitoring/alerts?since=noon":         "since",
		"/api/v1/monitoring/alerts?level=odd":          "level",
	} {
		p := problem(t, f.get(t, target))
		if p.Status != http.StatusUnprocessableEntity || len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Location, field) {
			t.Errorf("%s: %+v", target, p)
		}
	}
}

func TestAStoreThatIsDownIsNotAnEmptyShop(t *testing.T) {
	f := newFixture(t, func(_ *Config, d *Deps) { d.Shop = downShop{} })
	for _, target := range []string{
		"/api/v1/monitoring/anomalies", "/api/v1/monitoring/alerts", "/api/v1/monitoring/dashboard", "/api/v1/inventory", "/api/v1/inventory/P1",
		"/api/v1/sessions", "/api/v1/sessions/summary", "/api/v1/carts", "/api/v1/carts/summary",
	} {
		if p := problem(t, f.get(t, target)); p.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", target, p.Status)
		}
	}
}

// downShop is a store that cannot be reached.
type downShop struct{}

func (downShop) StockList(context.Context, store.StockQuery) ([]store.StockItem, error) {
	return nil, store.ErrUnavailable
}

func (downShop) StockRisk(context.Context, store.RiskQuery) ([]store.RiskItem, error) {
	return nil, store.ErrUnavailable
}

func (downShop) Customer(context.Context, string) (store.Customer, error) {
	return store.Customer{}, store.ErrUnavailable
}

func (downShop) StockTotals(context.Context) (store.StockTotals, error) {
	return store.StockTotals{}, store.ErrUnavailable
}

func (downShop) Stock(context.Context, string) (store.Stock, error) {
	return store.Stock{}, store.ErrUnavailable
}

func (downShop) Products(context.Context, []string) (map[string]store.Product, error) {
	return nil, store.ErrUnavailable
}

func (downShop) SessionList(context.Context, store.SessionQuery) ([]store.SessionRow, error) {
	return nil, store.ErrUnavailable
}

func (downShop) SessionTotals(context.Context, event.Time, event.Time, string) (store.SessionTotals, error) {
	return store.SessionTotals{}, store.ErrUnavailable
}

func (downShop) OpenTotals(context.Context) (store.Open, error) {
	return store.Open{}, store.ErrUnavailable
}

func (downShop) CartList(context.Context, store.CartQuery) ([]store.CartRow, error) {
	return nil, store.ErrUnavailable
}

func (downShop) CartTotals(context.Context, store.CartScope) (map[store.CartStatus]store.CartTotals, error) {
	return nil, store.ErrUnavailable
}

func (downShop) FindingList(context.Context, store.FindingQuery) ([]store.FindingRow, error) {
	return nil, store.ErrUnavailable
}

func (downShop) Alerts(context.Context, store.AlertQuery) ([]store.Alert, error) {
	return nil, store.ErrUnavailable
}

func (downShop) OpenAlertCounts(context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error) {
	return nil, store.ErrUnavailable
}
