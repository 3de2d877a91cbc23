package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type trendsInput struct {
	Page
	Granularity string `query:"granularity" default:"day" enum:"day,week,month" doc:"Days of the shop, ISO weeks from Monday, or calendar months."`
	From        string `query:"from" example:"2026-01-01" doc:"Periods that begin on this day of the shop or later."`
	To          string `query:"to" example:"2026-03-01" doc:"Periods that begin before this day."`
	Filter
}

// TrendPeriod is a day, week or month.
type TrendPeriod struct {
	Start              string       `json:"start" format:"date" doc:"Its first day."`
	Partial            bool         `json:"partial" doc:"Not all of its days are in the figures."`
	NetRevenueMinor    event.Minor  `json:"net_revenue_minor"`
	RefundedMinor      event.Minor  `json:"refunded_minor"`
	Orders             int64        `json:"orders"`
	Units              int64        `json:"units" doc:"Net of returns."`
	Buyers             *int64       `json:"buyers" doc:"Known customers who ordered; null with category."`
	PreviousMinor      *event.Minor `json:"previous_net_revenue_minor" doc:"Of the period before."`
	Change             *float64     `json:"change" doc:"Ratio to the period before, 0.12 = 12 % more; null unless both are over and it was not 0."`
	YearAgoMinor       *event.Minor `json:"year_ago_net_revenue_minor" doc:"Of the same weekday 52 weeks before, the week 52 weeks before, or the month a year before."`
	YearChange         *float64     `json:"year_change"`
	MovingAverageMinor *event.Minor `json:"moving_average_minor" doc:"Over 7 days, 4 weeks or 3 months, this period included."`
}

// Trend is a series of sales, the newest period first.
type Trend struct {
	AsOf        string        `json:"as_of_date" format:"date" doc:"The days before it are in the figures."`
	Granularity string        `json:"granularity" enum:"day,week,month"`
	Periods     []TrendPeriod `json:"periods" nullable:"false" doc:"The newest first; periods without a sale have zeros."`
	NextCursor  *string       `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addTrends() {
	op := huma.Operation{
		OperationID: "sales-trends", Path: "/api/v1/sales/trends", Tags: []string{"sales"},
		Summary:     "Sales by day, week or month, compared",
		Description: "From the last batch run: with the period before, the year before, and a moving average. Late events are in, duplicates out.",
	}
	buyers, before, change, average := int64(71_203), event.Minor(812_733_104), 0.034, event.Minor(824_100_245)
	answerFrom(a, op, sourceWarehouse, Trend{AsOf: exampleState.AsOf, Granularity: "day", Periods: []TrendPeriod{{
		Start: "2026-03-01", NetRevenueMinor: 840_366_029, RefundedMinor: 8_200_113, Orders: 83_101, Units: 172_040,
		Buyers: &buyers, PreviousMinor: &before, Change: &change, MovingAverageMinor: &average,
	}}}, a.trends)
}

func (a *API) trends(ctx context.Context, in *trendsInput) (reply[Trend], error) {
	page, err := in.page()
	if err != nil {
		return reply[Trend]{}, err
	}
	from, to, err := parseDays(in.From, in.To)
	if err != nil {
		return reply[Trend]{}, err
	}
	found, err := a.deps.Warehouse.Trend(ctx, warehouse.TrendQuery{
		Page: page, Granularity: in.Granularity, Country: in.country(), Category: in.Category, From: from, To: to,
	})
	if err != nil {
		return reply[Trend]{}, warehouseProblem("trends", err)
	}
	if len(found.Rows) == 0 {
		if err := a.knownCategory(ctx, found.State.Run, in.Category); err != nil {
			return reply[Trend]{}, err
		}
	}
	out := Trend{AsOf: found.State.AsOf, Granularity: in.Granularity, Periods: make([]TrendPeriod, len(found.Rows)), NextCursor: nextPage(page, found.State, len(found.Rows))}
	partial := false
	for i := range found.Rows {
		out.Periods[i] = trendPeriod(&found.Rows[i])
		partial = partial || out.Periods[i].Partial
	}
	r, err := fromWarehouse(a, found.State, out)
	r.partial = partial
	return r, err
}

func trendPeriod(p *warehouse.TrendPoint) TrendPeriod {
	return TrendPeriod{
		Start: p.Start, Partial: !p.Complete, NetRevenueMinor: p.NetMinor, RefundedMinor: p.RefundMinor, Orders: p.Orders, Units: p.Units, Buyers: p.Buyers,
		PreviousMinor: p.PrevMinor, Change: rounded(p.Change), YearAgoMinor: p.YearAgoMinor, YearChange: rounded(p.YearChange), MovingAverageMinor: p.MovingAvg,
	}
}
