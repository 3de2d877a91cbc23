package batch_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// buildCohorts makes mart_cohort of the customers' days, month by month.
func buildCohorts(lab *batchtest.Lab, days string, date batch.Date) {
	lab.Put("fact_customer_day", days)
	monthly := []string{"customer_month", "cohort_member", "cohort_month"}
	for _, name := range monthly {
		lab.Do("delete from " + name)
		lab.Do("create or replace temp table all_of_" + name + " as from " + name)
	}
	for _, row := range lab.Rows("select distinct month_start(event_date) as month from fact_customer_day order by month") {
		month := batch.Date(row[0].(string))
		for _, name := range monthly {
			table, _ := batch.Find(name)
			lab.BuildFile(name, table.SQL, batch.Params{"from": month, "to": month.NextMonth(), "as_of": date})
			lab.Do("insert into all_of_" + name + " from " + name)
			lab.Put(name, "select * from all_of_"+name)
		}
	}
	lab.Build("mart_cohort", date)
}

func TestCohortsAgreeWithTheirDefinition(t *testing.T) {
	lab := batchtest.Open(t)
	checkSome(t, 30, func(t *rapid.T) {
		rows := customerDays(t, "days")
		buildCohorts(lab, values(rows), asOf)
		month := func(d customerDay) string { return string(asOf.Add(-d.day).Month()) }
		first := map[int]string{} // month of the first completed order
		for _, d := range rows {
			if m, there := first[d.customer]; d.orders > 0 && (!there || month(d) < m) {
				first[d.customer] = month(d)
			}
		}
		type cell struct{ cohort, month string }
		net, active := map[cell]int{}, map[cell]map[int]bool{}
		for _, d := range rows {
			cohort, there := first[d.customer]
			if !there || month(d) < cohort {
				continue
			}
			c := cell{cohort, month(d)}
			net[c] += d.net
			if active[c] == nil {
				active[c] = map[int]bool{}
			}
			if d.orders > 0 {
				active[c][d.customer] = true
			}
		}
		got := lab.Rows("select cohort, month, customers, net_minor, retention from mart_cohort where cohort > date '2001-01-01'") // the row that values adds
		if len(got) != len(net) {
			t.Fatalf("%d rows, want %d", len(got), len(net))
		}
		for _, row := range got {
			c := cell{row[0].(string), row[1].(string)}
			n := len(active[c])
			want := fmt.Sprintln(n, net[c], float64(n)/float64(len(active[cell{c.cohort, c.cohort}])))
			if diff := cmp.Diff(want, fmt.Sprintln(row[2:]...)); diff != "" {
				t.Fatalf("%v: %s", c, diff)
			}
		}
	})
}

func TestCohortsOfAShop(t *testing.T) {
	lab := batchtest.Open(t)
	buildCohorts(lab, `('2025-11-30', 1, 'DE', 0, -1, -5, 5), ('2025-12-05', 1, 'DE', 1, 1, 100, 0), ('2025-12-31', 2, 'DE', 1, 1, 50, 0), ('2025-12-31', 2, 'FR', 1, 1, 50, 0),
		('2026-01-01', 1, 'DE', 2, 2, 30, 0), ('2026-01-09', 2, 'DE', 0, -1, -20, 20), ('2026-02-03', 3, 'DE', 1, 1, 7, 0)`, "2026-02-04")
	want := "2025-12-01 2025-12-01 0 2 1 200 1\n" + // the refund before the first order is of no cohort
		"2025-12-01 2026-01-01 1 1 0.5 10 1\n" +
		"2026-02-01 2026-02-01 0 1 1 7 0\n"
	if diff := cmp.Diff(want, lab.Text("select * from mart_cohort")); diff != "" {
		t.Error(diff)
	}
}
