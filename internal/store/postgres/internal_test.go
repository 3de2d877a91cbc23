package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"globalmart/internal/store"
	"globalmart/internal/testenv"
)

func opened(t *testing.T, options ...Option) *Store {
	t.Helper()
	url := testenv.Postgres(t)
	if _, err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestSessionsAreAsTheyMustBe asks the sessions of each use for their settings.
func TestSessionsAreAsTheyMustBe(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for _, use := range []struct {
		name string
		on   func(text string, into ...any) error
		want map[string]string
	}{
		{"writing", func(text string, into ...any) error { return s.writers.QueryRow(t.Context(), text).Scan(into...) }, map[string]string{
			"synchronous_commit": "on", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "5s",
			"application_name": "globalmart write", "tcp_keepalives_idle": "10", "jit": "off", "enable_seqscan": "off",
		}},
		{"reading", func(text string, into ...any) error { return s.readers.QueryRow(t.Context(), text).Scan(into...) }, map[string]string{
			"default_transaction_read_only": "on", "statement_timeout": "30s", "application_name": "globalmart read", "enable_seqscan": "on",
		}},
		{"viewing", func(text string, into ...any) error { return s.views.QueryRow(t.Context(), text).Scan(into...) }, map[string]string{
			"default_transaction_read_only": "on", "idle_in_transaction_session_timeout": "30min", "application_name": "globalmart view",
		}},
	} {
		got := map[string]string{}
		for name := range use.want {
			var value string
			if err := use.on("SHOW "+name, &value); err != nil {
				t.Fatal(err)
			}
			got[name] = value
		}
		if diff := cmp.Diff(use.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", use.name, diff)
		}
	}
}

// TestEveryQueryIsValid prepares every file in query against the current schema.
func TestEveryQueryIsValid(t *testing.T) {
	t.Parallel()
	s := opened(t)
	conn, err := s.writers.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	files, err := fs.Glob(os.DirFS("."), "query/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var source strings.Builder
	sources, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- ") {
			t.Errorf("%s: no comment at the top", file)
		}
		if !strings.Contains(source.String(), "go:embed "+file+"\n") {
			t.Errorf("%s: not embedded", file)
		}
		query, _, err := named{}.RewriteQuery(t.Context(), conn.Conn(), string(text), nil)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if _, err := conn.Conn().Prepare(t.Context(), file, query); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestWritersGoByKey reads the plans of statements that write to large tables, made
// while they are empty: a plan is kept for longer than that.
func TestWritersGoByKey(t *testing.T) {
	t.Parallel()
	s := opened(t)
	large := []string{"session", "cart", "cart_order", "dead_letter", "finding", "sales_minute_country", "sales_minute_category", "sales_hour"}
	for name, text := range map[string]string{
		"mark ordered": markOrdered, "put cart": putCart,
		"delete sessions": deleteSession, "mark sent": markSent, "prune sessions": pruneSessions, "prune carts": pruneCarts,
		"prune cart orders": pruneCartOrders, "prune findings": pruneFindings, "fold ledger": foldLedger, "prune minutes": pruneMinutesByCountry,
	} {
		t.Run(name, func(t *testing.T) {
			lines := s.plan(t, text)
			for i, line := range lines {
				_, table, scan := strings.Cut(line, " on ")
				name, _, _ := strings.Cut(strings.TrimSpace(table), " ")
				if !scan || !strings.Contains(line, "Scan") || !slices.Contains(large, name) {
					continue
				}
				byTime := strings.Contains(line, "cart_order_at") && text != pruneCartOrders
				if byTime || i+1 == len(lines) || !strings.Contains(lines[i+1], "Cond:") {
					t.Errorf("much or all of %s is read:\n%s", name, strings.Join(lines, "\n"))
				}
			}
		})
	}
}

// plan is the generic plan of a statement, as a writer makes it.
func (s *Store) plan(t *testing.T, text string) (lines []string) {
	t.Helper()
	conn, err := s.writers.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	query, _, err := named{}.RewriteQuery(t.Context(), conn.Conn(), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := conn.Conn().PgConn().Exec(t.Context(), "EXPLAIN (GENERIC_PLAN) "+query).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range results[0].Rows {
		lines = append(lines, string(row[0]))
	}
	return lines
}

func TestWhatAnErrorMeans(t *testing.T) {
	t.Parallel()
	refused := func(code, severity string) error {
		return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, SeverityUnlocalized: severity})
	}
	for name, test := range map[string]struct {
		err        error
		lost       bool
		want       error // before the COMMIT; nil: permanent
		wantCommit error // of the COMMIT
	}{
		"deadlock":             {refused("40P01", "ERROR"), false, store.ErrUnavailable, store.ErrUnavailable},
		"serialization":        {refused("40001", "ERROR"), false, store.ErrUnavailable, store.ErrUnavailable},
		"statement timeout":    {refused("57014", "ERROR"), false, store.ErrUnavailable, store.ErrUnavailable},
		"disk full":            {refused("53100", "ERROR"), false, store.ErrUnavailable, store.ErrUnavailable},
		"too many connections": {refused("53300", "FATAL"), false, store.ErrUnavailable, store.ErrOutcomeUnknown},
		"shut down":            {refused("57P01", "FATAL"), true, store.ErrUnavailable, store.ErrOutcomeUnknown},
		"lost":                 {errors.New("unexpected EOF"), true, store.ErrUnavailable, store.ErrOutcomeUnknown},
		"constraint":           {refused("23514", "ERROR"), false, nil, nil},
		"type":                 {refused("42804", "ERROR"), false, nil, nil},
		"fenced":               {store.ErrFenced, false, store.ErrFenced, store.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			before, commit := classify(test.err, test.lost), commitError(test.err)
			for _, one := range []error{store.ErrUnavailable, store.ErrOutcomeUnknown} {
				if got, want := errors.Is(before, one), errors.Is(test.want, one); got != want {
					t.Errorf("before the commit: %v is %v: %t, want %t", before, one, got, want)
				}
				if got, want := errors.Is(commit, one), errors.Is(test.wantCommit, one); got != want {
					t.Errorf("of the commit: %v is %v: %t, want %t", commit, one, got, want)
				}
			}
		})
	}
}

// TestATransactionGivenUpIsDoneAgain counts how often.
func TestATransactionGivenUpIsDoneAgain(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for failures, want := range map[int]error{attempts - 1: nil, attempts: store.ErrUnavailable} {
		n := 0
		err := s.do(t.Context(), func(*tx) error {
			if n++; n <= failures {
				return &pgconn.PgError{Code: deadlockDetected, SeverityUnlocalized: "ERROR"}
			}
			return nil
		})
		if !errors.Is(err, want) || n != min(failures+1, attempts) {
			t.Errorf("%d deadlocks: done %d times, error %v, want %v", failures, n, err, want)
		}
	}
}

// TestAnIdleTransactionGivesUpItsTasks stops in the middle, as a process that is
// stopped does. The server ends the transaction after five seconds.
func TestAnIdleTransactionGivesUpItsTasks(t *testing.T) {
	t.Parallel()
	s := opened(t, WithPatience(time.Minute))
	task := store.TaskID{Family: store.Shopping}
	if _, err := s.Claim(t.Context(), task, "first"); err != nil {
		t.Fatal(err)
	}
	err := s.do(t.Context(), func(frozen *tx) error {
		if err := frozen.hold(task, 1); err != nil {
			return err
		}
		claim, err := s.Claim(t.Context(), task, "second") // waits
		if err != nil || claim.Epoch != 2 {
			t.Errorf("epoch %d, error %v", claim.Epoch, err)
		}
		return frozen.hold(task, 1)
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the transaction that was idle: error %v, want %v", err, store.ErrUnavailable)
	}
}

func TestAServerThatLosesCommitsIsRefused(t *testing.T) {
	good := server{number: oldest, encoding: "UTF8", commit: "on", fsync: true, pages: true}
	for name, test := range map[string]struct {
		change func(*server)
		want   string // "" = taken
	}{
		"one that keeps them":       {func(*server) {}, ""},
		"one that waits for a copy": {func(s *server) { s.commit = "remote_apply" }, ""},
		"too old":                   {func(s *server) { s.number = 150004 }, "use PostgreSQL 16"},
		"another encoding":          {func(s *server) { s.encoding = "LATIN1" }, "ENCODING 'UTF8'"},
		"commits are not waited":    {func(s *server) { s.commit = "off" }, "synchronous_commit = on"},
		"nothing reaches the disk":  {func(s *server) { s.fsync = false }, "fsync = on"},
		"pages may be torn":         {func(s *server) { s.pages = false }, "full_page_writes = on"},
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			test.change(&s)
			err := s.check()
			if refused := err != nil; refused != (test.want != "") || refused && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
