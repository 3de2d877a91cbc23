package parquet_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/duckdb"
	"globalmart/internal/event"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
)

// marts are the served tables in SQL, for so many products and customers. Product i of
// the categories has the revenue 1000·i; customer i is in one of two segments.
func marts(products, categories, customers int) map[string]string {
	return map[string]string{
		"mart_segment": `select * from (values (1, 'Champions', 2::bigint, 0.5, 100::bigint, 1.0, 3.5, 2.0, 50::bigint), (2, 'Lost', 0, 0.0, 0, 0.0, null, null, null))
			t(position, segment, customers, customer_share, net_minor, revenue_share, avg_recency_days, avg_frequency, avg_monetary_minor)`,
		"mart_rfm": fmt.Sprintf(`select i::bigint as customer_key, 'u' || i as user_id, case when i %% 3 = 0 then 'DE' else 'FR' end as country, date '2026-03-01' as last_order_date,
			1::int as recency_days, (i %% 7)::bigint as frequency, (i * 10)::bigint as monetary_minor, 5::int as r, 4::int as f, 3::int as m, 3::int as fm,
			case when i %% 2 = 0 then 'Champions' else 'Lost' end as segment
			from range(%d) t(i) order by segment, monetary_minor desc, customer_key`, customers),
		"mart_product": fmt.Sprintf(`select p.days::int as period, 'p' || i as product_id, 'Name ' || i as name, null::varchar as brand, 'c' || (i %% %d) as category, (i * 3)::bigint as views,
			i::bigint as orders, i::bigint as units, (i * 1000)::bigint as net_minor, 0::bigint as returned_units, 0.0 as return_rate, case when i > 0 then 1 / 3 end as view_to_buy,
			null::bigint as cost_minor, case when i %% 2 = 0 then i::bigint end as margin_minor, null::double as margin_rate, (%d - i)::bigint as revenue_rank, 1::bigint as rank_in_category,
			null::bigint as previous_rank, null::bigint as rank_change, 'A' as abc
			from range(%d) t(i) cross join (values (7), (30), (90), (365)) p(days) order by period, category, net_minor desc, product_id`, categories, products, products),
		"mart_trend": `select 'day' as granularity, date '2026-03-01' - i::int as bucket, c as country, '' as category, (100 - i)::bigint as net_minor, 0::bigint as refund_minor,
			1::bigint as orders, 2::bigint as units, 1::bigint as buyers, null::bigint as prev_net_minor, null::double as change, null::bigint as year_ago_net_minor,
			null::double as year_change, null::bigint as moving_avg_minor, (i > 0)::int as is_complete
			from range(10) t(i) cross join (values (''), ('DE')) x(c) order by granularity, country, category, bucket`,
		"mart_cohort": `select * from (values (date '2026-01-01', date '2026-01-01', 0, 8::bigint, 1.0, 80::bigint, 1), (date '2026-01-01', date '2026-02-01', 1, 2, 0.25, 20, 1),
			(date '2026-02-01', date '2026-02-01', 0, 3, 1.0, 30, 0)) t(cohort, month, age_months, customers, retention, net_minor, is_complete)`,
	}
}

// publish writes tables as a run.
func publish(t testing.TB, w *parquet.Warehouse, run string, tables map[string]string) {
	t.Helper()
	db, err := duckdb.Open(t.Context(), duckdb.Config{Dirs: []string{w.Dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := w.Begin(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	m := p.Base().Clone()
	m.AsOf, m.Created = "2026-03-02", w.Now()
	for name, query := range tables {
		file, err := p.Create(name, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, row_group_size 4096)", query, duckdb.Quote(file))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		m.Tables[name] = warehouse.Table{AsOf: m.AsOf, Files: []warehouse.File{{Path: "tables/" + name + "/" + run + ".parquet", Bytes: info.Size()}}}
	}
	if err := p.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// newReader returns a warehouse with one run, and its reader.
func newReader(t testing.TB, products, categories, customers int) (*parquet.Warehouse, *parquet.Reader) {
	t.Helper()
	now := time.Now()
	w := parquet.New(t.TempDir(), func() time.Time { return now })
	r, err := parquet.NewReader(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	if _, err := r.Segments(t.Context(), ""); !errors.Is(err, warehouse.ErrNone) {
		t.Errorf("an empty warehouse: %v", err)
	}
	publish(t, w, "one", marts(products, categories, customers))
	return w, r
}

func TestQuestionsAreAnsweredFromTheNewestRun(t *testing.T) {
	w, r := newReader(t, 40, 4, 20)
	segments, err := r.Segments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(segments.Rows) != 2 || segments.Rows[0].Name != "Champions" || *segments.Rows[0].AvgMonetaryMinor != 50 || segments.Rows[1].AvgFrequency != nil || segments.State.Run != "one" {
		t.Errorf("segments %+v", segments)
	}
	customers, err := r.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 2, Skip: 1}, Segment: "Champions", Country: "DE"})
	if err != nil {
		t.Fatal(err)
	}
	want := []warehouse.Customer{
		{UserID: "u12", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 5, MonetaryMinor: 120, R: 5, F: 4, M: 3},
		{UserID: "u6", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 6, MonetaryMinor: 60, R: 5, F: 4, M: 3},
	}
	if diff := cmp.Diff(want, customers.Rows); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	trend, err := r.Trend(t.Context(), warehouse.TrendQuery{Page: warehouse.Page{Limit: 100}, Granularity: "day", Country: "DE", From: "2026-02-27", To: "2026-03-02"})
	if err != nil || len(trend.Rows) != 3 || trend.Rows[0].Start != "2026-03-01" || trend.Rows[0].Complete || !trend.Rows[1].Complete || trend.Rows[0].NetMinor != 100 {
		t.Errorf("trend %+v, %v", trend.Rows, err)
	}
	cohorts, err := r.Cohorts(t.Context(), warehouse.CohortQuery{From: "2026-02-01"})
	if err != nil || len(cohorts.Rows) != 1 || cohorts.Rows[0].Customers != 3 || cohorts.Rows[0].Complete {
		t.Errorf("cohorts %+v, %v", cohorts.Rows, err)
	}

	publish(t, w, "two", map[string]string{"mart_segment": marts(0, 1, 0)["mart_segment"] + " where segment = 'Lost'"})
	if now, err := r.Segments(t.Context(), ""); err != nil || len(now.Rows) != 1 || now.State.Run != "two" {
		t.Errorf("after another run: %+v, %v", now, err)
	}
	if before, err := r.Segments(t.Context(), "one"); err != nil || len(before.Rows) != 2 {
		t.Errorf("the run before: %+v, %v", before, err)
	}
	for _, run := range []string{"never", "../../etc/passwd"} {
		if _, err := r.Segments(t.Context(), run); !errors.Is(err, warehouse.ErrGone) {
			t.Errorf("run %s: %v", run, err)
		}
	}
}

func TestProductsComeInEveryOrder(t *testing.T) {
	_, r := newReader(t, 40, 4, 0)
	for sort, want := range map[warehouse.ProductSort][]string{
		warehouse.ByRevenue:    {"p37", "p33"},
		warehouse.ByUnits:      {"p37", "p33"},
		warehouse.ByOrders:     {"p37", "p33"},
		warehouse.ByViews:      {"p37", "p33"},
		warehouse.ByMargin:     {"p37", "p33"}, // none is known: by revenue
		warehouse.ByConversion: {"p37", "p33"},
		warehouse.ByReturnRate: {"p37", "p33"},
		warehouse.ByRankChange: {"p37", "p33"},
	} {
		got, err := r.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Limit: 2}, Days: 30, Category: "c1", Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range got.Rows {
			ids = append(ids, p.ID)
			if p.Brand != nil || p.Name == nil || *p.Category != "c1" || p.NetMinor%1000 != 0 {
				t.Errorf("%+v", p)
			}
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", sort, diff)
		}
	}
	if _, err := r.Products(t.Context(), warehouse.ProductQuery{Sort: "net_minor; drop table x"}); err == nil {
		t.Error("an order that there is not was taken")
	}
}

// TestPagesAreTheListCutUp reads lists to their ends, over row groups: from a file in
// their order, which needs no query, and from one in another order, which does.
func TestPagesAreTheListCutUp(t *testing.T) {
	const customers, products = 40_000, 40_000
	w, r := newReader(t, products, 4, customers)
	ordered := marts(products, 4, customers)
	publish(t, w, "two", map[string]string{
		"mart_rfm":     "select * from (" + ordered["mart_rfm"] + ") order by hash(user_id)",
		"mart_product": "select * from (" + ordered["mart_product"] + ") order by hash(product_id)",
	})
	for _, run := range []string{"one", "two"} {
		at := 0
		for skip := 0; ; skip += 7_000 {
			got, err := r.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Run: run, Skip: skip, Limit: 7_000}, Segment: "Lost"})
			if err != nil || got.State.Run != run {
				t.Fatalf("run %s: %v of %+v", run, err, got.State)
			}
			for _, c := range got.Rows {
				i := customers - 1 - 2*at
				country := "FR"
				if i%3 == 0 {
					country = "DE"
				}
				want := warehouse.Customer{
					UserID: fmt.Sprint("u", i), Country: country, Segment: "Lost", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: int64(i % 7),
					MonetaryMinor: event.Minor(i * 10), R: 5, F: 4, M: 3,
				}
				if c != want {
					t.Fatalf("run %s: customer %d is %+v, want %+v", run, at, c, want)
				}
				at++
			}
			if len(got.Rows) < 7_000 {
				break
			}
		}
		if at != customers/2 {
			t.Errorf("run %s: %d customers, want %d", run, at, customers/2)
		}
		name, category, third := "Name 39990", "c2", 1.0/3
		want := warehouse.Product{
			ID: "p39990", Name: &name, Category: &category, Views: 3 * 39990, Orders: 39990, Units: 39990, NetMinor: 39990 * 1000, ReturnRate: new(float64), ViewToBuy: &third,
			MarginMinor: new(event.Minor(39990)), RevenueRank: 10, RankInCategory: 1, ABC: "A",
		}
		got, err := r.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Run: run, Skip: 2, Limit: 1}, Days: 90, Category: "c2", Sort: warehouse.ByRevenue})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]warehouse.Product{want}, got.Rows); diff != "" {
			t.Errorf("run %s: the third product (-want +got):\n%s", run, diff)
		}
		if past, err := r.Products(t.Context(), warehouse.ProductQuery{Page: warehouse.Page{Run: run, Skip: products, Limit: 1}, Days: 90, Category: "c2", Sort: warehouse.ByRevenue}); err != nil || len(past.Rows) > 0 {
			t.Errorf("run %s: after the end: %+v, %v", run, past.Rows, err)
		}
	}
}

// BenchmarkServing is of 250,000 products in 100 categories and of a million customers.
func BenchmarkServing(b *testing.B) {
	_, r := newReader(b, 250_000, 100, 1_000_000)
	products := func(i, skip int) (int, error) {
		q := warehouse.ProductQuery{Page: warehouse.Page{Limit: 50, Skip: skip}, Days: 30, Category: fmt.Sprintf("c%d", i%100), Sort: warehouse.ByRevenue}
		got, err := r.Products(b.Context(), q)
		return len(got.Rows), err
	}
	customers := func(skip int) (int, error) {
		got, err := r.Customers(b.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 50, Skip: skip}, Segment: "Champions"})
		return len(got.Rows), err
	}
	for name, ask := range map[string]func(i int) (int, error){
		"products of a category by revenue": func(i int) (int, error) { return products(i, 0) },
		"products deep in a category":       func(i int) (int, error) { return products(i, 2000) },
		"customers of a segment":            func(int) (int, error) { return customers(0) },
		"customers deep in a segment":       func(i int) (int, error) { return customers(i * 997 % 499_000) },
	} {
		b.Run(name, func(b *testing.B) {
			if n, err := ask(0); err != nil || n != 50 { // the first one finds out where the rows are
				b.Fatal(n, err)
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				at := time.Now()
				if n, err := ask(i); err != nil || n != 50 {
					b.Fatal(n, err)
				}
				took = append(took, time.Since(at))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
		})
	}
}
