package testenv

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"globalmart/test/services/postgresql"
)

// PostgresVariable names a PostgreSQL 16: the URL of a database of one, or the file
// of endpoints that the test services write. Tests make and drop databases on it.
const PostgresVariable = "GLOBALMART_TEST_POSTGRES"

// Postgres returns the URL of a new, empty database that is dropped when the test
// ends, in plain text.
func Postgres(t testing.TB) string {
	t.Helper()
	return PostgresDatabase(t, PostgresEndpoints(t))
}

// PostgresEndpoints is the server with every way in that it has.
func PostgresEndpoints(t testing.TB) postgresql.Endpoints {
	t.Helper()
	value := lookup(t, PostgresVariable, "make postgres")
	var e postgresql.Endpoints
	if strings.HasSuffix(value, ".json") {
		text, err := os.ReadFile(value)
		if err != nil {
			t.Fatalf("testenv: %s: %v", PostgresVariable, err)
		}
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatalf("testenv: %s: %s: %v", PostgresVariable, value, err)
		}
		return e
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		t.Fatalf("testenv: %s: want a file of endpoints or postgres://user:password@host:port/", PostgresVariable)
	}
	e.Address, e.Username = u.Host, u.User.Username()
	e.Secret, _ = u.User.Password()
	return e
}

// PostgresDatabase makes a database as Postgres does, on the server of e.
func PostgresDatabase(t testing.TB, e postgresql.Endpoints) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	plain := url.Values{"sslmode": {"disable"}}
	administer := func(ctx context.Context, statement string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, e.URL("postgres", plain))
		if err != nil {
			t.Errorf("testenv: PostgreSQL on %s: %v", e.Address, err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Errorf("testenv: PostgreSQL on %s: %s: %v", e.Address, statement, err)
		}
	}
	administer(t.Context(), "CREATE DATABASE "+name)
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() { administer(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)") })
	return e.URL(name, plain)
}
