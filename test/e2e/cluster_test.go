package e2e_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/batch"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/testenv/process"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/test/services/spark"
)

// loneSpark starts a Spark of this test's own, which may be killed: the Thrift server
// computes by itself.
func loneSpark(t *testing.T) *spark.Cluster {
	t.Helper()
	const cache = "../../.cache/services/spark"
	if _, err := os.Stat(filepath.Join(cache, spark.Version)); err != nil && os.Getenv(testenv.RequireVariable) == "" {
		t.Skip("make setup gets Spark")
	}
	c, err := spark.Start(t.Context(), spark.Options{Cache: cache, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// batchRun is a run of a job in the history.
type batchRun struct{ Job, Status, Engine, Error string }

// TestTheBatchOnRealServices: every job on Spark, with the warehouse in MongoDB and the marts
// in PostgreSQL. Spark is killed in the middle of the first job: nothing of it is to be seen
// but why it failed. Then MongoDB is away: the jobs are done all the same, and the next run
// copies what it missed.
func TestTheBatchOnRealServices(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Spark of its own")
	}
	t.Parallel()
	proxy, url := throughProxy(t, testenv.MongoDB(t))
	tables, engine := testenv.Postgres(t), loneSpark(t)
	lake := filepath.Join(t.TempDir(), "lake")
	process.Start(t, nil, "backfill", "--lake", lake, "--days", "1", "--daily-orders", "50", "--end", "2026-03-03", "--seed", "7").Succeed()
	where := []string{"--lake", lake, "--warehouse", url, "--store", tables}
	run := func(jobs string) *process.Process {
		return process.Start(t, nil, slices.Concat([]string{"batch", "run", jobs, "--date", "2026-03-03", "--engine", engine.URL()}, where)...)
	}
	history := func() []batchRun { return ask[[]batchRun](t, slices.Concat([]string{"batch", "history"}, where)...) }

	killed := run("all")
	process.Eventually(t, "a table is made", func() bool {
		files, err := filepath.Glob(filepath.Join(lake, "warehouse/tables/fact_order_line/*/*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files) > 0 || killed.Over()
	})
	engine.Kill()
	if code := killed.Wait(); code != 1 || !strings.Contains(killed.Output(), "see that Spark runs") {
		t.Fatalf("exit code %d:\n%s", code, killed.Output())
	}
	if runs := history(); len(runs) != 1 || runs[0].Job != "etl" || runs[0].Status != "failed" || !strings.Contains(runs[0].Error, "the connection to Spark on") {
		t.Errorf("the history is %+v, want that etl failed, and why", runs)
	}
	if _, err := os.Stat(filepath.Join(lake, "warehouse/CURRENT")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was published: %v", err)
	}
	if n := segmentsIn(t, url); n != 0 {
		t.Errorf("MongoDB has %d segments of a run that failed", n)
	}

	if err := engine.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy.Refuse(true)
	proxy.Cut()
	behind := run("all")
	if code := behind.Wait(); code != 1 || !strings.Contains(behind.Output(), "the jobs are done, but a copy of the warehouse is not") {
		t.Fatalf("exit code %d:\n%s", code, behind.Output())
	}
	runs := history()
	if len(runs) != 6 {
		t.Fatalf("the history is %+v, want every job once more", runs)
	}
	for _, r := range runs[:5] {
		if r.Status != "done" || r.Engine != "spark "+spark.Version || !strings.Contains(r.Error, "its copy in mongodb is of an earlier one") {
			t.Errorf("%+v, want it done on Spark, and why it was not copied", r)
		}
	}
	if n := count(t, tables, "select count(*) from mart.segment"); n == 0 {
		t.Error("the marts in PostgreSQL waited for MongoDB")
	}
	proxy.Refuse(false)
	run(string(batch.Cohorts)).Succeed()
	if n := segmentsIn(t, url); n == 0 {
		t.Error("MongoDB has no segments")
	}
	if last := history()[0]; last.Error != "" {
		t.Errorf("all is copied, and the history says %q", last.Error)
	}
}

// throughProxy returns the URL of a database by way of a proxy.
func throughProxy(t *testing.T, url string) (*netfault.Proxy, string) {
	t.Helper()
	rest, found := strings.CutPrefix(url, "mongodb://")
	address, name, named := strings.Cut(rest, "/")
	if !found || !named || strings.ContainsAny(address, "@,") {
		t.Skip("a MongoDB with a password, or several hosts, is not put behind a proxy")
	}
	proxy := netfault.Start(t, address)
	parameter := "?directConnection=true"
	if strings.Contains(name, "?") {
		parameter = "&directConnection=true"
	}
	return proxy, "mongodb://" + proxy.Addr() + "/" + name + parameter
}

// segmentsIn counts the segments that readers of a MongoDB see.
func segmentsIn(t *testing.T, url string) int {
	t.Helper()
	w, err := mongodb.Open(mongodb.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close(context.WithoutCancel(t.Context())) }()
	answer, err := mongodb.NewReader(w).Segments(t.Context(), "")
	if err != nil && !errors.Is(err, warehouse.ErrNone) {
		t.Fatal(err)
	}
	return len(answer.Rows)
}

// count asks a PostgreSQL for a number.
func count(t *testing.T, url, query string) (n int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUpKeepsItsTablesInPostgreSQL: the embedded platform with its live tables, and so its
// marts, in a PostgreSQL.
func TestUpKeepsItsTablesInPostgreSQL(t *testing.T) {
	t.Parallel()
	dir, tables := t.TempDir(), testenv.Postgres(t)
	up := process.Start(t, nil, "up", "--data", dir, "--store", tables, "--rate", "100", "--history", "1d", "--daily-orders", "50",
		"--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0")
	up.Await("ready in ")
	process.Eventually(t, "the marts are there", func() bool { return count(t, tables, "select count(*) from mart.cohort") > 0 })
	process.Eventually(t, "orders are there", func() bool { return count(t, tables, "select count(*) from sales_hour") > 0 })
	up.StopCleanly()
	if _, err := os.Stat(filepath.Join(dir, "store.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there are tables in the data directory, too: %v", err)
	}
	process.Start(t, nil, "verify", "--data", dir, "--store", tables).Succeed()
	again := process.Start(t, nil, "up", "--data", dir, "--store", tables, "--rate", "0",
		"--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0")
	again.Await("ready in ")
	again.StopCleanly()
}
