package processor

import (
	"math"
	"slices"
	"sort"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// priorID is the id of a baseline that comes from the rules.
const priorID = "prior"

// usual is what a line is held against: a baseline in force.
type usual struct {
	median int64       // in the unit of the measure
	spread rules.Milli // median absolute deviation of ln x
	from   int64       // least value whose score reaches the threshold
}

// newUsual returns the baseline of a median and a spread under rule o.
func newUsual(median int64, spread rules.Milli, o *rules.Outlier) usual {
	u := usual{median: median, spread: spread}
	most := int(event.MaxAmount)
	u.from = int64(sort.Search(most, func(x int) bool { return x >= 1 && u.score(int64(x), o) >= int64(o.Threshold) }))
	if u.from == int64(most) {
		u.from = math.MaxInt64
	}
	return u
}

// score returns the modified z-score of x, in thousandths, rounded half up:
//
//	0.6745 * (ln x - ln median) / max(spread, least spread of the rules)
//
// Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), equation 3.10,
// where 0.6745 is the 75th percentile of the standard normal distribution: it
// makes the median absolute deviation of normal values their standard deviation.
// Amounts and quantities are nearer to log-normal than to normal.
func (u *usual) score(x int64, o *rules.Outlier) int64 {
	const consistency = 6745 // 0.6745, in ten-thousandths
	distance := int64(lnOf(x) - lnOf(u.median))
	unit := int64(max(u.spread, o.MinSpread)) * 10_000_000
	twice := 2 * consistency * distance // below 5e14
	if twice < 0 {
		return -((unit - twice) / (2 * unit))
	}
	return (twice + unit) / (2 * unit)
}

// series is one measure of one category: what is usual, and what the next
// baseline will be made from.
type series struct {
	usual
	version int64 // of the baseline in force; 0 = the prior
	samples int64 // that it was made from
	today   histogram
	closed  []closedDay // oldest first; days without a value are left out
	total   int64       // values of today and the closed days
}

// closedDay is the histogram of a day that is over.
type closedDay struct {
	start event.Time
	histogram
}

// baselines are those of one measure.
//
// A line is held against the baseline that was in force before it. Days are
// those of the shop in record time. A category has the prior of the rules until
// it has as many values as they say; from then on a baseline is made whenever
// there are twice as many values as the one in force was made from, and when a
// day is over, from the last closed days and what there is of today. A category
// without a value for so many days is forgotten.
type baselines struct {
	measure store.Measure
	rule    *rules.Outlier
	made    rules.Baseline
	task    int32
	series  map[string]*series // by category
	pool    pool
}

// maxSeries bounds the memory that names from outside can take: the categories
// beyond are held against the prior.
const maxSeries = 4096

func newBaselines(measure store.Measure, rule *rules.Outlier, made rules.Baseline, task int32) *baselines {
	return &baselines{measure: measure, rule: rule, made: made, task: task, series: map[string]*series{}, pool: newPool()}
}

// of returns the series of a category.
func (b *baselines) of(category string) *series {
	s := b.series[category]
	if s == nil {
		s = &series{usual: b.prior(category)}
		if len(b.series) < maxSeries {
			b.series[strings.Clone(category)] = s
		}
	}
	return s
}

func (b *baselines) prior(category string) usual {
	p := b.rule.PriorOf(category)
	return newUsual(int64(p.Median), p.Spread, b.rule)
}

// key names the baseline in force.
func (b *baselines) key(category string, s *series) store.BaselineKey {
	return store.BaselineKey{Category: category, Measure: b.measure, Partition: b.task, Version: s.version}
}

// id names the baseline in force in findings.
func (b *baselines) id(category string, s *series) string {
	if s.version == 0 {
		return priorID
	}
	return b.key(category, s).String()
}

// add counts a value. now is the newest record time.
func (b *baselines) add(category string, s *series, x int64, now event.Time, out *store.Changes) {
	s.today.add(bucketOf(x))
	s.total++
	if s.total >= int64(b.made.Samples) && s.total >= 2*s.samples {
		b.renew(category, s, now, out)
	}
}

// turn closes the day that began at start. Closed days from since on still count.
func (b *baselines) turn(start, since, now event.Time, out *store.Changes) {
	for category, s := range b.series {
		before := s.samples
		if s.today.n > 0 {
			s.closed = append(s.closed, closedDay{start, s.today})
			s.today = histogram{}
		}
		dropped := 0
		for ; dropped < len(s.closed) && s.closed[dropped].start < since; dropped++ {
			s.total -= s.closed[dropped].n
		}
		s.closed = slices.Delete(s.closed, 0, dropped)
		switch {
		case len(s.closed) == 0:
			delete(b.series, category)
		case s.total >= int64(b.made.Samples) && (s.total != before || dropped > 0):
			b.renew(category, s, now, out)
		}
	}
}

// renew puts a baseline of all that s has in force.
func (b *baselines) renew(category string, s *series, now event.Time, out *store.Changes) {
	b.pool.clear()
	for i := range s.closed {
		b.pool.add(&s.closed[i].histogram)
	}
	b.pool.add(&s.today)
	at := b.pool.median()
	const milli = 1_000_000 // nanos
	spread := rules.Milli((b.pool.deviation(at) + milli/2) / milli)
	s.usual = newUsual(middleOf(at), spread, b.rule)
	// A version is the record time from which on it is in force, so that one made
	// after a series was forgotten has another name.
	s.version = max(s.version+1, int64(now))
	s.samples = s.total
	key := b.key(strings.Clone(category), s)
	out.Baselines[key] = &store.Baseline{From: now, Samples: s.samples, Median: s.median, SpreadMilli: int64(spread)}
}
