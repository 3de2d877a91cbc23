package api

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type salesSummaryInput struct {
	Range string `query:"range" example:"7d" maxLength:"16" doc:"How far back: 15m (minutes), 1h, 24h, today, 7d, 4w. Minutes and hours end with the current one; days and weeks are whole days of the shop, today included. Months (12mo), mtd, qtd, ytd and yesterday are for kpis. Default 24h. Not together with from and to."`
	From  string `query:"from" example:"2026-03-01" doc:"RFC 3339, or a day of the shop; cut to the whole minute (hour) before it."`
	To    string `query:"to" example:"2026-03-02" doc:"Exclusive, raised to the whole minute (hour). Absent: now. It may lie ahead: then the period is compared as far as it went."`
	Filter
}

// SalesSummary is a period and how it compares with the one before it.
type SalesSummary struct {
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to" doc:"Exclusive; ahead of now if the period is not over."`
	Totals   Measures      `json:"totals" doc:"Of the period so far."`
	Previous PreviousSales `json:"previous"`
	Change   SalesChange   `json:"change"`
}

// PreviousSales is the period of equal length before, cut to the part that has
// passed of the current one.
type PreviousSales struct {
	From          time.Time `json:"from"`
	To            time.Time `json:"to" doc:"Exclusive."`
	ComparedUntil time.Time `json:"compared_until" doc:"The current period counts until here in change, so that both parts are equally long."`
	Known         bool      `json:"known" doc:"Whether sales are known from its beginning on. If not, change is null."`
	Totals        Measures  `json:"totals"`
}

// SalesChange are ratios: 0.12 is 12 % more than in the previous period.
type SalesChange struct {
	Orders            *float64 `json:"orders" doc:"Ratio, 0.12 = 12 % more; null if there was none before."`
	Units             *float64 `json:"units" doc:"Ratio; null if there was none before."`
	NetRevenue        *float64 `json:"net_revenue" doc:"Ratio; null if it was not above 0 before."`
	AverageOrderValue *float64 `json:"average_order_value" doc:"Ratio; null without orders in one of both."`
}

func (a *API) addSalesSummary() {
	op := huma.Operation{
		OperationID: "sales-summary", Path: "/api/v1/sales/summary", Tags: []string{"sales"},
		Summary: "Totals of a period, compared with the one before",
		Description: "The previous period is the one of equal length just before. While the current period is not over, both are compared " +
			"over the same elapsed part, in whole minutes, or whole hours where minutes are no longer kept or country and category are given.",
	}
	p := a.lastHours(exampleNow, 24, store.Minute)
	previous := store.Sales{Orders: 58, Units: 120, RevenueMinor: 650_040, TaxMinor: 52_003, ShippingMinor: 23_142}
	answer(a, op, a.summary(p, &exampleSales, &exampleSales, &previous), a.salesSummary)
}

// comparison is a period, the one before, and how far both are compared.
type comparison struct {
	from, to      event.Time // the period
	until         event.Time // the current period counts until here in the comparison
	before        event.Time // start of the previous period
	unit          store.Granularity
	beforeElapsed event.Time // end of the compared part of the previous period
}

func (a *API) salesSummary(ctx context.Context, in *salesSummaryInput) (reply[SalesSummary], error) {
	now := a.now()
	p, errs := a.comparison(in, now)
	if errs != nil {
		return reply[SalesSummary]{}, invalid(errs...)
	}
	s, err := a.seam(ctx, p.before)
	if err != nil {
		return reply[SalesSummary]{}, fmt.Errorf("api: sales summary: %w", err)
	}
	totals := func(from, to event.Time) (store.Sales, error) { return a.salesTotals(ctx, s, from, to, in.Filter) }
	known, err := a.knownSince(ctx, s, p.before)
	if err != nil {
		return reply[SalesSummary]{}, fmt.Errorf("api: sales summary: %w", err)
	}
	current, err := totals(p.from, p.to)
	if err != nil {
		return reply[SalesSummary]{}, fmt.Errorf("api: sales summary: current period: %w", err)
	}
	previous, err := totals(p.before, p.beforeElapsed)
	if err != nil {
		return reply[SalesSummary]{}, fmt.Errorf("api: sales summary: previous period: %w", err)
	}
	compared := current
	if p.until != p.to {
		if compared, err = totals(p.from, p.until); err != nil {
			return reply[SalesSummary]{}, fmt.Errorf("api: sales summary: compared part: %w", err)
		}
	}
	data := a.summary(p, &current, &compared, &previous)
	data.Totals, data.Previous.Totals = measuresSince(&current, p.from, s, in.Filter), measuresSince(&previous, p.before, s, in.Filter)
	if data.Previous.Known = known; !known {
		data.Change = SalesChange{}
	}
	out, err := replyFrom(a, s, p.before, p.to, data)
	out.partial = p.to > now
	return out, err
}

// comparison resolves the parameters. The unit is the minute where minutes
// answer all of it, else the hour.
func (a *API) comparison(in *salesSummaryInput, now event.Time) (comparison, []error) {
	if in.Range != "" && (in.From != "" || in.To != "") {
		return comparison{}, []error{wrong("range", in.Range, "not together with from or to")}
	}
	for _, unit := range []store.Granularity{store.Minute, store.Hour} {
		p, errs := a.comparisonIn(unit, in, now)
		if errs != nil {
			return comparison{}, errs
		}
		kept := now.Add(-a.cfg.Rules.Stream.KeepMinutes)
		if unit == store.Hour || p.before >= kept && !in.both() {
			return p, nil
		}
	}
	panic("api: the hour answers every summary")
}

func (a *API) comparisonIn(unit store.Granularity, in *salesSummaryInput, now event.Time) (comparison, []error) {
	if in.From != "" || in.To != "" {
		return a.between(unit, in, now)
	}
	s := span{24, "h"}
	if in.Range != "" {
		var err error
		if s, err = parseSpan(in.Range); err != nil {
			return comparison{}, []error{wrong("range", in.Range, "%v", err)}
		}
	}
	switch {
	case s.unit == "d":
		return a.lastDays(now, s.n, unit), nil
	case s.unit == "m" && unit == store.Hour:
		return comparison{}, []error{wrong("range", in.Range, "country and category together are kept by the hour: use hours, days or weeks")}
	case s.unit == "m":
		return a.equalLength(a.windowEnd(a.windowStart(now, unit), unit), event.Time(s.n)*minuteMS, unit, now), nil
	case s.unit == "h":
		return a.lastHours(now, s.n, unit), nil
	default:
		return comparison{}, []error{wrong("range", in.Range, "here a period is compared with one of equal length: take m (minutes), h, d or w, or ask /api/v1/kpis")}
	}
}

func (a *API) lastHours(now event.Time, n int, unit store.Granularity) comparison {
	return a.equalLength(a.windowEnd(a.windowStart(now, unit), unit), event.Time(n)*hourMS, unit, now)
}

func (a *API) lastDays(now event.Time, n int, unit store.Granularity) comparison {
	today := a.calendar.DayStart(now)
	p := comparison{from: a.addDays(today, 1-n), to: a.addDays(today, 1), before: a.addDays(today, 1-2*n), unit: unit}
	return a.elapsed(p, now)
}

func (a *API) between(unit store.Granularity, in *salesSummaryInput, now event.Time) (comparison, []error) {
	if in.From == "" {
		return comparison{}, []error{wrong("to", in.To, "needs from")}
	}
	from, to, errs := a.parseBounds(in.From, in.To)
	if errs != nil {
		return comparison{}, errs
	}
	if in.To == "" {
		to = max(now, from+1)
	}
	from, to = a.windowStart(from, unit), a.ceil(to, unit)
	return a.equalLength(to, to-from, unit, now), nil
}

// equalLength compares [to-length, to) with the same length before it.
func (a *API) equalLength(to, length event.Time, unit store.Granularity, now event.Time) comparison {
	return a.elapsed(comparison{from: to - length, to: to, before: to - 2*length, unit: unit}, now)
}

// elapsed cuts both periods of p to whole units that have passed.
func (a *API) elapsed(p comparison, now event.Time) comparison {
	p.until = p.to
	p.beforeElapsed = p.from
	if p.to > now {
		p.until = max(p.from, a.windowStart(now, p.unit))
		p.beforeElapsed = min(p.from, p.before+p.until-p.from)
	}
	return p
}

func (a *API) summary(p comparison, current, compared, previous *store.Sales) SalesSummary {
	return SalesSummary{
		From: a.local(p.from), To: a.local(p.to), Totals: measures(current),
		Previous: PreviousSales{
			From: a.local(p.before), To: a.local(p.beforeElapsed), ComparedUntil: a.local(p.until), Known: true, Totals: measures(previous),
		},
		Change: SalesChange{
			Orders:            change(float64(compared.Orders), float64(previous.Orders)),
			Units:             change(float64(compared.Units), float64(previous.Units)),
			NetRevenue:        change(float64(compared.NetMinor()), float64(previous.NetMinor())),
			AverageOrderValue: change(averageOrder(compared), averageOrder(previous)),
		},
	}
}

func averageOrder(s *store.Sales) float64 {
	if s.Orders == 0 {
		return math.NaN()
	}
	return float64(s.RevenueMinor) / float64(s.Orders)
}

// change returns now/before - 1, to four decimals, or nil where it means
// nothing.
func change(now, before float64) *float64 {
	if !(before > 0) || math.IsNaN(now) {
		return nil
	}
	ratio := math.Round((now/before-1)*1e4) / 1e4
	return &ratio
}
