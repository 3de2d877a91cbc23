package api

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

type kpisInput struct {
	Period
	Compare string `query:"compare" default:"prev" enum:"off,prev,yoy" doc:"As at the other endpoints; prev if nothing is said."`
	Filters
}

// KPI is one figure of the shop.
type KPI struct {
	KPI        string   `json:"kpi" enum:"net_revenue,orders,average_order_value,units,conversion_rate,refund_rate,buyers"`
	Unit       string   `json:"unit" enum:"minor,count,ratio" doc:"minor: integer minor units of meta.currency. ratio: 0.05 is 5 %."`
	Value      *float64 `json:"value" doc:"Of the period so far; null where it is not known, or means nothing."`
	Compared   *float64 `json:"compared" doc:"Of the part of the period that is compared."`
	Previous   *float64 `json:"previous" doc:"Of the period that it is compared with, as far as that part goes."`
	Change     *float64 `json:"change" doc:"compared - previous."`
	ChangeRate *float64 `json:"change_rate" doc:"compared / previous - 1, 0.12 = 12 % more; null unless previous is above 0."`
}

// KPIs are the figures of a period.
type KPIs struct {
	From     time.Time   `json:"from"`
	To       time.Time   `json:"to" doc:"Exclusive; ahead of now if the period is not over."`
	Previous *Comparison `json:"compared_with,omitempty" doc:"Absent without compare."`
	KPIs     []KPI       `json:"kpis" nullable:"false"`
}

func (a *API) addKPIs() {
	op := huma.Operation{
		OperationID: "kpis", Path: "/api/v1/kpis", Tags: []string{"sales"},
		Summary: "The shop's figures, compared",
		Description: "Net revenue, orders, average order value, units, conversion (sessions with an order), refund rate (refunded of revenue) and buyers (known customers who ordered). " +
			"Conversion is not known by category, nor where sessions before the last batch run are asked for by parts of a day; buyers are those of the days that the last run knows, so of no other days, and not by category. Of several countries together, buyers are not known; of several categories, orders and their average value are not.",
	}
	now, then := figures{sales: exampleSales, conversion: 0.052, buyers: 60}, figures{sales: exampleSales, conversion: 0.05, buyers: 58}
	answer(a, op, KPIs{From: a.local(exampleNow - dayMS), To: a.local(exampleNow), Previous: &Comparison{a.local(exampleNow - 2*dayMS), a.local(exampleNow - dayMS), a.local(exampleNow), true}, KPIs: kpisOf(&now, &now, &then)}, a.kpis)
}

// figures is what KPIs are made of; NaN is not known.
type figures struct {
	sales      store.Sales
	overlap    bool // an order may count more than once in sales
	conversion float64
	buyers     float64
}

func (a *API) kpis(ctx context.Context, in *kpisInput) (reply[KPIs], error) {
	p, errs := a.period(in.Period)
	which, wrongs := in.selection()
	if errs = append(errs, wrongs...); errs != nil {
		return reply[KPIs]{}, invalid(errs...)
	}
	before, s, err := a.pastOf(ctx, p, in.Compare)
	if err != nil {
		return reply[KPIs]{}, fmt.Errorf("api: kpis: %w", err)
	}
	now, err := a.figures(ctx, s, p.from, p.to, which)
	if err != nil {
		return reply[KPIs]{}, fmt.Errorf("api: kpis: %w", err)
	}
	compared, then := now, (*figures)(nil)
	if before.compares() {
		if then, err = a.figures(ctx, s, before.from, before.to, which); err != nil {
			return reply[KPIs]{}, fmt.Errorf("api: kpis: previous period: %w", err)
		}
		if p.until < p.to {
			if compared, err = a.figures(ctx, s, p.from, p.until, which); err != nil {
				return reply[KPIs]{}, fmt.Errorf("api: kpis: compared part: %w", err)
			}
		}
	}
	data := KPIs{From: a.local(p.from), To: a.local(p.to), Previous: a.comparedWith(p, before), KPIs: kpisOf(now, compared, then)}
	r, err := replyFrom(a, s, before.from, p.to, data)
	r.partial = p.to > a.now()
	return r, err
}

// figures are those of [from, to).
func (a *API) figures(ctx context.Context, s seam, from, to event.Time, which selection) (*figures, error) {
	out := figures{overlap: which.overlaps(), conversion: math.NaN(), buyers: math.NaN()}
	var err error
	if out.sales, err = a.totalsOf(ctx, s, from, to, which); err != nil || which.byCategory() {
		return &out, err
	}
	sessions, err := a.sessionSeam(ctx, from)
	if err != nil {
		return nil, err
	}
	if a.deps.Shop != nil && a.canSum(sessions, from, to) == nil {
		total, err := a.sessionTotals(ctx, sessions, from, to, which.countries()...)
		if err != nil {
			return nil, err
		}
		if total.Sessions > 0 {
			out.conversion = float64(total.WithOrder) / float64(total.Sessions)
		}
	}
	// Who ordered in two countries would be two buyers.
	if len(which) == 1 && to <= sessions.at && a.wholeDays(from, to) {
		found, err := a.deps.Warehouse.Buyers(ctx, warehouse.DaysQuery{Run: sessions.run.Run, From: a.date(from), To: a.date(to), Country: which[0].Country})
		if err := ignoreNone(err); err != nil {
			return nil, err
		}
		if len(found.Rows) == 1 {
			out.buyers = float64(found.Rows[0])
		}
	}
	return &out, nil
}

// orders is NaN where an order may have been counted more than once.
func (f *figures) orders() float64 {
	if f.overlap {
		return math.NaN()
	}
	return float64(f.sales.Orders)
}

// kpisOf puts figures together; then is nil where nothing is compared.
func kpisOf(now, compared, then *figures) []KPI {
	var all []KPI
	for _, k := range []struct {
		name, unit string
		of         func(*figures) float64
	}{
		{"net_revenue", "minor", func(f *figures) float64 { return float64(f.sales.NetMinor()) }},
		{"orders", "count", (*figures).orders},
		{"average_order_value", "minor", func(f *figures) float64 { return math.Floor(float64(f.sales.RevenueMinor)/f.orders() + 0.5) }},
		{"units", "count", func(f *figures) float64 { return float64(f.sales.Units) }},
		{"conversion_rate", "ratio", func(f *figures) float64 { return f.conversion }},
		{"refund_rate", "ratio", func(f *figures) float64 { return float64(f.sales.RefundedMinor) / float64(f.sales.RevenueMinor) }},
		{"buyers", "count", func(f *figures) float64 { return f.buyers }},
	} {
		kpi := KPI{KPI: k.name, Unit: k.unit, Value: shown(k.of(now))}
		if then != nil {
			is, was := k.of(compared), k.of(then)
			kpi.Compared, kpi.Previous, kpi.Change, kpi.ChangeRate = shown(is), shown(was), shown(is-was), change(is, was)
		}
		all = append(all, kpi)
	}
	return all
}

// shown is a figure to four decimals, or nil where it means nothing.
func shown(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return rounded(&v)
}
