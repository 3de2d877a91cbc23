package duckdb_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"globalmart/internal/duckdb"
)

// TestWhatAKilledProcessLeavesIsRemoved: the next database removes folders whose owner is
// gone, and never one that is in use or has just been made.
func TestWhatAKilledProcessLeavesIsRemoved(t *testing.T) {
	dir := t.TempDir()
	dead, fresh := filepath.Join(dir, "globalmart-duckdb-dead"), filepath.Join(dir, "globalmart-duckdb-fresh")
	for _, path := range []string{dead, fresh} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dead, "spilled"), []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := openIn(t, dir)
	longAgo := time.Now().Add(-time.Hour)
	for _, path := range list(t, dir) {
		if path == fresh {
			continue
		}
		if err := os.Chtimes(path, longAgo, longAgo); err != nil {
			t.Fatal(err)
		}
	}
	second := openIn(t, dir)
	if left := list(t, dir); len(left) != 3 {
		t.Errorf("left are %v, want the fresh one and those of two databases", left)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the folder of the dead: %v", err)
	}
	for _, db := range []*duckdb.DB{first, second} {
		if _, err := db.ExecContext(t.Context(), "create table t as select * from range(1000)"); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if left := list(t, dir); len(left) != 1 || left[0] != fresh {
		t.Errorf("left are %v, want the fresh one", left)
	}
}

func openIn(t *testing.T, dir string) *duckdb.DB {
	t.Helper()
	db, err := duckdb.Open(t.Context(), duckdb.Config{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
