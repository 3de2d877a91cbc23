package lake_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// TestDuckDBReadsHistoryBesideTheLog reads both sources in one query, as analyses
// do: their columns are the same.
func TestDuckDBReadsHistoryBesideTheLog(t *testing.T) {
	dir, want := sampleLake(t)
	b := openBulk(t, bulkConfig(dir))
	for day := range 2 {
		d := begin(t, b, day-10)
		for p := range int32(3) {
			finish(t, fillPart(t, d, day-10, p, 1000*day+100*int(p), 10))
		}
		commit(t, d)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type found struct {
		Records, Orders int
		Days            int
	}
	rows := map[string]found{}
	result, err := db.QueryContext(t.Context(), `
		select 'history', count(*) filter (line_no = 0), sum(is_order)::bigint, count(distinct event_date) from read_parquet($1)
		union all
		select 'both', count(*) filter (line_no = 0), sum(is_order)::bigint, count(distinct event_date) from read_parquet([$1, $2], hive_partitioning = true)`,
		filepath.Join(dir, lake.SourceHistory, "date=*", event.TopicTransactions, "*.parquet"), glob(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	for result.Next() {
		var name string
		var f found
		if err := result.Scan(&name, &f.Records, &f.Orders, &f.Days); err != nil {
			t.Fatal(err)
		}
		rows[name] = f
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	history := rows["history"]
	if history.Records != 60 || history.Days != 2 || history.Orders == 0 {
		t.Errorf("history has %+v", history)
	}
	both := found{60 + int(want.Records), history.Orders + int(want.Orders), 2 + len(want.Days)}
	if diff := cmp.Diff(both, rows["both"]); diff != "" {
		t.Errorf("both sources have (-want +got):\n%s", diff)
	}
}
