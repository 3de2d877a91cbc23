package alert

import (
	"fmt"
	"math"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// minute is how many orders a minute had.
type minute struct {
	start  event.Time
	orders int64
}

const minuteMS = event.Time(60_000)

// ordersCondition judges the newest of minutes, which are consecutive, over, and
// sorted by start.
func ordersCondition(minutes []minute, now store.AlertLevel, r rules.OrderAlerts) (c condition, ok bool) {
	c = condition{kind: store.AlertOrders, subject: "all"}
	if len(minutes) <= r.Warmup {
		return c, false
	}
	last := minutes[len(minutes)-1].orders
	mean, deviation := ewma(minutes[:len(minutes)-1], r.Smoothing.Float())
	c.value, c.text = last, fmt.Sprintf("%d orders a minute, as usual", last)
	width := r.Width.Float()
	if now != "" {
		width *= 1 - r.Margin.Float() // it has to come closer before it is as usual again
	}
	// At least a Poisson process varies this much.
	band := width * max(deviation, math.Sqrt(max(mean, 1)))
	switch {
	case silent(minutes, r.ZeroAfter) && mean*float64(r.ZeroAfter) >= float64(r.Least):
		c.level = store.OrdersZero
		c.text = fmt.Sprintf("no order for %d minutes, where %.1f a minute were usual", r.ZeroAfter, mean)
	case float64(last) > mean+band && last >= int64(r.Least):
		c.level, c.threshold = store.OrdersHigh, int64(math.Ceil(mean+band))
		c.text = fmt.Sprintf("%d orders a minute, where %.1f are usual", last, mean)
	case float64(last) < mean-band && mean >= float64(r.Least):
		c.level, c.threshold = store.OrdersLow, int64(math.Floor(mean-band))
		c.text = fmt.Sprintf("%d orders a minute, where %.1f are usual", last, mean)
	}
	return c, true
}

// silent reports whether the newest n minutes had no order.
func silent(minutes []minute, n int) bool {
	if len(minutes) < n {
		return false
	}
	for _, m := range minutes[len(minutes)-n:] {
		if m.orders > 0 {
			return false
		}
	}
	return true
}

// ewma is the exponentially weighted mean and deviation of minutes. Zeros at the
// end are left out: a shop that has stopped selling would otherwise become what is
// usual before anybody is told.
func ewma(minutes []minute, alpha float64) (mean, deviation float64) {
	for len(minutes) > 0 && minutes[len(minutes)-1].orders == 0 {
		minutes = minutes[:len(minutes)-1]
	}
	var variance float64
	for i, m := range minutes {
		x := float64(m.orders)
		if i == 0 {
			mean = x
			continue
		}
		delta := x - mean
		mean += alpha * delta
		variance = (1 - alpha) * (variance + alpha*delta*delta)
	}
	return mean, math.Sqrt(variance)
}

// fill returns the n minutes before end from windows, newest first as the store
// gives them, with zeros where there were no sales; none before the first.
func fill(windows []store.SalesWindow, end event.Time, n int) []minute {
	have := make(map[event.Time]int64, len(windows))
	first := end
	for _, w := range windows {
		have[w.Start] = w.Sales.Orders
		first = min(first, w.Start)
	}
	var minutes []minute
	for at := max(first, end-event.Time(n)*minuteMS); at < end; at += minuteMS {
		minutes = append(minutes, minute{at, have[at]})
	}
	return minutes
}
