package parquet_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/lake"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

// TestPagedMartsHaveTheRowsOfAKeyTogether holds the marts to the order that pages are
// read in.
func TestPagedMartsHaveTheRowsOfAKeyTogether(t *testing.T) {
	shop := batchtest.NewShop(t)
	r := rand.New(rand.NewPCG(3, 4))
	for _, day := range []string{"2026-02-20", "2026-02-28", "2026-03-01"} {
		shop.History(lake.SourceHistory, day, warehousetest.Orders(r, day, 80)...)
	}
	shop.Run("2026-03-02", batch.Jobs()...)
	reader, err := parquet.NewReader(t.Context(), shop.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	for table, key := range map[string]string{"mart_rfm": "segment", "mart_product": "period || '/' || category"} {
		together, err := reader.Together(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Fields(shop.Text("select distinct replace(" + key + ", ' ', '_') as k from " + table + " order by k"))
		for i := range together {
			together[i] = strings.ReplaceAll(together[i], " ", "_")
		}
		slices.Sort(together)
		if diff := gocmp.Diff(all, together); diff != "" || len(all) < 3 {
			t.Errorf("%s: keys whose rows are together (-all +together):\n%s", table, diff)
		}
	}
	segments, err := reader.Segments(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments.Rows {
		got, err := reader.Customers(t.Context(), warehouse.CustomerQuery{Page: warehouse.Page{Limit: 100}, Segment: s.Name})
		if err != nil || int64(len(got.Rows)) != s.Customers {
			t.Errorf("%s has %d customers, want %d: %v", s.Name, len(got.Rows), s.Customers, err)
		}
		for i := 1; i < len(got.Rows); i++ {
			if got.Rows[i].MonetaryMinor > got.Rows[i-1].MonetaryMinor {
				t.Errorf("%s: customer %d is worth more than the one before", s.Name, i)
			}
		}
	}
}
