package batch_test

import (
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// TestADateTouchesOnlyWhatNamesIt: a run as of another date leaves a table as it is
// if neither its queries nor its inputs tell the dates apart.
func TestADateTouchesOnlyWhatNamesIt(t *testing.T) {
	shop, made := batchtest.NewShop(t), newShoppers(seeded(t))
	shop.Log(made.events(30 * time.Hour)...)
	shop.Run("2026-03-05", batch.Jobs()...)
	again := map[string]int{}
	for _, job := range shop.Run("2026-03-06", batch.Jobs()...).Jobs {
		for _, table := range job.Tables {
			again[table.Table] = table.Made
		}
	}
	for table, want := range map[string]int{"dim_product": 0, "dim_customer": 0, "dim_segment": 0, "mart_rfm": 1, "mart_product": 1, "dim_date": 1} {
		if again[table] != want {
			t.Errorf("%s was made %d times as of the next day, want %d", table, again[table], want)
		}
	}
	m, err := shop.Warehouse.Current()
	if err != nil {
		t.Fatal(err)
	}
	if asOf := m.Tables["dim_product"].AsOf; asOf != "2026-03-06" {
		t.Errorf("dim_product was last looked at as of %s, want 2026-03-06", asOf)
	}
}
