package parquet_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

// open opens a reader of the files.
func open(t testing.TB, files *parquet.Warehouse, _ func() time.Time) (cached.Source, warehouse.Mirror) {
	t.Helper()
	r, err := parquet.NewReader(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, nil
}

func TestWarehouse(t *testing.T) { warehousetest.Run(t, open) }

// newSystem returns a warehouse with one run, and its reader.
func newSystem(t testing.TB, products, categories, customers int) (*warehousetest.System, *parquet.Reader) {
	t.Helper()
	s := warehousetest.New(t, open)
	s.Publish(t, "one", warehousetest.Marts(products, categories, customers))
	r, ok := s.Source.(*parquet.Reader)
	if !ok {
		t.Fatalf("the reader is a %T", s.Source)
	}
	return s, r
}

// TestPagesAreTheListCutUp reads lists to their ends, over row groups: from a file in
// their order, which needs no query, and from one in another order, which does.
func TestPagesAreTheListCutUp(t *testing.T) {
	const customers, products = 40_000, 40_000
	s, r := newSystem(t, products, 4, customers)
	ordered := warehousetest.Marts(products, 4, customers)
	s.Publish(t, "two", map[string]string{
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
			ID: "p39990", Days: 90, Name: &name, Category: &category, Views: 3 * 39990, Orders: 39990, Units: 39990, NetMinor: 39990 * 1000, ReturnRate: new(float64), ViewToBuy: &third,
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
	_, r := newSystem(b, 250_000, 100, 1_000_000)
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
