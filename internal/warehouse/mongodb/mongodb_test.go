package mongodb_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"globalmart/internal/testenv"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/cached"
	"globalmart/internal/warehouse/change"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
	"globalmart/internal/warehouse/warehousetest"
)

// connect opens the warehouse in a database.
func connect(t testing.TB, url string) *mongodb.Warehouse {
	t.Helper()
	w, err := mongodb.Open(mongodb.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close(context.WithoutCancel(t.Context())) })
	return w
}

// mirrorOf returns a mirror of files in w, in which tables of others take the place of
// those of the same name.
func mirrorOf(t testing.TB, w *mongodb.Warehouse, files *parquet.Warehouse, now func() time.Time, others ...warehouse.Shape) *mongodb.Mirror {
	t.Helper()
	changes, err := change.Open(t.Context(), files.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = changes.Close() })
	shapes := slices.DeleteFunc(warehousetest.Shapes(), func(s warehouse.Shape) bool {
		return slices.ContainsFunc(others, func(o warehouse.Shape) bool { return o.Name == s.Name })
	})
	return mongodb.NewMirror(w, changes, append(shapes, others...), now)
}

func open(t testing.TB, files *parquet.Warehouse, now func() time.Time) (cached.Source, warehouse.Mirror) {
	t.Helper()
	w := connect(t, testenv.MongoDB(t))
	return mongodb.NewReader(w), mirrorOf(t, w, files, now)
}

func TestWarehouse(t *testing.T) { warehousetest.Run(t, open) }

func TestBrowser(t *testing.T) {
	warehousetest.RunBrowser(t, func(t testing.TB, files *parquet.Warehouse, now func() time.Time, tables []warehouse.Shape) (warehousetest.Browser, warehouse.Mirror) {
		w := connect(t, testenv.MongoDB(t))
		return mongodb.NewBrowser(mongodb.NewReader(w), tables), mirrorOf(t, w, files, now, tables...)
	})
}
