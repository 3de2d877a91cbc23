package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-sqlite3"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func opened(t *testing.T) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
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

// pragma sets or reads a setting of the writer.
func (s *Store) pragma(t *testing.T, text string) string {
	t.Helper()
	var value sql.NullString
	err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+text).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return value.String
}

// TestASettingWaitsForALock also where SQLite asks nobody whether to wait.
func TestASettingWaitsForALock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	connections := make([]*sqlite3.SQLiteConn, 2)
	for i := range connections {
		conn, err := (&sqlite3.SQLiteDriver{}).Open("file:" + path + "?_busy_timeout=0")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		connections[i] = conn.(*sqlite3.SQLiteConn)
	}
	holder, waiting := connections[0], connections[1]
	if _, err := holder.Exec("BEGIN EXCLUSIVE", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := waiting.Exec("PRAGMA journal_mode = WAL", nil); !busy(err) {
		t.Fatalf("SQLite says %v, want that it is busy", err)
	}
	set := make(chan error, 1)
	go func() { set <- setPatiently(waiting, "PRAGMA journal_mode = WAL") }()
	time.Sleep(4 * lockPause) // it has met the lock by then, or there is nothing to wait for
	if _, err := holder.Exec("COMMIT", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-set; err != nil {
		t.Error(err)
	}
}

func TestTheWriterIsDurable(t *testing.T) {
	s := opened(t)
	got := map[string]string{}
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "page_size": "16384", "wal_autocheckpoint": "4000",
		"foreign_keys": "1", "busy_timeout": "5000",
	}
	for name := range want {
		got[name] = s.pragma(t, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pragmas (-want +got)\n%s", diff)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := opened(t)
	for _, pool := range []*sql.DB{s.readers, s.views} {
		if _, err := pool.ExecContext(t.Context(), "DELETE FROM task"); err == nil {
			t.Error("no error")
		}
	}
}

// TestEveryQueryIsValid prepares every file in query, with one row and, where
// there is a list of values, with more, against the current schema.
func TestEveryQueryIsValid(t *testing.T) {
	s := opened(t)
	files, err := fs.Glob(os.DirFS("."), "query/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var source []byte
	sources, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), "-- ") {
				t.Error("no comment at the top")
			}
			if !strings.Contains(string(source), "go:embed "+file+"\n") {
				t.Error("not embedded")
			}
			for rows := 1; rows <= batches[0]; rows += 49 {
				if rows > 1 && !valuesRow().Match(text) {
					break
				}
				stmt, err := s.writer.conn.PrepareContext(t.Context(), repeatRow(string(text), rows))
				if err != nil {
					t.Fatalf("%d rows: %v", rows, err)
				}
				defer stmt.Close()
			}
		})
	}
}

// TestQuestionsUseAnIndex reads the plans of what is asked often or of much.
func TestQuestionsUseAnIndex(t *testing.T) {
	s := opened(t)
	for name, text := range map[string]string{
		"minutes by country": getMinutesByCountry, "minutes by category": getMinutesByCategory, "hours": getHours,
		"totals by country": getTotalsByCountry, "totals by category": getTotalsByCategory, "totals of hours": getTotalsOfHours,
		"categories": listCategories, "outbox": getOutbox, "segment": getSegment, "positions": getPositions,
		"products": getProducts, "move positions": movePositions, "mark sent": markSent,
		"stocks": getStocks, "list stock": listStock, "list sessions": listSessions, "session totals": getSessionTotals,
		"list carts": listCarts, "cart totals": getCartTotals, "carts at risk": getCartsAtRisk, "mark ordered": markOrdered, "put cart": putCart,
		"delete session": deleteSession, "list findings": listFindings, "list findings of a visitor": listFindingsOfVisitor,
		"findings since": findFindings, "prune sessions": pruneSessions, "prune carts": pruneCarts, "prune cart orders": pruneCartOrders,
		"prune findings": pruneFindings,
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := s.writer.conn.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, 20)...)
			if err != nil {
				t.Fatal(err)
			}
			err = each(rows, func(rows *sql.Rows) error {
				var id, parent, unused int
				var detail string
				err := rows.Scan(&id, &parent, &unused, &detail)
				for _, table := range []string{"sales_", "dead_letter", "snapshot", "input_offset", "product", "stock", "s ", "session", "cart", "o ", "finding"} {
					if strings.HasPrefix(detail+" ", "SCAN "+table) || strings.Contains(detail, "TEMP B-TREE FOR GROUP") || strings.HasSuffix(detail, "TEMP B-TREE FOR ORDER BY") {
						t.Error(detail)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRepeatRow(t *testing.T) {
	got := repeatRow("INSERT INTO t (a, b)\nVALUES (?, 0, ?)\nON CONFLICT (a) DO NOTHING;", 3)
	want := "INSERT INTO t (a, b)\nVALUES (?, 0, ?), (?, 0, ?), (?, 0, ?)\nON CONFLICT (a) DO NOTHING;"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAFailedCommitMeans(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want error // nil: permanent
	}{
		"busy":       {sqlite3.Error{Code: sqlite3.ErrBusy}, store.ErrUnavailable},
		"full":       {sqlite3.Error{Code: sqlite3.ErrFull}, store.ErrUnavailable},
		"disk":       {sqlite3.Error{Code: sqlite3.ErrIoErr}, store.ErrOutcomeUnknown},
		"anything":   {errors.New("else"), store.ErrOutcomeUnknown},
		"constraint": {sqlite3.Error{Code: sqlite3.ErrConstraint}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := commitError(fmt.Errorf("wrapped: %w", test.err))
			for _, one := range []error{store.ErrUnavailable, store.ErrOutcomeUnknown} {
				if got, want := errors.Is(err, one), errors.Is(test.want, one); got != want {
					t.Errorf("%v is %v: %t, want %t", err, one, got, want)
				}
			}
		})
	}
}

var task = store.TaskID{Family: store.Shopping, Partition: 1}

// next is a commit of one record and many rows.
func next(epoch, from int64) []store.Commit[*store.Changes] {
	c := store.NewChanges()
	for i := range event.Time(2000) {
		c.MinuteByCountry[store.SalesKey{Start: i * 60_000, Country: "DE"}] = &store.Sales{Orders: 1}
	}
	return []store.Commit[*store.Changes]{{
		Task: task, Epoch: epoch, Changes: c,
		Spans: []store.Span{{Topic: event.TopicTransactions, From: from, To: store.Position{Next: from + 1}}},
	}}
}

func claimed(t *testing.T, s *Store) int64 {
	t.Helper()
	c, err := s.Claim(t.Context(), task, "owner")
	if err != nil {
		t.Fatal(err)
	}
	return c.Epoch
}

func TestAFullDiskIsUnavailableUntilThereIsSpace(t *testing.T) {
	s := opened(t)
	epoch := claimed(t, s)
	s.pragma(t, "max_page_count = "+s.pragma(t, "page_count"))
	_, err := s.Commit(t.Context(), next(epoch, 0))
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("error %v, want %v and what to do", err, store.ErrUnavailable)
	}
	if _, positions, err := s.Positions(t.Context(), task); err != nil || len(positions) > 0 {
		t.Errorf("positions %v, error %v after a commit that failed", positions, err)
	}
	s.pragma(t, "max_page_count = 1000000")
	if _, err := s.Commit(t.Context(), next(epoch, 0)); err != nil {
		t.Error(err)
	}
}

func TestAnotherProcessThatHoldsTheLockIsUnavailable(t *testing.T) {
	s := opened(t)
	epoch := claimed(t, s)
	s.pragma(t, "busy_timeout = 20")
	other := sql.OpenDB(newConnector(s.pathOf(t), "mode=rw&_txlock=immediate", common))
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), next(epoch, 0)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, store.ErrUnavailable)
	}
	if _, _, err := s.Positions(t.Context(), task); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("positions that another may be moving: error %v, want %v", err, store.ErrUnavailable)
	}
	if _, err := s.AsOf(t.Context()); err != nil {
		t.Errorf("a reader is kept waiting: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), next(epoch, 0)); err != nil {
		t.Error(err)
	}
}

func (s *Store) pathOf(t *testing.T) string {
	t.Helper()
	var seq int
	var name, path string
	if err := s.readers.QueryRowContext(t.Context(), "PRAGMA database_list").Scan(&seq, &name, &path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAConstraintIsPermanentAndRollsBack(t *testing.T) {
	s := opened(t)
	epoch := claimed(t, s)
	batch := next(epoch, 0)
	batch[0].Spans[0].To.Next = -1
	_, err := s.Commit(t.Context(), batch)
	if err == nil || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrOutcomeUnknown) || errors.Is(err, store.ErrConflict) {
		t.Errorf("error %v, want a permanent one", err)
	}
	if rows, err := s.SalesWindows(t.Context(), store.SalesQuery{Granularity: store.Minute}); err != nil || len(rows) > 0 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	if _, err := s.Commit(t.Context(), next(epoch, 0)); err != nil {
		t.Error(err)
	}
}

// TestADamagedLedgerIsAConflict moves a ledger row past the store.
func TestADamagedLedgerIsAConflict(t *testing.T) {
	s := opened(t)
	epoch := claimed(t, s)
	s.now = func() time.Time { return time.Unix(1e9, 0) } // one minute, one row
	for from, want := range []error{nil, nil, store.ErrConflict} {
		if from == 2 {
			if _, err := s.writer.conn.ExecContext(t.Context(), "UPDATE ledger SET to_offset = 99"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Commit(t.Context(), next(epoch, int64(from))); !errors.Is(err, want) {
			t.Errorf("commit %d: error %v, want %v", from, err, want)
		}
	}
}

// TestALedgerWithAGapIsNotFolded keeps the evidence of damage.
func TestALedgerWithAGapIsNotFolded(t *testing.T) {
	for name, damage := range map[string]string{
		"a gap":        "UPDATE ledger SET from_offset = from_offset + 1 WHERE from_offset = 1",
		"an overlap":   "UPDATE ledger SET from_offset = from_offset - 1 WHERE from_offset = 1",
		"an empty row": "UPDATE ledger SET to_offset = from_offset WHERE from_offset = 1",
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)
			epoch := claimed(t, s)
			for from := range int64(3) {
				s.now = func() time.Time { return time.Unix(1e9+60*from, 0) }
				if _, err := s.Commit(t.Context(), next(epoch, from)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.writer.conn.ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			if n, err := s.FoldLedger(t.Context(), event.Time(2e12)); n != 0 || err != nil {
				t.Errorf("%d rows were folded, error %v", n, err)
			}
		})
	}
}
