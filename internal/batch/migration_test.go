package batch_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// snapshot is the segment of each customer who is in one.
type snapshot map[int]string

// take adds s to the intervals as the run of a date.
func (s snapshot) take(lab *batchtest.Lab, table *batch.Table, date batch.Date, first bool) {
	var rows []string
	for _, customer := range slices.Sorted(maps.Keys(s)) {
		rows = append(rows, fmt.Sprintf("(%d, 'u', 'DE', '2026-01-01', 1, 1, 1, 1, 1, 1, 1, '%s')", customer, s[customer]))
	}
	lab.Put("mart_rfm", strings.Join(rows, ", "))
	if first {
		lab.Build(table.Name, date)
		return
	}
	lab.Do("create or replace temp table mart_segment_interval_prev as from mart_segment_interval")
	lab.BuildFile(table.Name, table.Merge, batch.WholeParams(*table, date))
}

// moves counts who went from where to where between two snapshots.
func moves(period int, then, now snapshot) map[string]int {
	customers := maps.Clone(then)
	maps.Copy(customers, now)
	all := map[string]int{}
	for customer := range customers {
		all[fmt.Sprintf("%d: %s to %s", period, then[customer], now[customer])]++
	}
	return all
}

// lastChange is the last day of a run that found another snapshot than the one before.
func lastChange(runs map[int]snapshot) int {
	last, before := -1, snapshot(nil)
	for _, day := range slices.Sorted(maps.Keys(runs)) {
		if !maps.Equal(runs[day], before) {
			last = day
		}
		before = runs[day]
	}
	return last
}

// TestMigrationAgreesWithTheSnapshots makes snapshots of days in any order. A run for
// an earlier date takes back what was known after it; what is then needed has gone if
// that is more than 31 days.
func TestMigrationAgreesWithTheSnapshots(t *testing.T) {
	lab := batchtest.Open(t)
	table, there := batch.Find("mart_segment_interval")
	if !there {
		t.Fatal("no mart_segment_interval")
	}
	drawn := rapid.MapOfN(rapid.IntRange(1, 5), rapid.SampledFrom([]string{"A", "B", "C"}), 1, 5)
	checkSome(t, 40, func(t *rapid.T) {
		runs := map[int]snapshot{} // by day
		for i, day := range rapid.SliceOfN(rapid.IntRange(0, 130), 1, 8).Draw(t, "days") {
			tooFar := lastChange(runs) > day+31
			maps.DeleteFunc(runs, func(d int, _ snapshot) bool { return d > day || tooFar })
			runs[day] = drawn.Draw(t, "snapshot")
			runs[day].take(lab, &table, asOf.Add(day), i == 0)
			lab.Build("mart_migration", asOf.Add(day))

			want := map[string]int{}
			for _, period := range []int{1, 7, 30, 90} {
				then := -1 // the last run until so many days ago
				for d := range runs {
					if d <= day-period {
						then = max(then, d)
					}
				}
				if then >= 0 {
					maps.Copy(want, moves(period, runs[then], runs[day]))
				}
			}
			got := map[string]int{}
			for _, row := range lab.Rows("select period, from_segment, to_segment, customers from mart_migration") {
				got[fmt.Sprintf("%d: %s to %s", row[0], row[1], row[2])] = int(row[3].(int64))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("day %d after %v: %s", day, slices.Sorted(maps.Keys(runs)), diff)
			}
		}
	})
}

func TestAnIntervalLastsFromRunToRun(t *testing.T) {
	lab := batchtest.Open(t)
	table, _ := batch.Find("mart_segment_interval")
	snapshot{1: "A", 2: "A", 3: "A"}.take(lab, &table, "2026-02-01", true)
	snapshot{1: "A", 2: "B", 4: "A"}.take(lab, &table, "2026-02-03", false)
	want := "1 A 2026-02-01 <nil>\n2 A 2026-02-01 2026-02-03\n2 B 2026-02-03 <nil>\n3 A 2026-02-01 2026-02-03\n4 A 2026-02-03 <nil>\n"
	const all = "select * from mart_segment_interval order by all"
	if diff := cmp.Diff(want, lab.Text(all)); diff != "" {
		t.Error(diff)
	}
	snapshot{1: "A", 2: "B", 4: "A"}.take(lab, &table, "2026-02-03", false)
	if diff := cmp.Diff(want, lab.Text(all)); diff != "" {
		t.Errorf("the same run again: %s", diff)
	}
	snapshot{2: "B"}.take(lab, &table, "2026-06-04", false)
	snapshot{2: "B"}.take(lab, &table, "2026-06-05", false)
	want = "1 A 2026-02-01 2026-06-04\n2 B 2026-02-03 <nil>\n4 A 2026-02-03 2026-06-04\n"
	if diff := cmp.Diff(want, lab.Text(all)); diff != "" {
		t.Errorf("what ended 121 days ago goes: %s", diff)
	}
}
