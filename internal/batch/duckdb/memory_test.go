package duckdb_test

import (
	"errors"
	"path/filepath"
	"testing"

	"globalmart/internal/batch"
	engine "globalmart/internal/batch/duckdb"
	"globalmart/internal/duckdb"
)

func TestAQueryThatDoesNotFitSaysSo(t *testing.T) {
	dir := t.TempDir()
	e, err := engine.Open(t.Context(), duckdb.Config{Memory: 8 << 20, Threads: 1, Dirs: []string{dir}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	// A list cannot be spilled.
	_, err = e.Write(t.Context(), "select list(i) as l from range(10000000) t(i)", filepath.Join(dir, "list.parquet"), 0)
	if !errors.Is(err, batch.ErrMemory) {
		t.Errorf("got %v, want ErrMemory", err)
	}
}
