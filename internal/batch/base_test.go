package batch_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// TestTheBaseOfTheNextRunIsTheBaseFromScratch lets the window slide, forwards and
// back, while days are made anew: with other orders, fewer, or none.
func TestTheBaseOfTheNextRunIsTheBaseFromScratch(t *testing.T) {
	lab := batchtest.Open(t)
	const table = "customer_base"
	found, there := batch.Find(table)
	if !there {
		t.Fatal("no customer_base")
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := customerDays(t, "before"), customerDays(t, "after")
		for day := -46; day <= 8*46; day += 46 { // most days stay as they are
			if rapid.IntRange(0, 3).Draw(t, "replace") > 0 {
				after = slices.DeleteFunc(after, func(d customerDay) bool { return d.day == day })
				for _, d := range before {
					if d.day == day {
						after = append(after, d)
					}
				}
			}
		}
		slide := rapid.IntRange(-100, 100).Draw(t, "slide")
		lab.Put("fact_customer_day", values(before))
		lab.Build(table, asOf)
		lab.Do("create or replace temp table customer_base_prev as from customer_base")
		lab.Put("fact_customer_day", values(after))
		lab.PutAs("fact_customer_day_in", "fact_customer_day", values(changed(after, slide, before, 0)))
		lab.PutAs("fact_customer_day_out", "fact_customer_day", values(changed(before, 0, after, slide)))
		for _, half := range []string{"in", "out"} { // the row that values adds is in no window
			lab.Do("delete from fact_customer_day_" + half + " where customer_key = 0")
		}
		next := asOf.Add(slide)
		lab.BuildFile(table, found.Merge, batch.WholeParams(found, next))
		got := lab.Text("select * from customer_base order by customer_key")
		lab.Build(table, next)
		if diff := cmp.Diff(lab.Text("select * from customer_base order by customer_key"), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// changed are the rows of the days of now, in the window that ends so many days after
// the as-of date, that are not in the window of then or not the same there.
func changed(now []customerDay, end int, then []customerDay, endThen int) []customerDay {
	in := func(day, end int) bool { return day > -end && day <= 365-end }
	of := func(rows []customerDay, day int) []customerDay {
		var all []customerDay
		for _, d := range rows {
			if d.day == day {
				all = append(all, d)
			}
		}
		return all
	}
	var all []customerDay
	for _, d := range now {
		kept := in(d.day, endThen) && slices.Equal(of(now, d.day), of(then, d.day))
		if in(d.day, end) && !kept {
			all = append(all, d)
		}
	}
	return all
}
