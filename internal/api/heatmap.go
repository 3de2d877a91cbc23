package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type heatmapInput struct {
	Period
	Filters
}

// HeatmapCell is an hour of a weekday.
type HeatmapCell struct {
	Weekday         int         `json:"weekday" minimum:"1" maximum:"7" doc:"ISO 8601: 1 is Monday."`
	Hour            int         `json:"hour" minimum:"0" maximum:"23" doc:"Of the shop's clock."`
	Hours           int64       `json:"hours" doc:"How often it has begun in the period: divide by it to compare."`
	Orders          int64       `json:"orders"`
	Units           int64       `json:"units"`
	NetRevenueMinor event.Minor `json:"net_revenue_minor"`
}

// Heatmap is sales by hour of the week.
type Heatmap struct {
	From  time.Time     `json:"from"`
	To    time.Time     `json:"to" doc:"Exclusive."`
	Cells []HeatmapCell `json:"cells" nullable:"false" doc:"All 168, by weekday and hour."`
}

// maxHeatmap bounds what is read by the hour before the live store begins.
const maxHeatmap = 100 * dayMS

func (a *API) addHeatmap() {
	op := huma.Operation{
		OperationID: "sales-heatmap", Path: "/api/v1/sales/heatmap", Tags: []string{"sales"},
		Summary:     "Sales by weekday and hour",
		Description: "When the shop sells: every hour of the week, summed over a period of at most 100 days. A refund counts at its own time.",
	}
	cells := heatmapCells()
	cells[10] = HeatmapCell{Weekday: 1, Hour: 10, Hours: 4, Orders: 62, Units: 131, NetRevenueMinor: 708_219}
	answer(a, op, Heatmap{From: a.local(exampleNow - 28*dayMS), To: a.local(exampleNow), Cells: cells}, a.heatmap)
}

func heatmapCells() []HeatmapCell {
	cells := make([]HeatmapCell, 7*24)
	for i := range cells {
		cells[i].Weekday, cells[i].Hour = i/24+1, i%24
	}
	return cells
}

func (a *API) heatmap(ctx context.Context, in *heatmapInput) (reply[Heatmap], error) {
	p, errs := a.period(in.Period)
	if errs == nil && p.to-p.from > maxHeatmap {
		errs = append(errs, wrong("range", in.Range, "the period has %d days; at most %d are summed by the hour", (p.to-p.from)/dayMS, maxHeatmap/dayMS))
	}
	which, wrongs := in.selection()
	if errs = append(errs, wrongs...); errs != nil {
		return reply[Heatmap]{}, invalid(errs...)
	}
	windows, s, err := a.hoursOrDays(ctx, p.from, p.to, store.Hour, which)
	if err != nil {
		return reply[Heatmap]{}, fmt.Errorf("api: heatmap: %w", err)
	}
	cells := heatmapCells()
	cell := func(start event.Time) *HeatmapCell {
		at := a.local(start)
		return &cells[(int(at.Weekday())+6)%7*24+at.Hour()]
	}
	for start := p.from; start < min(p.to, a.now()); start = a.windowEnd(start, store.Hour) {
		cell(start).Hours++
	}
	for i := range windows {
		c, sales := cell(windows[i].Start), &windows[i].Sales
		c.Orders += sales.Orders
		c.Units += sales.Units
		c.NetRevenueMinor += sales.NetMinor()
	}
	r, err := replyFrom(a, s, p.from, p.to, Heatmap{From: a.local(p.from), To: a.local(p.to), Cells: cells})
	r.partial = p.to > a.now()
	return r, err
}
