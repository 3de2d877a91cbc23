package processor_test

import (
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

func TestAProductThatSellsLikeNoOtherDoesNotPassForItsCategory(t *testing.T) {
	b := newTeller(rules.Default())
	const cheap, usual = 260, 10_000
	for i := range 2000 {
		at := noon + event.Time(i)
		if i%20 == 0 {
			b.order(at, lineOf(i, "Books", usual))
		} else {
			b.order(at, item("Books", 1, cheap))
		}
	}
	got := b.versions("Books")
	last := got[len(got)-1]
	if last.Median < usual*98/100 || last.Median > usual*102/100 || last.Samples != 64 {
		t.Errorf("the last baseline is %+v, want a median of about %d of 64 lines", last, usual)
	}
	id := b.order(noon+oneHour, lineOf(1, "Books", 40*cheap))
	if f := b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}]; f != nil {
		t.Errorf("what is usual was found: %+v", *f)
	}
}

func TestOneProductMakesABaselineByItself(t *testing.T) {
	b := newTeller(rules.Default())
	for day := range event.Time(4) {
		for i := range event.Time(50) {
			b.order(noon+day*oneDay+i, item("Books", 1, 1000))
		}
	}
	check(t, "samples", []int64{4, 8, 12}, samples(b.versions("Books")))
}

// TestACategoryThatHasLinesIsNotForgotten sells a product of a category each day,
// after others have used up what lines of its hash count.
func TestACategoryThatHasLinesIsNotForgotten(t *testing.T) {
	r := rules.Default()
	r.Anomaly.Baseline.Days = 1
	b := newTeller(r)
	b.lines(noon-oneDay, "Books", 20)
	for day := range event.Time(9) {
		for i := range event.Time(10) {
			b.order(noon+day*oneDay+i, item("Toys", 1, 1000))
		}
		id := b.order(noon+day*oneDay+10, item("Books", 1, 9_000_000))
		f := b.out.Findings[store.FindingKey{EventID: id, Rule: store.HighValue}]
		if f == nil || f.Baseline == "prior" {
			t.Fatalf("day %d: found %+v, want it held against a baseline", day, f)
		}
	}
}
