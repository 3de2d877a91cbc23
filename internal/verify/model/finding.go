package model

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Judge decides which orders of one topic-partition are unusual, given the
// baselines that the stream made of it. How a baseline is made is the stream's
// business; that each order was held against the one in force is checked.
type Judge struct {
	// OneIn keeps one in so many visitors for velocity; 0 and 1 are all.
	OneIn uint64
	// Judged is how many orders there were.
	Judged int64

	rules     rules.Anomaly
	horizon   event.Time
	baselines map[baselineOf][]store.BaselineRow // by From
	newest    event.Time
	last      map[baselineOf]event.Time // when a value came last
	forgotten map[baselineOf]event.Time // when a category may have been forgotten last
	found     map[store.FindingKey]Finding
	orders    map[string]*[]visitorOrder // of completed ones, by visitor
}

type baselineOf struct {
	category string
	measure  store.Measure
}

// visitorOrder is a completed order.
type visitorOrder struct {
	at event.Time
	id string
}

// Finding is what must be found, or may be: where a baseline came into force in the
// very millisecond of the order, either it or the one before is right.
type Finding struct {
	At        event.Time // of the order
	Must      bool
	Baselines []string // that it may name
	Score     int64    // thousandths, of the first of Baselines; rounding may differ by one
}

// NewJudge returns the judge of a partition.
func NewJudge(r rules.Rules, partition int32, baselines []store.BaselineRow) *Judge {
	j := &Judge{
		rules: r.Anomaly, horizon: milliseconds(r.Stream.Horizon), baselines: map[baselineOf][]store.BaselineRow{},
		last: map[baselineOf]event.Time{}, forgotten: map[baselineOf]event.Time{}, found: map[store.FindingKey]Finding{}, orders: map[string]*[]visitorOrder{},
	}
	for _, row := range baselines {
		if row.Key.Partition == partition {
			k := baselineOf{row.Key.Category, row.Key.Measure}
			j.baselines[k] = append(j.baselines[k], row)
		}
	}
	for _, rows := range j.baselines {
		slices.SortFunc(rows, func(a, b store.BaselineRow) int { return cmp.Compare(a.Key.Version, b.Key.Version) })
	}
	return j
}

// Order takes the next applied event of the transactions, in the order of the log.
func (j *Judge) Order(e *event.Event) {
	if e.Type != event.TypeTransaction || e.Status != event.StatusCompleted {
		return
	}
	j.Judged++
	j.newest = max(j.newest, e.ReceivedAt)
	j.measure(e, store.HighValue, store.MeasureAmount, &j.rules.HighValue, func(it *event.Item) int64 { return int64(it.BaseAmountMinor) })
	j.measure(e, store.UnusualQuantity, store.MeasureQuantity, &j.rules.UnusualQuantity, func(it *event.Item) int64 { return it.Quantity })
	if !oneIn(j.OneIn, e.VisitorID) || e.Time() < e.ReceivedAt-j.horizon {
		return
	}
	orders := j.orders[e.VisitorID]
	if orders == nil {
		orders = &[]visitorOrder{}
		j.orders[strings.Clone(e.VisitorID)] = orders
	}
	*orders = append(*orders, visitorOrder{e.Time(), strings.Clone(e.ID)})
}

// measure holds the lines of an order against what is usual.
func (j *Judge) measure(e *event.Event, rule store.Rule, m store.Measure, o *rules.Outlier, value func(*event.Item) int64) {
	var worst Finding
	for i := range e.Items {
		x := value(&e.Items[i])
		if x <= 0 {
			continue
		}
		category := e.Items[i].Category
		if category == "" {
			category = store.Uncategorised
		}
		f := j.line(strings.Clone(category), m, o, x)
		if f.Baselines != nil && (worst.Baselines == nil || f.Score > worst.Score) {
			f.Must = f.Must || worst.Must
			f.Baselines = append(f.Baselines, worst.Baselines...)
			worst = f
		} else if f.Baselines != nil {
			worst.Must = worst.Must || f.Must
			worst.Baselines = append(worst.Baselines, f.Baselines...)
		}
	}
	worst.At = e.Time()
	if worst.Baselines != nil {
		j.found[store.FindingKey{EventID: strings.Clone(e.ID), Rule: rule}] = worst
	}
}

// line returns what a line comes to: without Baselines it cannot be unusual.
func (j *Judge) line(category string, m store.Measure, o *rules.Outlier, x int64) Finding {
	f := Finding{Must: true}
	for _, b := range j.inForce(category, m, o) {
		score := robustZ(x, b.Baseline.Median, b.Baseline.SpreadMilli, o)
		const rounding = 2
		f.Must = f.Must && score >= int64(o.Threshold)+rounding
		if score >= int64(o.Threshold)-rounding {
			if f.Baselines == nil {
				f.Score = score
			}
			f.Baselines = append(f.Baselines, idOf(b.Key))
		}
	}
	return f
}

func idOf(k store.BaselineKey) string {
	if k.Version == 0 {
		return "prior"
	}
	return k.String()
}

// inForce returns the baselines that a line of now may be held against: the last
// one from before now, or the prior, and all from now.
func (j *Judge) inForce(category string, m store.Measure, o *rules.Outlier) []store.BaselineRow {
	p := o.PriorOf(category)
	prior := store.BaselineRow{Baseline: store.Baseline{Median: int64(p.Median), SpreadMilli: int64(p.Spread)}}
	in := []store.BaselineRow{prior}
	k := baselineOf{category, m}
	// A category without a value for as many days as count is forgotten, at the turn
	// of a day: within a day of that either is right.
	if before, known := j.last[k]; known && j.newest-before >= dayMS*event.Time(j.rules.Baseline.Days) {
		j.forgotten[k] = j.newest
	}
	j.last[k] = j.newest
	for _, row := range j.baselines[k] {
		switch {
		case row.Baseline.From < j.newest:
			in = append(in[:0], row)
		case row.Baseline.From == j.newest:
			in = append(in, row)
		}
	}
	if at, ok := j.forgotten[k]; ok && in[0].Baseline.From < at && in[0].Key.Version != 0 {
		in = append(in, prior) // and there is no baseline since
	}
	return in
}

const dayMS = event.Time(24 * 3_600_000)

// robustZ is the modified z-score of ln x in thousandths.
func robustZ(x, median, spreadMilli int64, o *rules.Outlier) int64 {
	spread := math.Max(float64(spreadMilli), float64(o.MinSpread)) / 1000
	return int64(math.Round(1000 * 0.6745 * (math.Log(float64(x)) - math.Log(float64(median))) / spread))
}

// Findings returns what the orders so far come to.
func (j *Judge) Findings() map[store.FindingKey]Finding {
	window, least := milliseconds(j.rules.Velocity.Window), j.rules.Velocity.Orders
	for _, orders := range j.orders {
		slices.SortFunc(*orders, func(a, b visitorOrder) int { return cmp.Compare(a.at, b.at) })
		for i := 0; i+least <= len(*orders); i++ {
			stretch := (*orders)[i : i+least]
			if stretch[least-1].at-stretch[0].at >= window {
				continue
			}
			for _, o := range stretch {
				j.found[store.FindingKey{EventID: o.id, Rule: store.Velocity}] = Finding{At: o.at, Must: true, Baselines: []string{""}}
			}
		}
	}
	return j.found
}
