package parquet_test

import (
	"testing"
	"time"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

func TestBrowser(t *testing.T) {
	warehousetest.RunBrowser(t, func(t testing.TB, files *parquet.Warehouse, now func() time.Time, _ []warehouse.Shape) (warehousetest.Browser, warehouse.Mirror) {
		source, mirror := open(t, files, now)
		r, ok := source.(*parquet.Reader)
		if !ok {
			t.Fatalf("the reader is a %T", source)
		}
		return r, mirror
	})
}
