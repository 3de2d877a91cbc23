package model

import (
	"slices"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// TestAfterALongPauseThePriorMayBeInForceAgain judges orders of a category that
// nothing was sold of for longer than baselines reach back.
func TestAfterALongPauseThePriorMayBeInForceAgain(t *testing.T) {
	key := store.BaselineKey{Category: "Books", Measure: store.MeasureQuantity, Version: int64(noon)}
	j := NewJudge(rules.Default(), 0, []store.BaselineRow{{Key: key, Baseline: store.Baseline{From: noon, Median: 80, SpreadMilli: 500}}})
	sell := func(id string, at event.Time) {
		e := order(id, at)
		e.Items = []event.Item{{ProductID: "p", Category: "Books", Quantity: 80, BaseAmountMinor: 1}}
		j.Order(&e)
	}
	sell("before it is in force", noon-1)
	sell("as usual", noon+1)
	sell("after the pause", noon+12*dayMS)
	sell("and once more", noon+12*dayMS+1)
	found := j.Findings()
	for id, want := range map[string]struct{ may, must bool }{
		"before it is in force": {true, true}, "as usual": {}, "after the pause": {true, false}, "and once more": {true, false},
	} {
		f, ok := found[store.FindingKey{EventID: id, Rule: store.UnusualQuantity}]
		if ok != want.may || f.Must != want.must || ok && !slices.Contains(f.Baselines, "prior") {
			t.Errorf("%s: found %t, %+v; want %+v", id, ok, f, want)
		}
	}
}
