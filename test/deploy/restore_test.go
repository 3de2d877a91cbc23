package deploy_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
	"globalmart/test/services/postgresql"
)

// TestLiveTablesOfABackupCatchUpWithTheLog: the tables are lost, and a copy takes their
// place that lacks the last events. A worker goes on from what the copy has, and everything
// is counted once.
func TestLiveTablesOfABackupCatchUpWithTheLog(t *testing.T) {
	server := testenv.PostgresEndpoints(t)
	tables := testenv.PostgresDatabase(t, server)
	name := strings.TrimPrefix(mustParse(t, tables).Path, "/")
	kafka := testenv.Address(t)
	process.Start(t, nil, "broker", "--data", t.TempDir(), "--kafka-listen", kafka).Await("data in")
	start := time.Now().Add(-30 * time.Minute).UTC()
	events := func(since time.Duration, seed string) {
		process.Start(t, nil, "generate", "--kafka", kafka, "--data", t.TempDir(), "--count", "3000", "--rate", "10", "--seed", seed,
			"--start", start.Add(since).Format(time.RFC3339)).Succeed()
	}
	events(0, "1")
	apply(t, kafka, tables)
	administer(t, server, "CREATE DATABASE backup_"+name+" TEMPLATE "+name)
	events(10*time.Minute, "2")
	apply(t, kafka, tables)

	administer(t, server, "DROP DATABASE "+name+" WITH (FORCE)", "ALTER DATABASE backup_"+name+" RENAME TO "+name)
	if code := process.Start(t, nil, "verify", "--kafka", kafka, "--store", tables, "--data", t.TempDir()).Wait(); code != 0 {
		t.Errorf("verify ends with %d on a backup: it should prove what the tables have", code)
	}
	apply(t, kafka, tables)
}

// apply has a worker apply all that the log holds, and proves it.
func apply(t *testing.T, kafka, tables string) {
	t.Helper()
	operator := testenv.Address(t)
	worker := process.Start(t, nil, "stream", "--kafka", kafka, "--store", tables, "--data", t.TempDir(), "--operator-listen", operator)
	worker.Await("metrics on")
	process.Eventually(t, "the worker has applied the log", func() bool { return caughtUp(t, operator) })
	worker.StopCleanly()
	process.Start(t, nil, "verify", "--kafka", kafka, "--store", tables, "--data", t.TempDir()).Succeed()
}

// caughtUp reports whether a worker is ready, and behind with no topic.
func caughtUp(t *testing.T, operator string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+operator+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "\nglobalmart_stream_ready 1\n") &&
		!regexp.MustCompile(`(?m)^globalmart_stream_behind_records\{.*\} [1-9]`).Match(text)
}

// administer runs statements that no other connection may be open for.
func administer(t *testing.T, server postgresql.Endpoints, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres", url.Values{"sslmode": {"disable"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
