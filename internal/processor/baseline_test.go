package processor_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// teller gives orders of one category to a processor.
type teller struct {
	a   *processor.Anomalies
	out *store.Changes
	n   int
}

func newTeller(r rules.Rules) *teller {
	return &teller{a: processor.NewAnomalies(2, r), out: store.NewChanges()}
}

func (b *teller) order(at event.Time, items ...event.Item) string {
	e := order(at, "US", items...)
	b.n++
	e.ID, e.VisitorID, e.TransactionID = fmt.Sprintf("e%d", b.n), fmt.Sprintf("v%d", b.n), fmt.Sprintf("t%d", b.n)
	b.a.Apply(&e, b.out)
	return e.ID
}

// lines gives n orders of a line each, of products of their own and of amounts
// around 1,000.
func (b *teller) lines(at event.Time, category string, n int) {
	for i := range n {
		b.order(at+event.Time(i), lineOf(i, category, event.Minor(800+100*(i%5))))
	}
}

// lineOf returns a line of one unit of product i.
func lineOf(i int, category string, amount event.Minor) event.Item {
	it := item(category, 1, amount)
	it.ProductID = fmt.Sprintf("P%07d", i)
	return it
}

// versions are the baselines of a category's amounts, oldest first.
func (b *teller) versions(category string) []store.Baseline {
	var keys []store.BaselineKey
	for k := range b.out.Baselines {
		if k.Category == category && k.Measure == store.MeasureAmount {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y store.BaselineKey) int { return int(x.Version - y.Version) })
	var all []store.Baseline
	for _, k := range keys {
		all = append(all, *b.out.Baselines[k])
	}
	return all
}

func samples(baselines []store.Baseline) (n []int64) {
	for i := range baselines {
		n = append(n, baselines[i].Samples)
	}
	return n
}

const (
	oneDay  = event.Time(24 * time.Hour / time.Millisecond)
	oneHour = oneDay / 24
)

func TestABaselineIsMadeWheneverThereIsTwiceAsMuch(t *testing.T) {
	b := newTeller(rules.Default())
	b.lines(noon, "Books", 3)
	check(t, "baselines of 3 lines", []int64(nil), samples(b.versions("Books")))
	b.lines(noon+oneHour, "Books", 100)
	got := b.versions("Books")
	check(t, "samples", []int64{4, 8, 16, 32, 64}, samples(got))
	if got[0].From != noon+oneHour {
		t.Errorf("in force from %s on, want from the 4th line on", got[0].From)
	}
	if got[4].Median < 985 || got[4].Median > 1016 {
		t.Errorf("median %d, want within 1.6 %% of 1000", got[4].Median)
	}
	if low, high := math.Log(10.0/9)*1000-32, math.Log(10.0/9)*1000+32; float64(got[4].SpreadMilli) < low || float64(got[4].SpreadMilli) > high {
		t.Errorf("spread %d, want about %.0f", got[4].SpreadMilli, math.Log(10.0/9)*1000)
	}
	for k := range b.out.Baselines {
		if k.Partition != 2 {
			t.Errorf("%s is of partition %d, want 2", k, k.Partition)
		}
	}
}

func TestABaselineIsMadeOfTheLastClosedDays(t *testing.T) {
	b := newTeller(rules.Default())
	for day := range 12 {
		b.lines(noon+event.Time(day)*oneDay, "Books", 20)
	}
	got := b.versions("Books")
	// 4, 8 and 16 on the first day and 40 on the second, being twice what there was; else what
	// is closed at the turn of a day, at most seven days of it. The third day begins
	// with what the second ended with.
	check(t, "samples", []int64{4, 8, 16, 20, 40, 60, 80, 100, 120, 140, 140, 140, 140, 140}, samples(got))
}

func TestACategoryWithoutOrdersIsForgottenAndBeginsAnew(t *testing.T) {
	b := newTeller(rules.Default())
	b.lines(noon, "Books", 20)
	before := len(b.out.Baselines)
	b.order(noon+9*oneDay, item("Toys", 1, 1000))
	id := b.order(noon+9*oneDay+1, item("Books", 1, 9_000_000))
	check(t, "baseline", "prior", b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}].Baseline)
	b.lines(noon+9*oneDay+2, "Books", 20)
	if got := len(b.out.Baselines); got != before+6 { // of 4, 8 and 16 lines, both measures
		t.Errorf("%d baselines, want six more than %d, under names of their own", got, before)
	}
}

func TestAFindingCanBeCheckedByItsBaseline(t *testing.T) {
	r := rules.Default()
	b := newTeller(r)
	b.lines(noon, "Books", 40)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Int64Range(1, 10_000_000).Draw(t, "value")
		before := b.versions("Books")
		inForce := before[len(before)-1]
		id := b.order(noon+oneHour, item("Books", 1, event.Minor(value)))
		f := b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}]
		spread := max(float64(inForce.SpreadMilli), float64(r.Anomaly.HighValue.MinSpread)) / 1000
		z := 0.6745 * math.Log(float64(value)/float64(inForce.Median)) / spread
		switch {
		case f == nil && z > 3.501:
			t.Fatalf("%d has z = %.3f and was not found", value, z)
		case f == nil:
		case math.Abs(float64(f.ScoreMilli)/1000-z) > 0.0006 || f.ScoreMilli < 3500 || f.ThresholdMilli != 3500 || f.Expected != inForce.Median || f.Value != value:
			t.Fatalf("%d: z = %.4f of %v, but it says %+v", value, z, inForce, *f)
		}
	})
}
