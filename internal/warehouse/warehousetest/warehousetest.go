// Package warehousetest is what every adapter of the warehouse must do: each runs
// [Run] in its tests.
package warehousetest

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/duckdb"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/parquet"
)

// Open returns what answers from the runs that are published in files, and what brings
// that to a run: nil if it reads the files themselves. Both end with the test.
type Open func(t testing.TB, files *parquet.Warehouse, now func() time.Time) (cached.Source, warehouse.Mirror)

// Run runs all tests.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"before the first run there is none":              empty,
		"questions are answered from the newest run":      newestRun,
		"products come in every order":                    productOrders,
		"sales are those of the events":                   salesOfEvents,
		"marts are those of the events":                   martsOfEvents,
		"pages stay on their run":                         pagesStay,
		"a run that is no longer kept is gone":            gone,
		"readers see one run while others are published":  oneRun,
		"a table that no job has made yet has no answers": missing,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// System is a warehouse with what answers from it.
type System struct {
	Source cached.Source
	Files  *parquet.Warehouse
	Mirror warehouse.Mirror // nil if the source reads the files

	now atomic.Int64 // milliseconds
	db  *duckdb.DB
}

// New returns a system without a run.
func New(t testing.TB, open Open) *System {
	t.Helper()
	s := &System{}
	s.now.Store(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC).UnixMilli())
	s.Files = parquet.New(t.TempDir(), s.Now)
	db, err := duckdb.Open(t.Context(), duckdb.Config{Dirs: []string{s.Files.Dir}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s.db = db
	s.Source, s.Mirror = open(t, s.Files, s.Now)
	return s
}

// Now is the time of the system, which Pass moves.
func (s *System) Now() time.Time { return time.UnixMilli(s.now.Load()).UTC() }

// Pass lets time go by.
func (s *System) Pass(d time.Duration) { s.now.Add(d.Milliseconds()) }

// Publish publishes tables, each the rows of a query, as a run.
func (s *System) Publish(t testing.TB, run string, tables map[string]string) *warehouse.Manifest {
	t.Helper()
	m := s.Write(t, run, tables)
	if s.Mirror != nil {
		if _, err := s.Mirror.Follow(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// Write publishes them in the files alone.
func (s *System) Write(t testing.TB, run string, tables map[string]string) *warehouse.Manifest {
	t.Helper()
	p, err := s.Files.Begin(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	m := p.Base().Clone()
	m.AsOf, m.Created = "2026-03-02", s.Now()
	for name, query := range tables {
		file, err := p.Create(name, "")
		if err != nil {
			t.Fatal(err)
		}
		written, err := s.db.ExecContext(t.Context(), fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, row_group_size 4096)", query, duckdb.Quote(file)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rows, err := written.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		m.Tables[name] = warehouse.Table{AsOf: m.AsOf, Files: []warehouse.File{{Path: "tables/" + name + "/" + run + ".parquet", Rows: rows, Bytes: info.Size()}}}
	}
	if err := p.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	newest, err := s.Files.Current()
	if err != nil {
		t.Fatal(err)
	}
	return newest
}

// Shapes are those of all tables.
func Shapes() []warehouse.Shape {
	var all []warehouse.Shape
	for _, t := range batch.Graph() {
		all = append(all, t.Shape())
	}
	return all
}

// Marts are the served tables in SQL, for so many products and customers. Product i of
// the categories has the revenue 1000·i; customer i is in one of two segments.
func Marts(products, categories, customers int) map[string]string {
	return map[string]string{
		"mart_segment": `select * from (values (1, 'Champions', 2::bigint, 0.5, 100::bigint, 1.0, 3.5, 2.0, 50::bigint), (2, 'Lost', 0, 0.0, 0, 0.0, null, null, null))
			t(position, segment, customers, customer_share, net_minor, revenue_share, avg_recency_days, avg_frequency, avg_monetary_minor)`,
		"mart_rfm": fmt.Sprintf(`select i::bigint as customer_key, 'u' || i as user_id, case when i %% 3 = 0 then 'DE' else 'FR' end as country, date '2026-03-01' as last_order_date,
			1::int as recency_days, (i %% 7)::bigint as frequency, (i * 10)::bigint as monetary_minor, 5::int as r, 4::int as f, 3::int as m, 3::int as fm,
			case when i %% 2 = 0 then 'Champions' else 'Lost' end as segment
			from range(%d) t(i) order by segment, monetary_minor desc, customer_key`, customers),
		"mart_product": fmt.Sprintf(`select p.days::int as period, i::bigint as product_key, 'p' || i as product_id, 'Name ' || i as name, null::varchar as brand, 'c' || (i %% %d) as category,
			(i * 3)::bigint as views, i::bigint as orders, i::bigint as units, (i * 1000)::bigint as net_minor, 0::bigint as returned_units, 0.0 as return_rate,
			case when i > 0 then 1 / 3 end as view_to_buy, null::bigint as cost_minor, case when i %% 2 = 0 then i::bigint end as margin_minor, null::double as margin_rate,
			(%d - i)::bigint as revenue_rank, 1::bigint as rank_in_category, null::bigint as previous_rank, null::bigint as rank_change, 'A' as abc
			from range(%d) t(i) cross join (values (7), (30), (90), (365)) p(days) order by period, category, net_minor desc, product_id`, categories, products, products),
		"mart_trend": `select 'day' as granularity, date '2026-03-01' - i::int as bucket, c as country, '' as category, (100 - i)::bigint as net_minor, 0::bigint as refund_minor,
			1::bigint as orders, 2::bigint as units, 1::bigint as buyers, null::bigint as prev_net_minor, null::double as change, null::bigint as year_ago_net_minor,
			null::double as year_change, null::bigint as moving_avg_minor, (i > 0)::int as is_complete
			from range(10) t(i) cross join (values (''), ('DE')) x(c) order by granularity, country, category, bucket`,
		"mart_cohort": `select * from (values (date '2026-01-01', date '2026-01-01', 0, 8::bigint, 1.0, 80::bigint, 1), (date '2026-01-01', date '2026-02-01', 1, 2, 0.25, 20, 1),
			(date '2026-02-01', date '2026-02-01', 0, 3, 1.0, 30, 0)) t(cohort, month, age_months, customers, retention, net_minor, is_complete)`,
	}
}

func empty(t *testing.T, open Open) {
	s := New(t, open)
	if _, err := s.Source.State(t.Context()); !errors.Is(err, warehouse.ErrNone) {
		t.Errorf("its state: %v", err)
	}
	for _, run := range []string{"", "one"} {
		if _, err := s.Source.Segments(t.Context(), run); !errors.Is(err, warehouse.ErrNone) && (run == "" || !errors.Is(err, warehouse.ErrGone)) {
			t.Errorf("segments of run %q: %v", run, err)
		}
	}
}

func missing(t *testing.T, open Open) {
	s := New(t, open)
	s.Publish(t, "one", map[string]string{"mart_segment": Marts(0, 1, 0)["mart_segment"]})
	if _, err := s.Source.Cohorts(t.Context(), warehouse.CohortQuery{}); !errors.Is(err, warehouse.ErrNone) {
		t.Errorf("cohorts, which were not made: %v", err)
	}
}
