package warehousetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/parquet"
)

// Browser shows the tables of a warehouse.
type Browser interface {
	Tables(ctx context.Context) (warehouse.Answer[warehouse.TableInfo], error)
	TableRows(ctx context.Context, q warehouse.RowsQuery) (warehouse.TableRows, error)
}

// OpenBrowser is [Open] for one that shows these tables.
type OpenBrowser func(t testing.TB, files *parquet.Warehouse, now func() time.Time, tables []warehouse.Shape) (Browser, warehouse.Mirror)

// visits is a table with every type of column.
const (
	visitsTable = "mart_visits"
	visits      = `SELECT * FROM (VALUES
	('DE', 3::BIGINT, 1::INTEGER, 0.5::DOUBLE, true, DATE '2026-03-01', TIMESTAMP '2026-03-01 10:00:00'),
	('US', 7, 2, 1.5, false, DATE '2026-03-02', TIMESTAMP '2026-03-02 10:00:00'),
	(NULL, 5, 3, NULL, NULL, NULL, NULL)) t(country, orders, tier, rate, vip, day, moment)`
)

var visitsColumns = []warehouse.Column{
	{Name: "country", Type: "varchar"},
	{Name: "orders", Type: "bigint"},
	{Name: "tier", Type: "int"},
	{Name: "rate", Type: "double"},
	{Name: "vip", Type: "boolean"},
	{Name: "day", Type: "date"},
	{Name: "moment", Type: "timestamp"},
}

// scoresTable is a table of which a copy leaves out a column that changes every day: it
// gives it all the same.
const (
	scoresTable = "mart_rfm"
	scores      = `SELECT * FROM (VALUES
	(1::BIGINT, DATE '2026-02-28', 2::INTEGER), (2, DATE '2026-03-01', 1), (3, NULL, NULL)) t(customer_key, last_order_date, recency_days)`
)

var scoresColumns = []warehouse.Column{
	{Name: "customer_key", Type: "bigint"}, {Name: "last_order_date", Type: "date"}, {Name: "recency_days", Type: "int"},
}

// newBrowser is a browser of a run with the tables visits and scores.
func newBrowser(t *testing.T, open OpenBrowser) Browser {
	t.Helper()
	var b Browser
	s := New(t, func(t testing.TB, files *parquet.Warehouse, now func() time.Time) (cached.Source, warehouse.Mirror) {
		var m warehouse.Mirror
		b, m = open(t, files, now, []warehouse.Shape{
			{Name: visitsTable, Columns: visitsColumns, Key: []string{"orders"}}, {Name: scoresTable, Columns: scoresColumns, Key: []string{"customer_key"}},
		})
		return nil, m
	})
	s.Publish(t, "one", map[string]string{visitsTable: visits + " WHERE orders = 3"})
	s.Publish(t, "two", map[string]string{visitsTable: visits, scoresTable: scores})
	return b
}

// RunBrowser runs the tests of a browser.
func RunBrowser(t *testing.T, open OpenBrowser) {
	for name, test := range map[string]func(*testing.T, Browser){
		"tables are described":           tablesAreDescribed,
		"rows are filtered and sorted":   rowsAreFiltered,
		"a page stays on its run":        rowsStay,
		"values come in their types":     valuesHaveTypes,
		"only what a table has is asked": onlyWhatThereIs,
		"ages are as of the table's day": agesAreOfTheDay,
	} {
		t.Run(name, func(t *testing.T) { test(t, newBrowser(t, open)) })
	}
}

func tablesAreDescribed(t *testing.T, b Browser) {
	tables, err := b.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(tables.Rows) != 2 || tables.State.Run != "two" {
		t.Fatalf("run %s: %+v", tables.State.Run, tables.Rows)
	}
	if diff := cmp.Diff(scoresColumns, tables.Rows[0].Columns); diff != "" {
		t.Errorf("columns of %s (-want +got):\n%s", tables.Rows[0].Name, diff)
	}
	got := tables.Rows[1]
	if got.Bytes <= 0 {
		t.Errorf("%d bytes", got.Bytes)
	}
	got.Bytes = 0
	want := warehouse.TableInfo{Name: visitsTable, Rows: 3, Files: 1, AsOf: "2026-03-02", Columns: visitsColumns}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func rowsAreFiltered(t *testing.T, r Browser) {
	where := func(column string, op warehouse.Operator, value string) []warehouse.Condition {
		return []warehouse.Condition{{Column: column, Operator: op, Value: value}}
	}
	for name, tc := range map[string]struct {
		q    warehouse.RowsQuery
		want []int64 // orders
	}{
		"by a column":            {warehouse.RowsQuery{Sort: "orders"}, []int64{3, 5, 7}},
		"the highest first":      {warehouse.RowsQuery{Sort: "orders", Desc: true}, []int64{7, 5, 3}},
		"null comes last":        {warehouse.RowsQuery{Sort: "country", Desc: true}, []int64{7, 3, 5}},
		"a page":                 {warehouse.RowsQuery{Sort: "orders", Page: warehouse.Page{Skip: 1, Limit: 1}}, []int64{5}},
		"text":                   {warehouse.RowsQuery{Where: where("country", warehouse.Equal, "DE")}, []int64{3}},
		"a part of text":         {warehouse.RowsQuery{Where: where("country", warehouse.Contains, "S")}, []int64{7}},
		"text that looks of SQL": {warehouse.RowsQuery{Where: where("country", warehouse.Equal, "' OR 1=1 --")}, nil},
		"numbers":                {warehouse.RowsQuery{Where: where("orders", warehouse.More, "3"), Sort: "orders"}, []int64{5, 7}},
		"an int":                 {warehouse.RowsQuery{Where: where("tier", warehouse.LessOrEqual, "1")}, []int64{3}},
		"fractions":              {warehouse.RowsQuery{Where: where("rate", warehouse.Less, "1")}, []int64{3}},
		"yes or no":              {warehouse.RowsQuery{Where: where("vip", warehouse.NotEqual, "true")}, []int64{7}},
		"days":                   {warehouse.RowsQuery{Where: where("day", warehouse.MoreOrEqual, "2026-03-02")}, []int64{7}},
		"times":                  {warehouse.RowsQuery{Where: where("moment", warehouse.Equal, "2026-03-01T11:00:00+01:00")}, []int64{3}},
		"nothing":                {warehouse.RowsQuery{Where: where("day", warehouse.IsNull, "true")}, []int64{5}},
		"both of two":            {warehouse.RowsQuery{Where: append(where("orders", warehouse.More, "3"), where("day", warehouse.IsNull, "false")...)}, []int64{7}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.q.Table = visitsTable
			if tc.q.Limit == 0 {
				tc.q.Limit = 10
			}
			got, err := r.TableRows(t.Context(), tc.q)
			if err != nil {
				t.Fatal(err)
			}
			var orders []int64
			for _, row := range got.Rows {
				orders = append(orders, row[1].(int64))
			}
			if diff := cmp.Diff(tc.want, orders); diff != "" || got.State.Run != "two" {
				t.Errorf("run %s (-want +got):\n%s", got.State.Run, diff)
			}
		})
	}
}

func rowsStay(t *testing.T, r Browser) {
	got, err := r.TableRows(t.Context(), warehouse.RowsQuery{Table: visitsTable, Page: warehouse.Page{Run: "one", Limit: 9}})
	if err != nil || len(got.Rows) != 1 || got.State.Run != "one" {
		t.Errorf("%+v, error %v", got, err)
	}
}

func valuesHaveTypes(t *testing.T, r Browser) {
	got, err := r.TableRows(t.Context(), warehouse.RowsQuery{Table: visitsTable, Page: warehouse.Page{Limit: 9}, Sort: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{"DE", int64(3), int32(1), 0.5, true, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
		{nil, int64(5), int32(3), nil, nil, nil, nil},
		{"US", int64(7), int32(2), 1.5, false, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(visitsColumns, got.Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func agesAreOfTheDay(t *testing.T, r Browser) {
	older := func(op warehouse.Operator, days string) []warehouse.Condition {
		return []warehouse.Condition{{Column: "recency_days", Operator: op, Value: days}}
	}
	for name, tc := range map[string]struct {
		q    warehouse.RowsQuery
		want []any // ages
	}{
		"the youngest first":  {warehouse.RowsQuery{Sort: "recency_days"}, []any{int32(1), int32(2), nil}},
		"the oldest first":    {warehouse.RowsQuery{Sort: "recency_days", Desc: true}, []any{int32(2), int32(1), nil}},
		"of so many days":     {warehouse.RowsQuery{Where: older(warehouse.Equal, "2")}, []any{int32(2)}},
		"of others":           {warehouse.RowsQuery{Where: older(warehouse.NotEqual, "2")}, []any{int32(1)}},
		"of more":             {warehouse.RowsQuery{Where: older(warehouse.More, "1")}, []any{int32(2)}},
		"of less":             {warehouse.RowsQuery{Where: older(warehouse.Less, "2")}, []any{int32(1)}},
		"of at most":          {warehouse.RowsQuery{Where: older(warehouse.LessOrEqual, "2147483647"), Sort: "recency_days"}, []any{int32(1), int32(2)}},
		"of at least":         {warehouse.RowsQuery{Where: older(warehouse.MoreOrEqual, "-2147483648"), Sort: "recency_days"}, []any{int32(1), int32(2)}},
		"of which is unknown": {warehouse.RowsQuery{Where: older(warehouse.IsNull, "true")}, []any{nil}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.q.Table, tc.q.Limit = scoresTable, 9
			got, err := r.TableRows(t.Context(), tc.q)
			if err != nil {
				t.Fatal(err)
			}
			var found []any
			for _, row := range got.Rows {
				found = append(found, row[2])
			}
			if diff := cmp.Diff(tc.want, found); diff != "" {
				t.Errorf("ages (-want +got):\n%s", diff)
			}
		})
	}
	_, err := r.TableRows(t.Context(), warehouse.RowsQuery{Table: scoresTable, Page: warehouse.Page{Limit: 1}, Where: older(warehouse.Equal, "many")})
	if _, ok := errors.AsType[*warehouse.QueryError](err); !ok {
		t.Errorf("error %v", err)
	}
}

func onlyWhatThereIs(t *testing.T, r Browser) {
	for name, q := range map[string]warehouse.RowsQuery{
		"a sort":            {Sort: `orders" --`},
		"a column":          {Where: []warehouse.Condition{{Column: "1=1", Operator: warehouse.Equal, Value: "1"}}},
		"an operator":       {Where: []warehouse.Condition{{Column: "orders", Operator: "like", Value: "1"}}},
		"a number":          {Where: []warehouse.Condition{{Column: "orders", Operator: warehouse.Equal, Value: "many"}}},
		"a small number":    {Where: []warehouse.Condition{{Column: "tier", Operator: warehouse.Equal, Value: "3000000000"}}},
		"a day":             {Where: []warehouse.Condition{{Column: "day", Operator: warehouse.Equal, Value: "today"}}},
		"a time":            {Where: []warehouse.Condition{{Column: "moment", Operator: warehouse.Equal, Value: "now"}}},
		"a part of numbers": {Where: []warehouse.Condition{{Column: "orders", Operator: warehouse.Contains, Value: "1"}}},
		"null or not":       {Where: []warehouse.Condition{{Column: "orders", Operator: warehouse.IsNull, Value: "maybe"}}},
	} {
		t.Run(name, func(t *testing.T) {
			q.Table, q.Limit = visitsTable, 1
			_, err := r.TableRows(t.Context(), q)
			if e, ok := errors.AsType[*warehouse.QueryError](err); !ok || e.Sort != (q.Sort != "") {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := r.TableRows(t.Context(), warehouse.RowsQuery{Table: "../" + visitsTable, Page: warehouse.Page{Limit: 1}}); !errors.Is(err, warehouse.ErrNoTable) {
		t.Errorf("error %v, want %v", err, warehouse.ErrNoTable)
	}
}
