package batch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/batch/spark"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/testenv"
)

// uncompiled has Spark interpret what runs once, over a few rows: to compile it takes longer.
var uncompiled = map[string]string{"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}

// onSpark opens sessions on a cluster.
func onSpark(url string) batchtest.Opener {
	return func(t testing.TB, _ ...string) batch.Engine {
		t.Helper()
		cfg, err := spark.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Settings = uncompiled
		e, err := spark.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// TestQueriesHaveTheDeclaredColumnsOnSpark asks Spark what comes of every query, and runs
// none of them.
func TestQueriesHaveTheDeclaredColumnsOnSpark(t *testing.T) {
	e := onSpark(testenv.Spark(t))(t)
	defer e.Close()
	empty := func(name string, columns []batch.Column, origin bool) {
		t.Helper()
		if err := e.View(t.Context(), name, batch.View{Columns: columns, Origin: origin}); err != nil {
			t.Fatal(err)
		}
	}
	for name, columns := range batch.LakeColumns {
		empty(name, columns, true)
		empty(name+"_in", columns, true)
	}
	for _, table := range batch.Graph() {
		for _, suffix := range []string{"", "_in", "_out", "_prev"} {
			empty(table.Name+suffix, table.Columns, false)
		}
		for _, in := range table.Inputs {
			if source, there := batch.Find(in.Name); there && in.As != "" {
				for _, suffix := range []string{"", "_in", "_out"} {
					empty(in.As+suffix, source.Columns, false)
				}
			}
		}
	}
	for _, table := range batch.Graph() {
		for _, file := range []string{table.SQL, table.Merge} {
			if file == "" {
				continue
			}
			params := batch.WholeParams(table, "2026-03-04")
			params["segments"] = rules.Default().RFM.Segments.Cells()
			query, err := batch.SQL(file, params)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := e.Query(t.Context(), "describe query "+query)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			var got []batch.Column
			for _, row := range rows {
				kind := strings.NewReplacer("string", "varchar", "timestamp_ntz", "timestamp").Replace(row[1].(string))
				got = append(got, batch.Column{Name: row[0].(string), Type: kind})
			}
			if diff := cmp.Diff(table.Columns, got); diff != "" {
				t.Errorf("%s (-declared +Spark):\n%s", file, diff)
			}
		}
	}
}

// nearly is how much doubles of two engines may differ, in proportion: they add in
// another order.
var nearly = cmp.Options{cmpopts.EquateApprox(1e-9, 0), cmpopts.EquateEmpty()}

// TestEnginesComeToTheSame: every job over one lake, as of two dates, so that what can be
// merged is; every table is compared row by row. To run again changes nothing.
func TestEnginesComeToTheSame(t *testing.T) {
	url := testenv.Spark(t)
	made := newShoppers(seeded(t))
	shop := batchtest.NewShop(t)
	other := shop.On(onSpark(url))
	shop.History(lake.SourceHistory, "2026-03-01", made.events(10*time.Hour)...)
	for _, date := range []batch.Date{"2026-03-02", "2026-03-03"} {
		shop.Log(made.events(16 * time.Hour)...)
		shop.Run(date, batch.Jobs()...)
		other.Run(date, batch.Jobs()...)
		for _, table := range batch.Graph() {
			compare(t, table, shop, other)
		}
	}
	if again := other.Run("2026-03-03", batch.Jobs()...); again.Changed {
		t.Errorf("to run again changed %+v", again)
	}
	for _, table := range []string{"fact_order_line", "fact_session", "event_duplicate", "mart_rfm", "mart_product"} {
		if len(other.Rows("select * from "+table)) == 0 {
			t.Errorf("%s was not compared: it is empty", table)
		}
	}
}

func compare(t *testing.T, table batch.Table, shop, other *batchtest.Shop) {
	t.Helper()
	query := "select * from " + table.Name + " order by all"
	if diff := cmp.Diff(shop.Rows(query), other.Rows(query), nearly); diff != "" {
		t.Errorf("%s differs (-DuckDB +Spark):\n%s", table.Name, diff)
	}
}
