package lake_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
)

// figures are what tools must find in the lake of sampleLake.
type figures struct {
	Records, Rows, Valid     int64
	Orders, ProductOrders    int64
	Units, LinesMinor        int64
	TotalMinor               int64
	Days                     []string // event_date of records
	FirstJSON, FirstReceived string
}

// sampleLake is a lake with some of each topic, orders of two days of the shop
// but one of UTC, and records that are no events.
func sampleLake(t *testing.T) (dir string, want figures) {
	t.Helper()
	dir = t.TempDir()
	w := open(t, config(dir))
	large := order(2)
	large.Items = large.Items[:1]
	large.Items[0].AmountMinor, large.Items[0].BaseAmountMinor = 1e15-1, 1e15-1 // more than a float holds, ten times over
	large.SubtotalMinor, large.TaxMinor, large.TotalMinor, large.BaseTotalMinor = 1e15-1, 0, 1e15-1, 1e15-1
	early := order(1)
	early.Timestamp, early.ReceivedAt = event.TimeOf(time.Date(2026, 3, 2, 4, 59, 59, 0, time.UTC)), event.TimeOf(start)
	failed := order(3)
	failed.Status, failed.Items, failed.SubtotalMinor, failed.TaxMinor, failed.TotalMinor, failed.BaseTotalMinor = event.StatusFailed, nil, 0, 0, 0, 0
	var offset int64
	for _, e := range []event.Event{order(0), early, large, large, large, large, large, large, large, large, large, large, failed} {
		add(t, w, recordOf(e, 0, offset))
		offset++
	}
	first := string(recordOf(order(0), 0, 0).Value)
	for _, bad := range [][]byte{[]byte("{"), []byte("\xff\x00"), nil} {
		add(t, w, &kgo.Record{Topic: event.TopicTransactions, Offset: offset, Value: bad, Timestamp: start})
		offset++
	}
	for _, r := range shopRecords() {
		next := w.Next(r.Topic, 1)
		if r.Topic == event.TopicTransactions || next == 700 {
			continue
		}
		other := *r
		other.Partition, other.Offset = 1, next
		add(t, w, &other)
	}
	for _, e := range catalogue() {
		add(t, w, recordOf(e, 1, 0))
	}
	add(t, w, &kgo.Record{Topic: event.TopicOtherEvents, Key: []byte("v"), Value: []byte(`{"event_type":"page","visitor_id":"v","path":"/"}`), Timestamp: start})
	closeLake(t, w)
	sound(t, dir, lake.SourceRaw)
	return dir, figures{
		Records: 16, Rows: 20, Valid: 13, Orders: 12, ProductOrders: 14, Units: 8 + 20, LinesMinor: 20000 + 10*(1e15-1),
		TotalMinor: 21000 + 10*(1e15-1), Days: []string{"2026-03-01", "2026-03-02"},
		FirstJSON: first, FirstReceived: "2026-03-02 09:00:00",
	}
}

func glob(dir string) string {
	return filepath.Join(dir, "raw", "transactions", "date=*", "*.parquet")
}

func TestDuckDBReadsTheLake(t *testing.T) {
	dir, want := sampleLake(t)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got figures
	var days, date string
	err = db.QueryRowContext(t.Context(), `
		select count(*) filter (line_no = 0), count(*), count(*) filter (line_no = 0 and valid), sum(is_order)::bigint, sum(is_product_order)::bigint,
			(sum(quantity) filter (status = 'completed'))::bigint, (sum(base_amount_minor) filter (status = 'completed'))::bigint,
			(sum(base_total_minor) filter (status = 'completed'))::bigint,
			(select string_agg(distinct event_date::varchar, ',' order by event_date::varchar) from read_parquet($1)),
			first(json order by log_offset), first(received_at::varchar order by log_offset), max(date)::varchar
		from read_parquet($1, hive_partitioning = true)`, glob(dir)).
		Scan(&got.Records, &got.Rows, &got.Valid, &got.Orders, &got.ProductOrders, &got.Units, &got.LinesMinor, &got.TotalMinor,
			&days, &got.FirstJSON, &got.FirstReceived, &date)
	if err != nil {
		t.Fatal(err)
	}
	got.Days = strings.Split(days, ",")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("DuckDB finds otherwise (-want +got):\n%s", diff)
	}
	if date != "2026-03-02" {
		t.Errorf("the folder's date is %s", date)
	}
	for _, topic := range lake.Topics {
		duckTypes(t, db, filepath.Join(dir, "raw", topic, "date=*", "*.parquet"), topic)
	}
	var n, topics int
	err = db.QueryRowContext(t.Context(), `select count(*), count(distinct event_type) from read_parquet($1, union_by_name = true)`,
		filepath.Join(dir, "raw", "*", "date=*", "*.parquet")).Scan(&n, &topics)
	if err != nil || n < 1400 || topics != 7 {
		t.Errorf("all topics together: %d rows, %d types, %v", n, topics, err)
	}
}

// duckTypes checks that DuckDB takes every column for what it is: nothing is
// nested, and no number a float.
func duckTypes(t *testing.T, db *sql.DB, glob, topic string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "select column_name, column_type from (describe select * from read_parquet('"+glob+"', hive_partitioning = false))")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := map[string]string{
		"log_partition": "INTEGER", "log_offset": "BIGINT", "received_at": "TIMESTAMP", "event_time": "TIMESTAMP", "event_date": "DATE",
		"json": "VARCHAR", "raw": "BLOB", "valid": "BOOLEAN", "base_total_minor": "BIGINT", "quantity": "BIGINT", "line_no": "INTEGER",
	}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		if w := want[name]; w != "" && w != kind || strings.HasSuffix(name, "_minor") && kind != "BIGINT" || strings.ContainsAny(kind, "[(") || kind == "DOUBLE" || kind == "HUGEINT" {
			t.Errorf("%s.%s is %s, want %s", topic, name, kind, w)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// readWithArrow prints the figures as pyarrow finds them.
const readWithArrow = `
import json, sys
import pandas, pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds
root = sys.argv[1]
t = ds.dataset(root + "/raw/transactions", format="parquet", partitioning="hive").to_table()
for f in t.schema:
    assert not pa.types.is_floating(f.type) and not pa.types.is_nested(f.type), f
    if f.name.endswith("_minor"): assert f.type == pa.int64(), f
assert t.schema.field("received_at").type == pa.timestamp("ms"), t.schema.field("received_at")
assert t.schema.field("event_date").type == pa.date32()
done = t.filter(pc.equal(t["status"], "completed"))
head = t.filter(pc.equal(t["line_no"], 0)).sort_by("log_offset")
df = pandas.read_parquet(root + "/raw/transactions", dtype_backend="pyarrow")
assert len(df) == t.num_rows
assert int(df[df.status == "completed"].base_total_minor.sum()) == pc.sum(done["base_total_minor"]).as_py()
for topic in ["product_views", "cart_events", "inventory_updates", "products", "customers", "other_events"]:
    assert len(pandas.read_parquet(root + "/raw/" + topic)) > 0, topic
total = lambda table, name: pc.sum(table[name]).as_py()
print(json.dumps({
    "Records": head.num_rows, "Rows": t.num_rows, "Valid": head.filter(head["valid"]).num_rows,
    "Orders": total(t, "is_order"), "ProductOrders": total(t, "is_product_order"),
    "Units": total(done, "quantity"), "LinesMinor": total(done, "base_amount_minor"), "TotalMinor": total(done, "base_total_minor"),
    "Days": sorted(set(str(d) for d in t["event_date"].to_pylist() if d)),
    "FirstJSON": head["json"][0].as_py(), "FirstReceived": str(head["received_at"][0].as_py()),
}))
`

func TestPyArrowAndPandasReadTheLake(t *testing.T) {
	python := os.Getenv("GLOBALMART_TEST_PYTHON")
	switch {
	case python != "":
	case os.Getenv("GLOBALMART_TEST_REQUIRE") != "":
		t.Fatal("GLOBALMART_TEST_PYTHON is not set, and GLOBALMART_TEST_REQUIRE is")
	default:
		t.Skip("set GLOBALMART_TEST_PYTHON to a python with pyarrow and pandas to run")
	}
	dir, want := sampleLake(t)
	out, err := exec.CommandContext(t.Context(), python, "-c", readWithArrow, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got figures
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pyarrow finds otherwise (-want +got):\n%s", diff)
	}
}

// TestDuckDBAgreesWithFooters adds up a shop's events in SQL.
func TestDuckDBAgreesWithFooters(t *testing.T) {
	dir := t.TempDir()
	w, err := lake.Open(lake.Config{Dir: dir, Calendar: rules.Default().Calendar(), HoldBytes: 1 << 20}, start)
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, shopRecords()...)
	closeLake(t, w)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, p := range check(t, dir, lake.SourceRaw, false).Parts {
		if p.Topic != event.TopicTransactions {
			continue
		}
		var records, rows, orders, units, lines, totals int64
		err := db.QueryRowContext(t.Context(), `
			select count(*) filter (line_no = 0), count(*), sum(is_order)::bigint, (sum(quantity) filter (status = 'completed'))::bigint,
				(sum(base_amount_minor) filter (status = 'completed'))::bigint, (sum(base_total_minor) filter (status = 'completed'))::bigint
			from read_parquet($1) where log_partition = $2`, glob(dir), p.Partition).Scan(&records, &rows, &orders, &units, &lines, &totals)
		if err != nil {
			t.Fatal(err)
		}
		got := []int64{records, rows, orders, units, lines, totals}
		want := []int64{p.Sum.Records, p.Sum.Rows, p.Sum.Completed.Events, p.Sum.Completed.Units, p.Sum.Completed.BaseLinesMinor, p.Sum.Completed.BaseTotalMinor}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-footers +DuckDB):\n%s", p.Place, diff)
		}
	}
}
