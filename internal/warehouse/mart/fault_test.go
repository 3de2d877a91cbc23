package mart_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/testenv/process"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
	"globalmart/test/services/postgresql"
)

// mixed finds in one statement how many runs the tables show: each has its number in a column.
func mixed(tables []change.Table) string {
	parts := []string{"SELECT substr(run, 5)::bigint AS n FROM mart.run"}
	for _, table := range tables {
		column := map[string]string{"segment": "customers", "segment_migration": "customers", "rfm_score": "customers", "rfm_cell": "net_minor", "product_abc": "units", "country": "(last_sold - date '2026-01-01')", "category": "products"}[table.Name]
		if column == "" {
			column = map[bool]string{true: "orders", false: "customers"}[table.Name != "cohort"]
		}
		parts = append(parts, "SELECT "+column+" FROM mart."+table.Name)
	}
	return "SELECT count(DISTINCT n), count(*) FROM (" + strings.Join(parts, " UNION ALL ") + ") x"
}

// TestReadersNeverSeeAMixedRun publishes a hundred runs beside readers.
func TestReadersNeverSeeAMixedRun(t *testing.T) {
	t.Parallel()
	url, w := migrated(t), newWriter(t)
	m, query := marts(t, w.dir, url), mixed(tables(t))
	var runs []*warehouse.Manifest // one after the other, again and again
	for n := range 5 {
		runs = append(runs, w.run(n+1))
	}
	follow(t, m, runs[0])
	var over atomic.Bool
	var readers sync.WaitGroup
	var reads [3]int
	for i := range reads {
		conn := connect(t, url)
		readers.Go(func() {
			for pause := time.NewTicker(10 * time.Millisecond); !over.Load(); <-pause.C { // not all of the machine
				var runs, rows int
				if err := conn.QueryRow(t.Context(), query).Scan(&runs, &rows); err != nil || runs != 1 || rows < 2*len(tables(t)) {
					t.Errorf("a reader sees %d rows of %d runs: %v", rows, runs, err)
					return
				}
				reads[i]++
			}
		})
	}
	for n := 1; n < 100; n++ {
		if done := follow(t, m, runs[n%len(runs)]); done.Put == 0 {
			t.Errorf("publication %d put nothing", n)
		}
	}
	over.Store(true)
	readers.Wait()
	for i, n := range reads {
		if n < 10 {
			t.Errorf("reader %d asked %d times: it proves little", i, n)
		}
	}
	t.Logf("%v reads", reads)
}

// through is a database behind a proxy.
func through(t *testing.T, text string) (*netfault.Proxy, string) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	proxy := netfault.Start(t, u.Host)
	u.Host = proxy.Addr()
	return proxy, u.String()
}

// shows fails unless the database shows run n, and no other.
func shows(t *testing.T, url string, n int) {
	t.Helper()
	conn := connect(t, url)
	var runs, rows, run int
	if err := conn.QueryRow(t.Context(), mixed(tables(t))).Scan(&runs, &rows); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT substr(run, 5)::int FROM mart.run").Scan(&run); err != nil || runs != 1 || run != n {
		t.Errorf("it shows run %d, in rows of %d runs (%v), want run %d alone", run, runs, err, n)
	}
}

// TestABrokenConnectionLeavesNothingHalf cuts the connection at moments of a publication: what is there
// stays, and the next run catches up. Of a COMMIT that was carried out and not answered all is there.
func TestABrokenConnectionLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	direct, w := migrated(t), newWriter(t)
	proxy, far := through(t, direct)
	m := marts(t, w.dir, far)
	follow(t, m, w.run(1))
	const commit = "Q\x00\x00\x00\x0bcommit" // the message, not the name of a setting
	n, shown := 1, 1
	for _, at := range []struct {
		request string
		lost    netfault.Lost
	}{{"LOCK TABLE", netfault.Reply}, {"mart.trend", netfault.Request}, {"INTO mart.run", netfault.Reply}, {commit, netfault.Request}, {commit, netfault.Reply}} {
		n++
		cut := proxy.CutAt(at.request, at.lost)
		_, err := m.Follow(t.Context(), w.run(n))
		<-cut
		if err == nil {
			t.Errorf("%s: no error", at.request)
		}
		if at.request == commit && at.lost == netfault.Reply {
			shown = n
		}
		shows(t, direct, shown)
	}
	n++
	follow(t, m, w.run(n))
	shows(t, direct, n)
	proxy.Refuse(true)
	if _, err := m.Follow(t.Context(), w.run(n+1)); err == nil || !strings.Contains(err.Error(), "see that the server runs") {
		t.Errorf("a server that cannot be reached: %v", err)
	}
}

// TestAKilledServerLeavesNothingHalf kills the server while a publication is in its middle.
func TestAKilledServerLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	testenv.PostgresEndpoints(t) // where there is none to be had, the test is skipped
	server, err := postgresql.Start(t.Context(), postgresql.Options{Cache: filepath.Join("..", "..", "..", ".cache", "services", "postgresql")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	database, w := server.URL("postgres", url.Values{"sslmode": {"disable"}}), newWriter(t)
	migrate(t, database)
	m := marts(t, w.dir, database)
	follow(t, m, w.run(1))

	tx, err := connect(t, database).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM mart.trend FOR UPDATE"); err != nil { // after other tables are written
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := m.Follow(t.Context(), w.run(2))
		failed <- err
	}()
	watch := connect(t, database)
	process.Eventually(t, "the publication waits for a row of its middle", func() bool {
		var n int
		err := watch.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n > 0
	})
	server.Crash()
	if err := <-failed; err == nil {
		t.Error("no error of a server that was killed")
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	shows(t, database, 1)
	follow(t, m, w.run(3))
	shows(t, database, 3)
}

// TestOneCopiesAtATime: a second copy waits for the first, and a reader does not.
func TestOneCopiesAtATime(t *testing.T) {
	t.Parallel()
	database, w := migrated(t), newWriter(t)
	m := marts(t, w.dir, database)
	follow(t, m, w.run(1))
	first, err := connect(t, database).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Exec(t.Context(), "LOCK TABLE mart.run, mart.source IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, second := make(chan error, 1), w.run(2)
	go func() {
		_, err := m.Follow(ctx, second)
		ended <- err
	}()
	watch := connect(t, database)
	process.Eventually(t, "the second waits", func() bool {
		var n int
		err := watch.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n > 0
	})
	shows(t, database, 1)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the second ended with %v, want %v", err, context.Canceled)
	}
	if err := first.Rollback(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		t.Error(err)
	}
}
