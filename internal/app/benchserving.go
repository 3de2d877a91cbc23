package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"globalmart/internal/duckdb"
	"globalmart/internal/telemetry"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
)

// batchSize is how large a history is, with its new day.
type batchSize struct {
	Orders        int64   `json:"orders"` // completed
	Lines         int64   `json:"lines"`  // of them
	LinesPerOrder float64 `json:"lines_per_order"`
	RefundLines   int64   `json:"refund_lines"`
	Buyers        int64   `json:"buyers"`   // known customers in the lines
	Segmented     int64   `json:"segments"` // customers with a segment
	Products      int64   `json:"products"` // of the catalogue
}

// servingTimes are how long answers took, in milliseconds, asked one after the other.
type servingTimes struct {
	Question string  `json:"question"`
	Asked    int     `json:"asked"`
	First    float64 `json:"first_ms"` // nothing was opened before
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"` // of all but the first
}

// servingPage is how many rows a question is for.
const servingPage = 100

// served is a warehouse as the bench asks it.
type served interface {
	Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error)
	Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error)
	Categories(ctx context.Context, run string) (warehouse.Answer[string], error)
	Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error)
}

// serve asks the warehouse o.Questions of each kind, and the files in dir how large it is.
func (f *batchOnDays) serve(ctx context.Context, dir string, o BenchBatchOptions) (err error) {
	w := parquet.New(dir, time.Now)
	m, err := w.Current()
	if err != nil {
		return err
	}
	r, done, err := openServed(ctx, w, o.Warehouse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if f.Serving, err = ask(ctx, r, o.Questions); err != nil {
		return err
	}
	f.batchSize, err = sizeOf(ctx, w, m)
	return err
}

// openServed opens what answers: the files of w, or their copy in a MongoDB. The caller
// calls done.
func openServed(ctx context.Context, w *parquet.Warehouse, url telemetry.Secret) (r served, done func() error, err error) {
	if url == "" {
		files, err := parquet.NewReader(ctx, w)
		if err != nil {
			return nil, nil, err
		}
		return files, files.Close, nil
	}
	copied, err := openMongoDB(url)
	if err != nil {
		return nil, nil, err
	}
	return mongodb.NewReader(copied), func() error { return copied.Close(context.WithoutCancel(ctx)) }, nil
}

// ask asks n questions of each kind.
func ask(ctx context.Context, r served, n int) ([]servingTimes, error) {
	const period = 30
	categories, err := r.Categories(ctx, "")
	if err != nil {
		return nil, err
	}
	products, err := timed("products of a category by revenue", n, func(i int) error {
		_, err := r.Products(ctx, warehouse.ProductQuery{
			Page: warehouse.Page{Limit: servingPage}, Days: period, Category: categories.Rows[i%len(categories.Rows)], Sort: warehouse.ByRevenue,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	customers, err := askCustomers(ctx, r, n)
	if err != nil {
		return nil, err
	}
	return []servingTimes{products, customers}, nil
}

// askCustomers asks n times for customers of a segment.
func askCustomers(ctx context.Context, r served, n int) (servingTimes, error) {
	segments, err := r.Segments(ctx, "")
	if err != nil {
		return servingTimes{}, err
	}
	return timed("customers of a segment", n, func(i int) error {
		_, err := r.Customers(ctx, warehouse.CustomerQuery{Page: warehouse.Page{Limit: servingPage}, Segment: segments.Rows[i%len(segments.Rows)].Name})
		return err
	})
}

// timed asks n+1 questions one after the other.
func timed(name string, n int, ask func(i int) error) (servingTimes, error) {
	times := make([]float64, 0, n+1)
	for i := range n + 1 {
		started := time.Now()
		if err := ask(i); err != nil {
			return servingTimes{}, err
		}
		times = append(times, float64(time.Since(started).Microseconds())/1000)
	}
	t := servingTimes{Question: name, Asked: n, First: times[0]}
	warm := slices.Sorted(slices.Values(times[1:]))
	rank := func(p float64) float64 { return warm[int(math.Ceil(p*float64(n)))-1] }
	t.P50, t.P99, t.Max = rank(0.5), rank(0.99), warm[n-1]
	return t, nil
}

// sizeOf counts what is in a warehouse.
func sizeOf(ctx context.Context, w *parquet.Warehouse, m *warehouse.Manifest) (s batchSize, err error) {
	db, err := duckdb.Open(ctx, duckdb.Config{Dirs: []string{w.Dir}})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	from := func(table string) string {
		var paths []string
		for _, f := range m.Tables[table].Files {
			paths = append(paths, duckdb.Quote(w.Path(f)))
		}
		return "read_parquet([" + strings.Join(paths, ", ") + "])"
	}
	err = db.QueryRowContext(ctx, `select coalesce(sum(is_order), 0)::bigint, count(*) filter (is_refund = 0), count(*) filter (is_refund = 1), count(distinct customer_key),
		(select count(*) from `+from("mart_rfm")+`), (select count(*) from `+from("dim_product")+` where is_current = 1)
		from `+from("fact_order_line")).Scan(&s.Orders, &s.Lines, &s.RefundLines, &s.Buyers, &s.Segmented, &s.Products)
	if err != nil {
		return s, fmt.Errorf("bench: %w", err)
	}
	s.LinesPerOrder = float64(s.Lines) / float64(max(s.Orders, 1))
	return s, nil
}
