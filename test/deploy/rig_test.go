package deploy_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
	"globalmart/test/services/postgresql"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(process.Main(m))
}

// database is one that deploy/postgres made, with its two roles.
type database struct {
	owner, reader string // URLs
}

// makeDatabase runs the SQL that the image of PostgreSQL runs on an empty volume, with
// names of this test's own, which go with it.
func makeDatabase(t *testing.T) database {
	t.Helper()
	server := testenv.PostgresEndpoints(t)
	suffix := strings.ToLower(rand.Text())[:10]
	owner, reader, secret := "owner_"+suffix, "reader_"+suffix, rand.Text()
	names := strings.NewReplacer(":'globalmart_password'", "'"+secret+"'", ":'grafana_password'", "'"+secret+"'", "globalmart", owner, "grafana", reader)
	run := func(database string, statements ...string) {
		t.Helper()
		conn := connect(t, server.URL(database, url.Values{"sslmode": {"disable"}}))
		for _, s := range statements {
			if _, err := conn.Exec(context.WithoutCancel(t.Context()), s); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
	run("postgres", statements(t, "roles.sql", names)...)
	t.Cleanup(func() {
		run("postgres", "DROP DATABASE "+owner+" WITH (FORCE)", "DROP ROLE "+owner, "DROP ROLE "+reader)
	})
	run(owner, statements(t, "grants.sql", names)...)
	if t.Failed() {
		t.FailNow()
	}
	as := func(role string) string {
		e := postgresql.Endpoints{Address: server.Address, Username: role, Secret: secret}
		return e.URL(owner, url.Values{"sslmode": {"disable"}})
	}
	return database{owner: as(owner), reader: as(reader)}
}

// statements are those of a file of deploy/postgres.
func statements(t *testing.T, file string, names *strings.Replacer) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy/postgres", file))
	if err != nil {
		t.Fatal(err)
	}
	sql := names.Replace(regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(string(text), ""))
	var list []string
	for s := range strings.SplitSeq(sql, ";\n") {
		if strings.TrimSpace(s) != "" {
			list = append(list, s)
		}
	}
	return list
}

// connect connects to a database until the test ends.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.WithoutCancel(t.Context()), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// shop is a platform with everything in it that a dashboard shows.
type shop struct {
	database
	operator, sender string    // host:port of the metrics of `up`, and of `generate`
	since            time.Time // the first day of its history
}

// size is how much history a shop has: by default as much as shows that a question can be
// answered. `make panels` asks for what shows how long the answers take.
type size struct {
	days, dailyOrders int           // before today
	patience          time.Duration // for it to be written and to be through the batch jobs
}

func sizeOf(t *testing.T) size {
	t.Helper()
	text := os.Getenv("GLOBALMART_TEST_PANEL_HISTORY")
	if text == "" {
		return size{3, 4000, process.Patience}
	}
	s := size{patience: time.Hour}
	if _, err := fmt.Sscanf(text, "%dx%d", &s.days, &s.dailyOrders); err != nil || s.days < 1 || s.dailyOrders < 1 {
		t.Fatalf("GLOBALMART_TEST_PANEL_HISTORY=%s: want DAYSxORDERS, as 28x100000", text)
	}
	return s
}

// openShop starts it: history and its marts, and orders, sessions and carts of the last
// hundred minutes, some of them unusual. An event comes from outside, too.
func openShop(t *testing.T) shop {
	t.Helper()
	size := sizeOf(t)
	s := shop{database: makeDatabase(t), operator: testenv.Address(t), sender: testenv.Address(t), since: time.Now().AddDate(0, 0, -size.days-1)}
	api, kafka := testenv.Address(t), testenv.Address(t)
	up := process.Start(t, nil, "up", "--data", t.TempDir(), "--store", s.owner, "--rate", "0", "--history", fmt.Sprintf("%dd", size.days), "--daily-orders", strconv.Itoa(size.dailyOrders),
		"--listen", api, "--kafka-listen", kafka, "--operator-listen", s.operator)
	up.Await("ready in ")
	start := time.Now().Add(-100 * time.Minute).UTC().Format(time.RFC3339)
	process.Start(t, nil, "generate", "--kafka", kafka, "--data", t.TempDir(), "--start", start, "--count", "24000", "--rate", "4", "--anomalies", "0.05").Succeed()
	process.Start(t, nil, "generate", "--kafka", kafka, "--data", t.TempDir(), "--rate", "20", "--seed", "2", "--operator-listen", s.sender)
	report(t, api)
	conn := connect(t, s.owner)
	for _, table := range []string{"mart.cohort", "mart.trend", "sales_hour", "session", "cart", "finding", "alert", "stock JOIN mart.product USING (product_id)"} {
		process.Within(t, size.patience, "there are rows in "+table, func() bool {
			var n int64
			if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n > 0
		})
	}
	return s
}

// report sends an event as a shop does, with the write key of this machine.
func report(t *testing.T, api string) {
	t.Helper()
	body := `{"type":"track","event":"Article Read","anonymousId":"visitor-1","messageId":"message-1","properties":{}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+api+"/v1/track", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("globalmart-write-key-dev", "")
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the collector answers %s", answer.Status)
	}
}
