package processor

import (
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Anomalies finds completed orders that are unusual: by the amount or the units
// of a line, against what is usual in its category, and by how quickly the
// orders of a visitor follow each other.
//
// What it finds depends on the order of the transactions of its task, which is
// that of their topic-partition, and on nothing else: not on the other topics,
// nor on ticks. So a replay finds the same, and names the same baselines.
type Anomalies struct {
	calendar rules.Calendar
	rules    rules.Anomaly
	newest   event.Time // record time of the orders so far
	day      event.Time // start of its day
	nextDay  event.Time

	amounts    *baselines
	quantities *baselines
	quota      quota
	bursts     bursts
}

// NewAnomalies returns the processor of the task of a partition for the given
// rules, which must be valid.
func NewAnomalies(partition int32, r rules.Rules) *Anomalies {
	a := &Anomalies{calendar: r.Calendar(), rules: r.Anomaly}
	a.amounts = newBaselines(store.MeasureAmount, &a.rules.HighValue, a.rules.Baseline, partition)
	a.quantities = newBaselines(store.MeasureQuantity, &a.rules.UnusualQuantity, a.rules.Baseline, partition)
	a.quota = newQuota(a.rules.Baseline.PerProduct)
	a.bursts = newBursts(a.rules.Velocity, r.Stream.Horizon)
	return a
}

// Apply adds what is unusual about an order to out, and the baselines that come
// into force with it. Other events, and orders that are not completed, move
// nothing.
func (a *Anomalies) Apply(e *event.Event, out *store.Changes) {
	if e.Type != event.TypeTransaction || e.Status != event.StatusCompleted {
		return
	}
	a.advance(e.ReceivedAt, out)
	a.judge(e, out)
	a.bursts.add(e, a.newest, out)
}

// Tick does nothing: what is past its time is dropped by the time of orders.
func (a *Anomalies) Tick(event.Time, *store.Changes) {}

// advance moves on to the record time of an order.
func (a *Anomalies) advance(to event.Time, out *store.Changes) {
	a.newest = max(a.newest, to)
	if a.newest < a.nextDay {
		return
	}
	start := a.day
	a.day, a.nextDay = a.calendar.DayStart(a.newest), a.calendar.NextDay(a.newest)
	since := a.day
	for range a.rules.Baseline.Days {
		since = a.calendar.DayStart(since - 1)
	}
	a.quota.turn()
	a.amounts.turn(start, since, a.newest, out)
	a.quantities.turn(start, since, a.newest, out)
}

// judge holds each line against its baselines and then counts it, if its product
// has not been counted often enough.
func (a *Anomalies) judge(e *event.Event, out *store.Changes) {
	var value, quantity outlier
	for i := range e.Items {
		it := &e.Items[i]
		category := it.Category
		if category == "" {
			category = store.Uncategorised
		}
		counts := a.quota.take(it.ProductID)
		if x := int64(it.BaseAmountMinor); x > 0 { // what is free says nothing of what things cost
			a.line(a.amounts, category, x, it, counts, &value, out)
		}
		if it.Quantity > 0 {
			a.line(a.quantities, category, it.Quantity, it, counts, &quantity, out)
		}
	}
	value.report(e, store.HighValue, out)
	quantity.report(e, store.UnusualQuantity, out)
}

// line holds x against what is usual and keeps it in worst if no line of the
// order before was more unusual. The first line of a day always counts: a category
// that has lines is not forgotten.
func (a *Anomalies) line(b *baselines, category string, x int64, it *event.Item, counts bool, worst *outlier, out *store.Changes) {
	s := b.of(category)
	if x >= s.from {
		if score := s.score(x, b.rule); score > worst.score {
			*worst = outlier{
				score: score, threshold: int64(b.rule.Threshold), value: x, expected: s.median,
				product: it.ProductID, category: category, baseline: b.id(category, s),
			}
		}
	}
	if counts || s.today.n == 0 {
		b.add(category, s, x, a.newest, out)
	}
}

// outlier is the most unusual line of an order. Its texts are the event's.
type outlier struct {
	score, threshold  int64 // thousandths; a score of 0 is that of no line
	value, expected   int64
	product, category string
	baseline          string
}

// report adds a finding, if there is one, to out.
func (l *outlier) report(e *event.Event, rule store.Rule, out *store.Changes) {
	if l.score == 0 {
		return
	}
	out.Findings[store.FindingKey{EventID: strings.Clone(e.ID), Rule: rule}] = &store.Finding{
		At: e.Time(), ReceivedAt: e.ReceivedAt, TransactionID: strings.Clone(e.TransactionID),
		VisitorID: strings.Clone(e.VisitorID), UserID: strings.Clone(e.UserID), Country: strings.Clone(e.Country),
		ProductID: strings.Clone(l.product), Category: strings.Clone(l.category), OrderMinor: e.BaseTotalMinor,
		Value: l.value, Expected: l.expected, ScoreMilli: l.score, ThresholdMilli: l.threshold, Baseline: l.baseline,
	}
}
