package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type timeseriesInput struct {
	Period
	Compared
	Filters
	Granularity string `query:"granularity" default:"auto" enum:"auto,hour,day,week,month" doc:"Length of a point: hours, days of the shop, ISO weeks from Monday, calendar months. auto: hours up to 3 days, days up to 100, else weeks."`
}

// SeriesPoint is a window of a series.
type SeriesPoint struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end" doc:"Exclusive."`
	Partial bool      `json:"partial" doc:"It is not over, or the period has only a part of it."`
	Measures
	Previous *Measures `json:"previous,omitempty" doc:"Of the point at the same place of the period that it is compared with; absent without one, where that has fewer points, and before the first sale that is known."`
}

// Series is sales by time, the oldest first.
type Series struct {
	Granularity string        `json:"granularity" enum:"hour,day,week,month"`
	From        time.Time     `json:"from"`
	To          time.Time     `json:"to" doc:"Exclusive; ahead of now if the period is not over."`
	Previous    *Comparison   `json:"compared_with,omitempty" doc:"Absent without compare."`
	Points      []SeriesPoint `json:"points" nullable:"false" doc:"The oldest first; those without a sale have zeros, those that have not begun are left out."`
}

// The lengths of points that the store does not know.
const (
	week  store.Granularity = "week"
	month store.Granularity = "month"
)

// maxPoints bounds a series.
const maxPoints = 1000

func (a *API) addTimeseries() {
	op := huma.Operation{
		OperationID: "sales-timeseries", Path: "/api/v1/sales/timeseries", Tags: []string{"sales"},
		Summary:     "Sales by hour, day, week or month, with the period before",
		Description: "Every point of a period, those without a sale with zeros, by country and category; at most 1000 points. Points that are compared stand at the same place of their periods.",
	}
	day := a.calendar.DayStart(exampleNow)
	previous := measures(&exampleSales)
	answer(a, op, Series{Granularity: "day", From: a.local(day), To: a.local(day + dayMS), Previous: &Comparison{a.local(day - 28*dayMS), a.local(day - 27*dayMS), a.local(day + dayMS), true}, Points: []SeriesPoint{
		{Start: a.local(day), End: a.local(day + dayMS), Measures: measures(&exampleSales), Previous: &previous},
	}}, a.timeseries)
}

func (a *API) timeseries(ctx context.Context, in *timeseriesInput) (reply[Series], error) {
	p, errs := a.period(in.Period)
	which, wrongs := in.selection()
	if errs = append(errs, wrongs...); errs != nil {
		return reply[Series]{}, invalid(errs...)
	}
	g := store.Granularity(in.Granularity)
	if g == "auto" {
		g = granularityOf(p.to - p.from)
	}
	if n := (p.to - p.from) / hourMS; g == store.Hour && n > maxPoints {
		return reply[Series]{}, invalid(wrong("granularity", in.Granularity, "the period has %d hours; at most %d points are answered: ask for days", n, maxPoints))
	}
	before, past, err := a.pastOf(ctx, p, in.Compare)
	if err != nil {
		return reply[Series]{}, fmt.Errorf("api: timeseries: %w", err)
	}
	points, s, err := a.points(ctx, p.from, p.to, g, which)
	if err != nil {
		return reply[Series]{}, fmt.Errorf("api: timeseries: %w", err)
	}
	if before.from < before.to {
		// Whole points of the past: the last one of now may still grow to them.
		end := min(a.bucketEnd(a.bucketStart(before.to-1, g), g), p.from)
		then, _, err := a.points(ctx, before.from, end, g, which)
		if err != nil {
			return reply[Series]{}, fmt.Errorf("api: timeseries: previous period: %w", err)
		}
		known := before.known
		for i := range min(len(points), len(then)) {
			known = known || then[i].Orders > 0 || then[i].Refunds > 0 // what is known begins here
			if known {
				points[i].Previous = &then[i].Measures
			}
		}
		if s.at == 0 {
			s = past
		}
	}
	data := Series{Granularity: string(g), From: a.local(p.from), To: a.local(p.to), Previous: a.comparedWith(p, before), Points: points}
	r, err := replyFrom(a, s, before.from, p.to, data)
	r.partial = p.to > a.now()
	return r, err
}

func granularityOf(length event.Time) store.Granularity {
	switch {
	case length <= 3*dayMS:
		return store.Hour
	case length <= 100*dayMS:
		return store.Day
	}
	return week
}

// points are the points of [from, to) that have begun, the oldest first.
func (a *API) points(ctx context.Context, from, to event.Time, g store.Granularity, which selection) ([]SeriesPoint, seam, error) {
	windows, s, err := a.hoursOrDays(ctx, from, to, g, which)
	if err != nil {
		return nil, s, err
	}
	now := a.now()
	points := []SeriesPoint{}
	for start := a.bucketStart(from, g); start < to && start <= now; start = a.bucketEnd(start, g) {
		end := a.bucketEnd(start, g)
		var sum store.Sales
		for len(windows) > 0 && windows[len(windows)-1].Start < end {
			sum.Add(&windows[len(windows)-1].Sales)
			windows = windows[:len(windows)-1]
		}
		points = append(points, SeriesPoint{
			Start: a.local(start), End: a.local(end), Partial: end > now || start < from || end > to, Measures: which.measures(&sum, start, s),
		})
	}
	return points, s, nil
}

// hoursOrDays reads the windows of [from, to) that points of length g are made of, the
// newest first: days where the time is made of them. Each of which has its own.
func (a *API) hoursOrDays(ctx context.Context, from, to event.Time, g store.Granularity, which selection) ([]store.SalesWindow, seam, error) {
	q := store.SalesQuery{From: from, To: to, Granularity: store.Hour, Limit: int((to-from)/hourMS) + maxHoursOfDay}
	if g != store.Hour && a.wholeDays(from, to) {
		q.Granularity, q.Limit = store.Day, a.daysBetween(from, to)+1
	}
	var all []store.SalesWindow
	var at seam
	for _, f := range which {
		q.Country, q.Category = f.country(), f.Category
		windows, s, err := a.readWindows(ctx, q, f)
		if err != nil {
			return nil, s, err
		}
		all, at = append(all, windows...), s
	}
	slices.SortStableFunc(all, func(x, y store.SalesWindow) int { return cmp.Compare(y.Start, x.Start) })
	return all, at, nil
}

// bucketStart is the start of the point of length g that t is in.
func (a *API) bucketStart(t event.Time, g store.Granularity) event.Time {
	day := a.calendar.DayStart(t)
	date := a.local(day + dayMS/2)
	switch g {
	case week:
		return a.addDays(day, -(int(date.Weekday())+6)%7)
	case month:
		return a.firstOf(date.Year(), date.Month())
	default:
		return a.windowStart(t, g)
	}
}

// bucketEnd is the end of the point that begins at start.
func (a *API) bucketEnd(start event.Time, g store.Granularity) event.Time {
	switch g {
	case week:
		return a.addDays(start, 7)
	case month:
		date := a.local(start + dayMS/2)
		return a.firstOf(date.Year(), date.Month()+1)
	default:
		return a.windowEnd(start, g)
	}
}
