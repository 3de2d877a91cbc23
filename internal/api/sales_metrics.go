package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type salesMetricsInput struct {
	Limit       int    `query:"limit" default:"10" minimum:"1" maximum:"1000" doc:"The newest windows, at most."`
	From        string `query:"from" example:"2026-03-01" doc:"Windows that start at or after it: RFC 3339, or a day of the shop. With to (or now) at most 400 days."`
	To          string `query:"to" example:"2026-03-02T12:00:00Z" doc:"Windows that start before it. Absent: no end."`
	Granularity string `query:"granularity" default:"minute" enum:"minute,hour,day" doc:"Length of a window. A day is a day of the shop; minutes are kept for a limited time."`
	Filter
}

// SalesWindow is one window.
type SalesWindow struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end" doc:"Exclusive."`
	Partial bool      `json:"partial" doc:"The window is not over yet."`
	Measures
}

// SalesMetrics are windows, newest first. A window without a sale or a refund
// is left out.
type SalesMetrics struct {
	Granularity string        `json:"granularity" enum:"minute,hour,day"`
	Windows     []SalesWindow `json:"windows" nullable:"false" doc:"Newest first; a window without a sale or a refund is left out."`
}

func (a *API) addSalesMetrics() {
	op := huma.Operation{
		OperationID: "sales-metrics", Path: "/api/v1/sales/metrics", Tags: []string{"sales"},
		Summary:     "Recent sales windows, newest first",
		Description: "Orders, units and revenue per minute, hour or day. `country` and `category` together need `granularity` hour or day.",
	}
	minute := a.windowStart(exampleNow, store.Minute)
	example := SalesMetrics{Granularity: string(store.Minute), Windows: []SalesWindow{
		a.salesWindow(store.SalesWindow{Start: minute, Sales: exampleSales}, store.Minute, exampleNow, seam{}, Filter{}),
	}}
	answer(a, op, example, a.salesMetrics)
}

// exampleSales are the figures of the examples.
var exampleSales = store.Sales{
	Orders: 62, Units: 131, RevenueMinor: 713_218, Refunds: 1, UnitsReturned: 1, RefundedMinor: 4_999,
	TaxMinor: 57_057, ShippingMinor: 24_738,
}

func (a *API) salesMetrics(ctx context.Context, in *salesMetricsInput) (reply[SalesMetrics], error) {
	g := store.Granularity(in.Granularity)
	from, to, errs := a.parseBounds(in.From, in.To)
	if in.both() && g == store.Minute {
		errs = append(errs, wrong("granularity", in.Granularity,
			"country and category together need hour or day: minutes are kept by country or by category"))
	}
	if errs != nil {
		return reply[SalesMetrics]{}, invalid(errs...)
	}
	q := store.SalesQuery{From: from, To: to, Granularity: g, Country: in.country(), Category: in.Category, Limit: in.Limit}
	windows, s, err := a.readWindows(ctx, q, in.Filter)
	if err != nil {
		return reply[SalesMetrics]{}, fmt.Errorf("api: sales metrics: %w", err)
	}
	if len(windows) == q.Limit {
		from = windows[q.Limit-1].Start // what is older was not asked for
	}
	out, err := replyFrom(a, s, from, to, SalesMetrics{Granularity: in.Granularity, Windows: make([]SalesWindow, len(windows))})
	if err != nil {
		return reply[SalesMetrics]{}, err
	}
	now := a.now()
	for i, w := range windows {
		out.data.Windows[i] = a.salesWindow(w, g, now, s, in.Filter)
		out.partial = out.partial || out.data.Windows[i].Partial
	}
	if kept := now.Add(-a.cfg.Rules.Stream.KeepMinutes); g == store.Minute && from > 0 && max(from, s.at) < min(to, kept) {
		out.partial = true
	}
	return out, nil
}

// maxHoursOfDay is the most windows of hours that a day has: 25 where the clock
// goes back, and one more where that cuts an hour.
const maxHoursOfDay = 26

// readWindows reads the windows of q, and says where the seam is in them. The newest
// are mostly all there is to read: these need no warehouse that answers.
func (a *API) readWindows(ctx context.Context, q store.SalesQuery, f Filter) ([]store.SalesWindow, seam, error) {
	if q.Granularity == store.Day {
		q.From = a.ceil(q.From, store.Day)
		if q.To < endOfTime {
			q.To = a.ceil(q.To, store.Day)
		}
	}
	s, noSeam := a.seam(ctx, q.From)
	live := q
	if live.From = max(q.From, s.at); noSeam != nil {
		live.From = max(q.From, a.liveSince())
	}
	steps, err := a.liveSteps(ctx, live)
	if err != nil {
		return nil, s, err
	}
	windows := a.fold(steps, q)
	if len(windows) == q.Limit || q.From >= live.From {
		return windows, s, nil
	}
	if noSeam != nil {
		return nil, s, noSeam
	}
	past, err := a.pastSteps(ctx, s, q, f)
	return a.fold(append(steps, past...), q), s, err
}

// liveSteps reads what the windows of q are made of from the store, which keeps no
// days, the newest first: at least as many as q.Limit of them are whole.
func (a *API) liveSteps(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	if q.From >= q.To {
		return nil, nil
	}
	if q.Granularity == store.Day {
		q.Granularity = store.Hour
		q.Limit *= maxHoursOfDay
	}
	return a.deps.Sales.SalesWindows(ctx, q)
}

// fold adds up steps, the newest first, to the windows of q.
func (a *API) fold(steps []store.SalesWindow, q store.SalesQuery) []store.SalesWindow {
	var windows []store.SalesWindow
	for i := range steps {
		start := a.windowStart(steps[i].Start, q.Granularity)
		if n := len(windows); n == 0 || windows[n-1].Start != start {
			if n == q.Limit {
				break
			}
			windows = append(windows, store.SalesWindow{Start: start})
		}
		windows[len(windows)-1].Sales.Add(&steps[i].Sales)
	}
	return windows
}

func (a *API) salesWindow(w store.SalesWindow, g store.Granularity, now event.Time, s seam, f Filter) SalesWindow {
	end := a.windowEnd(w.Start, g)
	return SalesWindow{Start: a.local(w.Start), End: a.local(end), Partial: end > now, Measures: measuresSince(&w.Sales, w.Start, s, f)}
}
