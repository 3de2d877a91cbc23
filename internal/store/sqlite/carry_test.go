package sqlite

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fromTheLog are the tables that `globalmart stream rebuild` makes anew. A new table
// is in this list or in notFromTheLog: whoever adds one says what becomes of it.
var fromTheLog = []string{
	"task", "input_offset", "ledger", "dead_letter", "snapshot", "snapshot_state", "snapshot_segment",
	"sales_minute_country", "sales_minute_category", "sales_hour", "product", "customer",
	"stock", "session", "cart", "cart_order", "finding", "baseline", "open_state",
}

func migrated(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if _, err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func execFile(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := connect(path, writing)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func texts(t *testing.T, path, query string) (found []string) {
	t.Helper()
	db := connect(path, reading)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	err = each(rows, func(rows *sql.Rows) error {
		var v string
		err := rows.Scan(&v)
		found = append(found, v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryTableIsMadeFromTheLogOrCarried(t *testing.T) {
	path := migrated(t, "store.db")
	have := texts(t, path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name")
	want := slices.Sorted(slices.Values(slices.Concat(fromTheLog, notFromTheLog)))
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("tables (-named +there):\n%s", diff)
	}
}

func TestWhatIsNotMadeFromTheLogIsCarried(t *testing.T) {
	from, to := migrated(t, "old.db"), migrated(t, "new.db")
	execFile(t, from,
		`INSERT INTO alert VALUES ('a1', 'stock', 'p1', 'low', 1, 2, 0, 3, 4, 'few are left')`,
		`INSERT INTO alert_notice (seq, at, step, alert_id, kind, subject, level, opened_at, changed_at, closed_at, value, threshold, text)
		 VALUES (7, 1, 'opened', 'a1', 'stock', 'p1', 'low', 1, 2, 0, 3, 4, 'few are left')`,
		`INSERT INTO alert_delivery VALUES ('hook', 7, 1, 5, 5, 0, '')`)
	if err := Carry(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	got := texts(t, to, `SELECT a.text || ' ' || n.step || ' ' || d.receiver FROM alert a JOIN alert_notice n USING (alert_id) JOIN alert_delivery d USING (seq)`)
	if diff := cmp.Diff([]string{"few are left opened hook"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnOlderStoreIsCarriedAsFarAsItGoes(t *testing.T) {
	from, to := migrated(t, "old.db"), migrated(t, "new.db")
	execFile(t, from, "DROP TABLE alert_delivery", "DROP TABLE demand", `INSERT INTO alert VALUES ('a1', 'stock', 'p1', 'low', 1, 2, 0, 3, 4, 'x')`)
	if err := Carry(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, to, "SELECT alert_id FROM alert"); len(got) != 1 {
		t.Errorf("alerts %q, want one", got)
	}
}

func TestASettledStoreIsOneFile(t *testing.T) {
	path := migrated(t, "store.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Settle(t.Context(), path); !errors.Is(err, ErrInUse) {
		t.Errorf("while it is open: %v, want %v", err, ErrInUse)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Settle(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + more); err == nil {
			t.Errorf("%s is there", path+more)
		}
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("not a database, and long enough to tell"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Settle(t.Context(), path); err == nil || errors.Is(err, ErrInUse) {
		t.Errorf("of something else: %v", err)
	}
}
