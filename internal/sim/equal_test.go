package sim

import (
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/verify"
)

// TestMemoryKeepsWhatSQLiteKeeps makes every transaction of a simulation again on
// SQLite: each has to end the same way, and both stores have to hold the same in
// the end.
func TestMemoryKeepsWhatSQLiteKeeps(t *testing.T) {
	if !tagged || testing.Short() {
		t.Skip("needs -tags synctests, and simulates days")
	}
	p := drawPlan(1)
	for i := range p.shifts { // which only the memory can do
		p.shifts[i].steps = slices.DeleteFunc(p.shifts[i].steps, func(s step) bool { return s.what == damaged })
	}
	var (
		operations []operation
		mem        *memory
		dir        = logDir(t)
	)
	synctest.Test(t, func(t *testing.T) {
		record := func(o operation) { operations = append(operations, o) }
		w, err := newWorld(t.Context(), p, dir, &tally{}, slog.New(slog.DiscardHandler), record)
		defer w.close()
		if err = errors.Join(err, w.run()); err != nil {
			t.Fatal(err)
		}
		mem = w.server.memory
	})

	if len(operations) < 100 {
		t.Fatalf("only %d transactions", len(operations))
	}
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	var at time.Time
	s, err := sqlite.Open(t.Context(), path, sqlite.WithClock(func() time.Time { return at }))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, o := range operations {
		at = o.at
		result, err := o.again(t.Context(), s)
		if diff := cmp.Diff(o.result, result, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("transaction %d of %d (-memory +sqlite):\n%s", i, len(operations), diff)
		}
		for _, kind := range []error{store.ErrFenced, store.ErrConflict} {
			if errors.Is(o.err, kind) != errors.Is(err, kind) || (o.err == nil) != (err == nil) {
				t.Fatalf("transaction %d of %d: memory says %v, sqlite %v", i, len(operations), o.err, err)
			}
		}
	}
	if diff := cmp.Diff(holdings(t, mem), holdings(t, s), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("after %d transactions (-memory +sqlite):\n%s", len(operations), diff)
	}
}

// holding is everything that a store holds.
type holding struct {
	Tasks               []store.TaskRow
	Positions           []store.PositionRow
	Ledger              []store.LedgerRow
	DeadLetters, Unsent []store.DeadLetter
	Sales               map[store.SalesTable]map[store.SalesKey]store.Sales
	Products, Customers int64
	Stock               []store.StockRow
	Sessions            []store.SessionRow
	Carts               []store.CartRow
	CartOrders          []store.CartOrderRow
	Findings            []store.FindingRow
	Baselines           []store.BaselineRow
	Open                []store.OpenRow
	Snapshots           map[store.TaskID][]store.Snapshot
	Segments            map[string][]byte
}

type whole interface {
	ledger
	verify.Store
}

func holdings(t *testing.T, s whole) holding {
	t.Helper()
	ctx := t.Context()
	v := must(s.View(ctx))(t)
	defer v.Close()
	h := holding{
		Tasks: must(v.Tasks(ctx))(t), Positions: must(v.Positions(ctx))(t), Ledger: all(t, v.Ledger(ctx)),
		DeadLetters: all(t, v.DeadLetters(ctx)), Unsent: all(t, v.Unsent(ctx)), Sales: map[store.SalesTable]map[store.SalesKey]store.Sales{},
		Products: must(v.Products(ctx))(t), Customers: must(v.Customers(ctx))(t), Stock: all(t, v.Stock(ctx)),
		Sessions: all(t, v.Sessions(ctx)), Carts: all(t, v.Carts(ctx)), CartOrders: all(t, v.CartOrders(ctx)),
		Findings: all(t, v.Findings(ctx)), Baselines: all(t, v.Baselines(ctx)), Open: all(t, v.Open(ctx)),
		Snapshots: map[store.TaskID][]store.Snapshot{}, Segments: map[string][]byte{},
	}
	for _, name := range store.SalesTables {
		h.Sales[name] = map[store.SalesKey]store.Sales{}
		for _, row := range all(t, v.Sales(ctx, name)) { // whose parts are the store's own business
			sum := h.Sales[name][row.Key]
			sum.Add(&row.Sales)
			h.Sales[name][row.Key] = sum
		}
	}
	for _, task := range h.Tasks {
		h.Snapshots[task.Task] = must(s.Snapshots(ctx, task.Task))(t)
		for _, snap := range h.Snapshots[task.Task] {
			for _, name := range snap.Segments {
				h.Segments[task.Task.String()+"/"+name] = must(s.Segment(ctx, task.Task, name))(t)
			}
		}
	}
	return h
}

func all[T any](t *testing.T, rows iter.Seq2[T, error]) (kept []T) {
	t.Helper()
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, row)
	}
	return kept
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
