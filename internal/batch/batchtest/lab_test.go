package batchtest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/batch/batchtest"
)

func TestLabBuildsATable(t *testing.T) {
	lab := batchtest.Open(t)
	lab.Put("fact_order_line", `select date '2026-01-05', null, 'e' || i, 't' || i, null, case when i < 3 then 7 end, null, null, 1, 'p', 'c', 'DE', 0,
		cast(i = 2 as int), case when i = 2 then -1 else 1 end, case when i = 2 then -100 else 250 end, cast(i <> 2 as int), 1, 0, 0, null, null, 'raw', null, 0, i from range(4) t(i)`)
	lab.Build("fact_customer_day", "2026-02-01")
	want := "2026-01-05 7 DE 2 1 400 100\n"
	if diff := cmp.Diff(want, lab.Text("select * from fact_customer_day")); diff != "" {
		t.Error(diff)
	}
}
