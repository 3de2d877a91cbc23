package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// pastReader is what sales before the seam are read from.
type pastReader interface {
	// State returns the newest run.
	State(ctx context.Context) (warehouse.State, error)
	// SalesDays returns the days with sales or refunds, the newest first.
	SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error)
	// SalesWindows returns the windows with sales or refunds, the newest first, each
	// step long and counted from 1970-01-01 UTC. With a limit no window may span two
	// days of the shop.
	SalesWindows(ctx context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error)
	// SalesDaysSplit and SalesSplit return the sales of days and of a time by country or
	// by category; tax and shipping are 0 in it.
	SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error)
	SalesSplit(ctx context.Context, q warehouse.SalesQuery, by store.Split) (warehouse.Answer[store.SalesPart], error)
	// SessionDays returns days with sessions, the newest first.
	SessionDays(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error)
	// Payments returns the orders of some days by method and status.
	Payments(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error)
	// Buyers returns one row: how many known customers completed an order on some days.
	Buyers(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[int64], error)
}

// quarter is the step that every hour of every zone is made of.
const quarter = 15 * time.Minute

// seam is the instant that divides sales: what happened before it is read from a run
// of the warehouse, all else from the live store. So nothing counts twice, and
// nothing is left out, whatever both of them know. It is the end of what came to the
// lake alone (history, imports), and on an hour of the shop.
type seam struct {
	at  event.Time // 0: the live store answers everything
	run warehouse.State
}

// liveSince is an instant that no seam is later than: today is the live store's.
func (a *API) liveSince() event.Time {
	now := a.now()
	return a.ceil(now-now%dayMS, store.Hour)
}

// seam returns the seam for a question about what happened since from. A warehouse
// without a run has none; one that cannot be read is an error, but for what is later
// than every seam.
func (a *API) seam(ctx context.Context, from event.Time) (seam, error) {
	if a.deps.Warehouse == nil || from >= a.liveSince() {
		return seam{}, nil
	}
	run, err := a.deps.Warehouse.State(ctx)
	if errors.Is(err, warehouse.ErrNone) {
		return seam{}, nil
	}
	if err != nil {
		return seam{}, warehouseProblem("where the live store begins", err)
	}
	if run.Seam <= 0 {
		return seam{}, nil
	}
	return seam{a.ceil(run.Seam, store.Hour), run}, nil
}

// source says where the figures of [from, to) come from.
func (s seam) source(from, to event.Time) string {
	switch {
	case from >= s.at:
		return sourceStream
	case to <= s.at:
		return sourceWarehouse
	}
	return sourceBoth
}

// replyFrom is a reply about [from, to).
func replyFrom[T any](a *API, s seam, from, to event.Time, data T) (reply[T], error) {
	source := s.source(from, to)
	if source == sourceStream {
		return reply[T]{data: data}, nil
	}
	r, err := fromWarehouse(a, s.run, data)
	if r.source = source; source == sourceBoth {
		r.seam = s.at
	}
	return r, err
}

// salesTotals is the sum of what happened within [from, to).
func (a *API) salesTotals(ctx context.Context, s seam, from, to event.Time, f Filter) (store.Sales, error) {
	var total store.Sales
	if from < s.at {
		var err error
		if total, err = a.pastTotals(ctx, s, from, min(to, s.at), f); err != nil {
			return total, err
		}
		from = s.at
	}
	if from >= to {
		return total, nil
	}
	live, err := a.deps.Sales.SalesTotals(ctx, from, to, f.country(), f.Category)
	total.Add(&live)
	return total, err
}

// totalsOf is the sum of what happened within [from, to) of all that is selected.
func (a *API) totalsOf(ctx context.Context, s seam, from, to event.Time, which selection) (store.Sales, error) {
	var total store.Sales
	for _, f := range which {
		one, err := a.salesTotals(ctx, s, from, to, f)
		if err != nil {
			return total, err
		}
		total.Add(&one)
	}
	return total, nil
}

// pastTotals is the warehouse's part: whole days from the facts by day, what is left
// at both ends from order lines.
func (a *API) pastTotals(ctx context.Context, s seam, from, to event.Time, f Filter) (store.Sales, error) {
	var total store.Sales
	first, last := a.ceil(from, store.Day), a.calendar.DayStart(to)
	ends := [][2]event.Time{{from, first}, {last, to}}
	if first < last {
		days, err := a.deps.Warehouse.SalesDays(ctx, a.daysQuery(s, first, last, f))
		if err := ignoreNone(err); err != nil {
			return total, err
		}
		for i := range days.Rows {
			total.Add(&days.Rows[i].Sales)
		}
	} else {
		ends = [][2]event.Time{{from, to}}
	}
	for _, end := range ends {
		if end[0] >= end[1] {
			continue
		}
		windows, err := a.pastWindows(ctx, s, end[0], end[1], f, 24*time.Hour, 0)
		if err != nil {
			return total, err
		}
		for i := range windows {
			total.Add(&windows[i].Sales)
		}
	}
	return total, nil
}

// daysQuery selects the days from the one that starts at first up to the one that
// starts at last.
func (a *API) daysQuery(s seam, first, last event.Time, f Filter) warehouse.SalesDaysQuery {
	q := warehouse.SalesDaysQuery{Run: s.run.Run, To: a.date(last), Country: f.country(), Category: f.Category}
	if first > 0 {
		q.From = a.date(first)
	}
	return q
}

// date is the day that starts at t.
func (a *API) date(t event.Time) string { return a.local(t).Format(time.DateOnly) }

// pastWindows reads windows of order lines.
func (a *API) pastWindows(ctx context.Context, s seam, from, to event.Time, f Filter, step time.Duration, limit int) ([]store.SalesWindow, error) {
	q := warehouse.SalesQuery{Run: s.run.Run, From: from, To: to, Country: f.country(), Category: f.Category, Limit: limit}
	found, err := a.deps.Warehouse.SalesWindows(ctx, q, step)
	if err := ignoreNone(err); err != nil {
		return nil, err
	}
	windows := make([]store.SalesWindow, len(found.Rows))
	for i, w := range found.Rows {
		windows[i] = store.SalesWindow(w)
	}
	return windows, nil
}

// pastSteps reads what the windows of q before the seam are made of, the newest
// first: at least as many as q.Limit of them are whole.
func (a *API) pastSteps(ctx context.Context, s seam, q store.SalesQuery, f Filter) ([]store.SalesWindow, error) {
	to := min(q.To, s.at)
	switch q.Granularity {
	case store.Minute:
		return a.pastWindows(ctx, s, q.From, to, f, time.Minute, q.Limit)
	case store.Hour:
		return a.pastWindows(ctx, s, q.From, to, f, quarter, q.Limit*int(time.Hour/quarter))
	default:
		return a.pastDays(ctx, s, q.From, to, f, q.Limit)
	}
}

// pastDays reads days, of the last one so much as lies before to.
func (a *API) pastDays(ctx context.Context, s seam, from, to event.Time, f Filter, limit int) ([]store.SalesWindow, error) {
	var windows []store.SalesWindow
	last := a.calendar.DayStart(to)
	if begun := max(from, last); begun < to {
		var err error
		if windows, err = a.pastWindows(ctx, s, begun, to, f, quarter, 0); err != nil {
			return nil, err
		}
	}
	if from >= last {
		return windows, nil
	}
	q := a.daysQuery(s, from, last, f)
	q.Limit = limit
	days, err := a.deps.Warehouse.SalesDays(ctx, q)
	if err := ignoreNone(err); err != nil {
		return nil, err
	}
	for i := range days.Rows {
		start, err := a.parseTime(days.Rows[i].Day)
		if err != nil {
			return nil, fmt.Errorf("a day of run %s: %w", s.run.Run, err)
		}
		windows = append(windows, store.SalesWindow{Start: start, Sales: days.Rows[i].Sales})
	}
	return windows, nil
}

// ignoreNone takes a table without a row for an answer.
func ignoreNone(err error) error {
	if errors.Is(err, warehouse.ErrNone) {
		return nil
	}
	return err
}
