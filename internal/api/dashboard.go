package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Pipeline is how the stream is doing, where that is known.
type Pipeline struct {
	BehindRecords int64 // in the log, and not applied
	Dispositions  store.Counts
	LatencyP50    float64 // arrival to result, milliseconds
	LatencyP95    float64
	LatencyP99    float64
}

// Dashboard is the shop on one screen.
type Dashboard struct {
	Now       time.Time      `json:"now"`
	Sales     DashboardSales `json:"sales"`
	Rates     DashboardRates `json:"rates"`
	Sessions  DashSessions   `json:"sessions"`
	Carts     DashCarts      `json:"carts"`
	Stock     DashStock      `json:"stock"`
	Anomalies DashAnomalies  `json:"anomalies"`
	Alerts    []AlertCount   `json:"open_alerts" nullable:"false" doc:"By kind and level; those without an open alert are left out."`
	Pipeline  *DashPipeline  `json:"pipeline" doc:"null where no stream worker says how it does."`
}

// DashboardSales are the sales of today and of the last hour.
type DashboardSales struct {
	Today    Measures `json:"today" doc:"Since the start of the shop's day."`
	LastHour Measures `json:"last_hour" doc:"The last 60 whole minutes and the current one."`
}

// DashboardRates are rates of the last five whole minutes.
type DashboardRates struct {
	OrdersPerMinute       float64 `json:"orders_per_minute"`
	RevenuePerMinuteMinor float64 `json:"revenue_per_minute_minor" doc:"Minor units."`
}

// DashSessions are the sessions now and of the last hour.
type DashSessions struct {
	Open           int64    `json:"open" doc:"Not over yet."`
	LastHour       int64    `json:"last_hour" doc:"That began in the last hour and are over."`
	ConversionRate *float64 `json:"conversion_rate" doc:"Of these; null without."`
}

// DashCarts are the carts of the last week.
type DashCarts struct {
	Active           int64       `json:"active" doc:"Something was done within the idle time."`
	Abandoned        int64       `json:"abandoned"`
	Recovered        int64       `json:"recovered"`
	ValueAtRiskMinor event.Minor `json:"value_at_risk_minor"`
}

// DashStock is the stock of all products.
type DashStock struct {
	Products int64 `json:"products"`
	Out      int64 `json:"out"`
	Oversold int64 `json:"oversold"`
}

// DashAnomalies are the newest unusual orders.
type DashAnomalies struct {
	LastHour int64     `json:"last_hour" doc:"At most 1000 are counted."`
	Newest   []Anomaly `json:"newest" nullable:"false" doc:"At most 10."`
}

// AlertCount is how many alerts of a level are open.
type AlertCount struct {
	Kind  string `json:"kind"`
	Level string `json:"level"`
	Open  int64  `json:"open"`
}

// DashPipeline is how the stream is doing.
type DashPipeline struct {
	BehindRecords int64   `json:"behind_records" doc:"In the log, and not applied yet."`
	Applied       int64   `json:"applied" doc:"Records since the process started, as the next three."`
	Duplicate     int64   `json:"duplicate"`
	Dead          int64   `json:"dead"`
	TooOld        int64   `json:"too_old"`
	LatencyP50MS  float64 `json:"latency_p50_ms" doc:"From the arrival of an event to its result, since the process started."`
	LatencyP95MS  float64 `json:"latency_p95_ms"`
	LatencyP99MS  float64 `json:"latency_p99_ms"`
}

func (a *API) addDashboard() {
	op := huma.Operation{
		OperationID: "dashboard", Path: "/api/v1/monitoring/dashboard", Tags: []string{"monitoring"},
		Summary:     "The shop on one screen",
		Description: "One object for a wall screen: sales, rates, sessions, carts, stock, unusual orders, open alerts and how the stream is doing.",
	}
	today := measures(&exampleSales)
	conversion := 0.052
	answer(a, op, Dashboard{
		Now: a.local(exampleNow), Sales: DashboardSales{today, today}, Rates: DashboardRates{61.4, 706_020},
		Sessions: DashSessions{820, 3_400, &conversion}, Carts: DashCarts{120, 640, 22, 2_930_000}, Stock: DashStock{250_000, 12, 1},
		Anomalies: DashAnomalies{LastHour: 0, Newest: []Anomaly{}}, Alerts: []AlertCount{{"stock", "out", 11}},
		Pipeline: &DashPipeline{Applied: 1_830_000, Duplicate: 12, LatencyP50MS: 7, LatencyP95MS: 12, LatencyP99MS: 14},
	}, a.dashboard)
}

func (a *API) dashboard(ctx context.Context, _ *struct{}) (reply[Dashboard], error) {
	now := a.now()
	d := Dashboard{Now: a.local(now)}
	for _, part := range []struct {
		name string
		fill func(context.Context, event.Time, *Dashboard) error
	}{
		{"sales", a.fillSales},
		{"sessions", a.fillSessions},
		{"carts", a.fillCarts},
		{"stock", a.fillStock},
		{"anomalies", a.fillAnomalies},
		{"alerts", a.fillAlerts},
	} {
		if err := part.fill(ctx, now, &d); err != nil {
			return reply[Dashboard]{}, fmt.Errorf("api: dashboard: %s: %w", part.name, err)
		}
	}
	if a.deps.Pipeline != nil {
		d.Pipeline = a.pipeline()
	}
	return reply[Dashboard]{data: d, partial: true}, nil
}

func (a *API) fillSales(ctx context.Context, now event.Time, d *Dashboard) error {
	minute := now - now%minuteMS
	for _, part := range []struct {
		from, to event.Time
		use      func(*store.Sales)
	}{
		{a.calendar.DayStart(now), minute + minuteMS, func(s *store.Sales) { d.Sales.Today = measures(s) }},
		{minute - hourMS, minute + minuteMS, func(s *store.Sales) { d.Sales.LastHour = measures(s) }},
		{minute - 5*minuteMS, minute, func(s *store.Sales) {
			d.Rates = DashboardRates{float64(s.Orders) / 5, float64(s.RevenueMinor) / 5}
		}},
	} {
		s, err := a.seam(ctx, part.from)
		if err != nil {
			return err
		}
		total, err := a.salesTotals(ctx, s, part.from, part.to, Filter{})
		if err != nil {
			return err
		}
		part.use(&total)
	}
	return nil
}

func (a *API) fillSessions(ctx context.Context, now event.Time, d *Dashboard) error {
	open, err := a.deps.Shop.OpenTotals(ctx)
	if err != nil {
		return err
	}
	hour, err := a.deps.Shop.SessionTotals(ctx, now-hourMS, now, "")
	if err != nil {
		return err
	}
	d.Sessions = DashSessions{open.Sessions, hour.Sessions, ratio(hour.WithOrder, hour.Sessions)}
	d.Carts.Active = open.Carts
	return nil
}

func (a *API) fillCarts(ctx context.Context, now event.Time, d *Dashboard) error {
	scope, _ := a.cartScope("", "", "", now) // nothing is given that could be wrong
	totals, err := a.deps.Shop.CartTotals(ctx, scope)
	if err != nil {
		return err
	}
	d.Carts.Active += totals[store.CartActive].Carts
	d.Carts.Abandoned = totals[store.CartAbandoned].Carts
	d.Carts.Recovered = totals[store.CartRecovered].Carts
	d.Carts.ValueAtRiskMinor = totals[store.CartAbandoned].ValueMinor
	return nil
}

func (a *API) fillStock(ctx context.Context, _ event.Time, d *Dashboard) error {
	totals, err := a.deps.Shop.StockTotals(ctx)
	d.Stock = DashStock{totals.Products, totals.Out, totals.Oversold}
	return err
}

func (a *API) fillAnomalies(ctx context.Context, now event.Time, d *Dashboard) error {
	const counted, shown = 1000, 10
	found, err := a.deps.Shop.FindingList(ctx, store.FindingQuery{From: now - hourMS, Limit: counted})
	if err != nil {
		return err
	}
	d.Anomalies = DashAnomalies{LastHour: int64(len(found)), Newest: []Anomaly{}}
	for i := range found[:min(shown, len(found))] {
		d.Anomalies.Newest = append(d.Anomalies.Newest, a.anomaly(&found[i]))
	}
	return nil
}

func (a *API) fillAlerts(ctx context.Context, _ event.Time, d *Dashboard) error {
	counts, err := a.deps.Shop.OpenAlertCounts(ctx)
	if err != nil {
		return err
	}
	d.Alerts = []AlertCount{}
	for _, kind := range []store.AlertKind{store.AlertStock, store.AlertCarts, store.AlertOrders, store.AlertFinding} {
		for _, level := range []store.AlertLevel{
			store.StockOversold, store.StockOut, store.StockCritical, store.StockLow, store.CartsAtRisk, store.OrdersZero, store.OrdersHigh, store.FindingNew,
		} {
			if n := counts[kind][level]; n > 0 {
				d.Alerts = append(d.Alerts, AlertCount{string(kind), string(level), n})
			}
		}
	}
	return nil
}

func (a *API) pipeline() *DashPipeline {
	p := a.deps.Pipeline()
	if p == nil {
		return nil
	}
	return &DashPipeline{
		BehindRecords: p.BehindRecords, Applied: p.Dispositions.Applied, Duplicate: p.Dispositions.Duplicate, Dead: p.Dispositions.Dead,
		TooOld: p.Dispositions.TooOld, LatencyP50MS: p.LatencyP50, LatencyP95MS: p.LatencyP95, LatencyP99MS: p.LatencyP99,
	}
}
