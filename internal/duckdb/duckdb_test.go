package duckdb_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"globalmart/internal/duckdb"
)

func open(t *testing.T, cfg duckdb.Config) *duckdb.DB {
	t.Helper()
	cfg.TempDir = t.TempDir()
	db, err := duckdb.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(cfg.TempDir); len(left) > 0 {
			t.Errorf("Close left %s", left[0].Name())
		}
	})
	return db
}

func TestOnlyGivenFolders(t *testing.T) {
	inside, outside := t.TempDir(), t.TempDir()
	db := open(t, duckdb.Config{Dirs: []string{inside}})
	write := func(dir string) error {
		_, err := db.ExecContext(t.Context(), "copy (select 1 as a) to "+duckdb.Quote(filepath.Join(dir, "a.parquet"))+" (format parquet)")
		return err
	}
	if err := write(inside); err != nil {
		t.Errorf("a folder that was given: %v", err)
	}
	if err := write(outside); err == nil {
		t.Error("wrote a file outside the folders that were given")
	}
	if err := write(inside + "/../" + filepath.Base(outside)); err == nil {
		t.Error("wrote a file outside by a path that goes up")
	}
	for name, statement := range map[string]string{
		"a file that was not given":  "select * from read_text('/etc/hostname')",
		"the network":                "select * from read_parquet('http://127.0.0.1:9/a.parquet')",
		"an extension":               "install httpfs",
		"another database":           "attach '" + filepath.Join(outside, "x.db") + "' as x",
		"the memory limit":           "set memory_limit = '100GB'",
		"the time zone":              "set global TimeZone = 'Europe/Berlin'",
		"access to the outside":      "set global enable_external_access = true",
		"the folders that are given": "set global allowed_directories = ['/']",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: %s: was allowed", name, statement)
		}
	}
}

func TestEveryConnectionIsInUTC(t *testing.T) {
	db := open(t, duckdb.Config{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			conn, err := db.Conn(context.WithoutCancel(t.Context()))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			var zone, text string
			if err := conn.QueryRowContext(t.Context(), "select current_setting('TimeZone'), cast(cast(timestamptz '2026-01-05 23:30:00-05' as timestamp) as varchar)").Scan(&zone, &text); err != nil {
				t.Error(err)
			}
			if zone != "UTC" || text != "2026-01-06 04:30:00" {
				t.Errorf("zone %s, 23:30 in New York is %s", zone, text)
			}
		})
	}
	wg.Wait()
}

func TestMemoryIsBounded(t *testing.T) {
	db := open(t, duckdb.Config{Memory: 32 << 20, Threads: 1})
	var limit string
	if err := db.QueryRowContext(t.Context(), "select current_setting('memory_limit')").Scan(&limit); err != nil || !strings.HasPrefix(limit, "32.0 MiB") {
		t.Fatalf("memory limit %s: %v", limit, err)
	}
	// 80 MB of sorting do not fit and must go to the folder for that.
	var last int64
	if err := db.QueryRowContext(t.Context(), "select max(b) from (select i, row_number() over (order by hash(i)) as b from range(3000000) t(i))").Scan(&last); err != nil || last != 3_000_000 {
		t.Errorf("a sort larger than memory: %d, %v", last, err)
	}
}
