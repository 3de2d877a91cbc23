package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

const (
	// maxSplits bounds how many categories, and how many pairs of country and
	// category, are asked for; of more, as many evenly spread.
	maxSplits = 300
	// pageWindows is the most windows that the API answers at once, and
	// pageDays the days of one question, both at most what it allows.
	pageWindows = 1000
	pageDays    = 390

	dayMS event.Time = 24 * 60 * 60 * 1000
)

// split is what a question is about; empty is all.
type split struct{ country, category string }

func (s split) query() url.Values {
	q := url.Values{}
	if s.country != "" {
		q.Set("country", s.country)
	}
	if s.category != "" {
		q.Set("category", s.category)
	}
	return q
}

// asked is the state of the questions to the API: what it must answer, and for
// which time.
type asked struct {
	*evidence
	result *Result
	splits map[split]map[event.Time]store.Sales // by hour
	from   event.Time                           // the first instant that is compared
	to     event.Time                           // and the end; 0 if nothing can change
	first  event.Time                           // start of the first hour of any window
	last   event.Time                           // and of the last one
}

// checkAPI is invariant 1 on the API: its windows by hour and day, and its
// totals, are what the log comes to, for all, each country, each category, and
// each country and category. While the platform runs, only windows count that
// ended before the horizon. What the API reads from the warehouse is not compared:
// it has more than the log, history and imports.
func checkAPI(ctx context.Context, e *evidence, r *Result) error {
	if e.API == nil {
		r.note("the API was not asked")
		return nil
	}
	a := &asked{evidence: e, result: r, from: e.since, splits: map[split]map[event.Time]store.Sales{}}
	if e.Live {
		a.to = e.settled()
		if a.to <= 0 {
			r.note("the API was not asked: the platform is running, and nothing ended before the horizon")
			return nil
		}
	}
	a.index()
	if len(a.splits) == 0 {
		r.note("the API was not asked: there are no sales")
		return nil
	}
	for _, s := range a.questions() {
		if err := a.ask(ctx, s); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.differ("API", "answer", "figures", err)
			return nil // the rest would fail likewise
		}
	}
	return nil
}

// ask compares everything that the API says about a split. The error says why
// there was no answer.
func (a *asked) ask(ctx context.Context, s split) error {
	for _, g := range []store.Granularity{store.Hour, store.Day} {
		if err := a.windows(ctx, s, g); err != nil {
			return err
		}
	}
	return a.summary(ctx, s)
}

// settled is the instant before which windows cannot change any more, although
// the platform runs: whatever is applied after the cut arrived after the newest
// record of its topic-partition, up to the slack for record times out of order,
// and is too old for what lies a horizon before it. A topic-partition that was
// read to its end waits for nothing.
func (e *evidence) settled() event.Time {
	newest := event.Time(0)
	for _, p := range e.parts {
		if p.topic == event.TopicTransactions {
			newest = max(newest, p.position.LastTime)
		}
	}
	for _, p := range e.parts {
		if p.topic == event.TopicTransactions && p.position.Next < p.end {
			newest = min(newest, p.position.LastTime)
		}
	}
	return newest.Add(-e.Rules.Stream.Horizon - model.SeenSlack)
}

// index adds up the recomputed hours by every split.
func (a *asked) index() {
	for k, s := range a.tables.Sales[store.HourBySplit] {
		if k.Category == store.AllCategories {
			a.add(split{}, k.Start, s)
			a.add(split{country: k.Country}, k.Start, s)
		} else {
			a.add(split{category: k.Category}, k.Start, s)
			a.add(split{k.Country, k.Category}, k.Start, s)
		}
		if a.first == 0 || k.Start < a.first {
			a.first = k.Start
		}
		a.last = max(a.last, k.Start)
	}
}

func (a *asked) add(s split, start event.Time, sales store.Sales) {
	if a.splits[s] == nil {
		a.splits[s] = map[event.Time]store.Sales{}
	}
	sum := a.splits[s][start]
	sum.Add(&sales)
	a.splits[s][start] = sum
}

// questions lists the splits that are asked for: all, countries, categories,
// pairs.
func (a *asked) questions() []split {
	var one, pairs []split
	for s := range a.splits {
		if s.country != "" && s.category != "" {
			pairs = append(pairs, s)
		} else {
			one = append(one, s)
		}
	}
	return append(a.spread(one), a.spread(pairs)...)
}

// spread sorts splits and keeps maxSplits of them.
func (a *asked) spread(splits []split) []split {
	slices.SortFunc(splits, func(x, y split) int {
		return cmp.Or(cmp.Compare(x.category, y.category), cmp.Compare(x.country, y.country))
	})
	n := len(splits)
	if n <= maxSplits {
		return splits
	}
	a.result.note("%d of %d splits by country and category were asked for", maxSplits, n)
	kept := make([]split, maxSplits)
	for i := range kept {
		kept[i] = splits[i*n/maxSplits]
	}
	return kept
}

// start returns the start of the window that t is in.
func (a *asked) start(t event.Time, g store.Granularity) event.Time {
	if g == store.Day {
		return a.calendar.DayStart(t)
	}
	return a.calendar.HourStart(t)
}

// following returns the start of the window after the one that t is in.
func (a *asked) following(t event.Time, g store.Granularity) event.Time {
	if g == store.Day {
		return a.calendar.NextDay(t)
	}
	start := a.calendar.HourStart(t)
	next := start + 60*60*1000
	// Where the offset changes within an hour, the window is cut there.
	if cut := a.calendar.HourStart(next - 1); cut > start {
		return cut
	}
	return next
}

// bounds returns the time that is compared by windows of g: [from, to), both
// starts of windows. It is empty if from is not below to.
func (a *asked) bounds(g store.Granularity) (from, to event.Time) {
	first := max(a.first, a.from)
	from = a.start(first, g)
	if from < a.from {
		from = a.following(first, g) // the window began before the log does
	}
	to = a.following(a.last, g)
	if a.to > 0 {
		to = min(to, a.start(a.to, g))
	}
	return from, to
}

// expected folds the recomputed hours of a split into windows within [from, to).
func (a *asked) expected(s split, g store.Granularity, from, to event.Time) map[event.Time]store.Sales {
	want := map[event.Time]store.Sales{}
	for hour, sales := range a.splits[s] {
		start := a.start(hour, g)
		if start < from || start >= to {
			continue
		}
		sum := want[start]
		sum.Add(&sales)
		want[start] = sum
	}
	return want
}

// answered are the figures of an answer.
type answered struct {
	Orders                 int64        `json:"orders"`
	Units                  int64        `json:"units"`
	RevenueMinor           event.Minor  `json:"revenue_minor"`
	Refunds                int64        `json:"refunds"`
	UnitsReturned          int64        `json:"units_returned"`
	RefundedMinor          event.Minor  `json:"refunded_minor"`
	NetRevenueMinor        event.Minor  `json:"net_revenue_minor"`
	TaxMinor               event.Minor  `json:"tax_minor"`
	ShippingMinor          event.Minor  `json:"shipping_minor"`
	AverageOrderValueMinor *event.Minor `json:"average_order_value_minor"`
}

func (m *answered) sales() store.Sales {
	return store.Sales{
		Orders: m.Orders, Units: m.Units, RevenueMinor: m.RevenueMinor, Refunds: m.Refunds, UnitsReturned: m.UnitsReturned,
		RefundedMinor: m.RefundedMinor, TaxMinor: m.TaxMinor, ShippingMinor: m.ShippingMinor,
	}
}

// origin says where an answer is from.
type origin struct {
	Source string    `json:"source"`
	Seam   time.Time `json:"seam"` // of both: what is before it is the warehouse's
}

// live returns the first instant whose figures are those of the live tables.
func (o origin) live() event.Time {
	switch o.Source {
	case "warehouse":
		return math.MaxInt64
	case "both":
		return event.TimeOf(o.Seam)
	}
	return 0
}

// compare compares one set of figures, and what is derived from them.
func (a *asked) compare(key string, want store.Sales, got *answered) {
	a.result.Checked++
	compareSales(a.result, key, want, got.sales())
	if net := want.RevenueMinor - want.RefundedMinor; got.NetRevenueMinor != net {
		a.result.differ(key, "net_revenue_minor", net, got.NetRevenueMinor)
	}
	average, shown := "null", "null"
	if want.Orders > 0 {
		average = strconv.FormatInt((2*int64(want.RevenueMinor)+want.Orders)/(2*want.Orders), 10)
	}
	if got.AverageOrderValueMinor != nil {
		shown = strconv.FormatInt(int64(*got.AverageOrderValueMinor), 10)
	}
	if average != shown {
		a.result.differ(key, "average_order_value_minor", average, shown)
	}
}

const (
	metricsPath = "/api/v1/sales/metrics"
	summaryPath = "/api/v1/sales/summary"
)

// windows compares the windows of one split.
func (a *asked) windows(ctx context.Context, s split, g store.Granularity) error {
	from, to := a.bounds(g)
	for from < to {
		end := min(to, a.calendar.DayStart(from+pageDays*dayMS))
		if err := a.page(ctx, s, g, from, end); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// page compares the windows of [from, to), which the API answers newest first.
func (a *asked) page(ctx context.Context, s split, g store.Granularity, from, to event.Time) error {
	want := a.expected(s, g, from, to)
	q := s.query()
	q.Set("granularity", string(g))
	q.Set("limit", strconv.Itoa(pageWindows))
	q.Set("from", timeText(from))
	name := func(start event.Time) string {
		return fmt.Sprintf("%s %s %s %s", metricsPath, g, timeText(start), s.query().Encode())
	}
	for end := to; from < end; {
		q.Set("to", timeText(end))
		var answer struct {
			Data struct {
				Windows []struct {
					Start time.Time `json:"start"`
					answered
				} `json:"windows"`
			} `json:"data"`
			Meta origin `json:"meta"`
		}
		if err := a.API.get(ctx, metricsPath, q, &answer); err != nil {
			return err
		}
		since := answer.Meta.live()
		maps.DeleteFunc(want, func(start event.Time, _ store.Sales) bool { return start < since })
		for i := range answer.Data.Windows {
			w := &answer.Data.Windows[i]
			start := event.TimeOf(w.Start)
			if start >= end {
				a.result.differ(name(start), "start", "before "+timeText(end), timeText(start))
				return nil
			}
			end = start
			if start < since {
				continue
			}
			sales, ok := want[start]
			if !ok {
				a.result.differ(name(start), "window", "none", salesText(w.sales()))
				continue
			}
			delete(want, start)
			a.compare(name(start), sales, &w.answered)
		}
		if len(answer.Data.Windows) < pageWindows {
			break
		}
	}
	for _, start := range slices.Sorted(maps.Keys(want)) {
		a.result.differ(name(start), "window", salesText(want[start]), "none")
	}
	return nil
}

// summary compares the totals of the second half of the time, which the API
// compares with the first half.
func (a *asked) summary(ctx context.Context, s split) error {
	from, to := a.bounds(store.Hour)
	from = max(from, to-pageDays*dayMS)
	middle := a.calendar.HourStart(to - (to-from)/2)
	if middle >= to {
		return nil
	}
	q := s.query()
	q.Set("from", timeText(middle))
	q.Set("to", timeText(to))
	var answer struct {
		Data struct {
			Totals   answered `json:"totals"`
			Previous struct {
				From   time.Time `json:"from"`
				To     time.Time `json:"to"`
				Totals answered  `json:"totals"`
			} `json:"previous"`
		} `json:"data"`
		Meta origin `json:"meta"`
	}
	if err := a.API.get(ctx, summaryPath, q, &answer); err != nil {
		return err
	}
	since := answer.Meta.live()
	name := func(from, to event.Time) string {
		return fmt.Sprintf("%s %s to %s %s", summaryPath, timeText(from), timeText(to), s.query().Encode())
	}
	if middle >= since {
		a.compare(name(middle, to), a.total(s, middle, to), &answer.Data.Totals)
	}
	before, until := event.TimeOf(answer.Data.Previous.From), event.TimeOf(answer.Data.Previous.To)
	whole := a.calendar.HourStart(before) == before && a.calendar.HourStart(until) == until
	if whole && before >= max(a.from, since) {
		a.compare(name(before, until), a.total(s, before, until), &answer.Data.Previous.Totals)
	}
	return nil
}

// total adds up the hours of a split that start within [from, to).
func (a *asked) total(s split, from, to event.Time) store.Sales {
	var sum store.Sales
	for start, sales := range a.splits[s] {
		if from <= start && start < to {
			sum.Add(&sales)
		}
	}
	return sum
}
