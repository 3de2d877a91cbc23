package mart_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"globalmart/internal/duckdb"
	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// sales are the events of a shop until the 11th of March and, on the days after the first, of one day
// more: orders of known customers, each with two lines, with views before them.
func sales(day int) []event.Event {
	from, to := 11+day, 11+day
	if day == 0 {
		from = 1
	}
	var all []event.Event
	for d := from; d <= to; d++ {
		at := event.TimeOf(time.Date(2026, 3, d, 17, 0, 0, 0, time.UTC))
		for customer := range 1 + d%7 {
			all = append(all, visit(at, d, customer)...)
		}
	}
	return all
}

func visit(at event.Time, day, customer int) []event.Event {
	e := event.Event{
		ID: fmt.Sprintf("e-%d-%d", day, customer), SchemaVersion: "1.0", Source: "test", Timestamp: at, ReceivedAt: at,
		VisitorID: fmt.Sprintf("v-%d", customer), UserID: fmt.Sprintf("u-%d", customer), Country: []string{"DE", "FR"}[customer%2], Device: "mobile",
	}
	view := e
	view.ID += "-view"
	view.Type, view.ProductID, view.Category, view.UnitPriceMinor = event.TypeProductView, "P0", "Toys", 100
	e.Type, e.TransactionID, e.Currency, e.PaymentMethod, e.Status = event.TypeTransaction, "t-"+e.ID, "USD", "card", event.StatusCompleted
	for i, category := range []string{"Toys", "Books"} {
		amount := event.Minor(100 * (1 + day + customer + i))
		e.Items = append(e.Items, event.Item{ProductID: fmt.Sprintf("P%d", i*(1+customer%3)), Category: category, Quantity: 1, UnitPriceMinor: amount, AmountMinor: amount, BaseAmountMinor: amount})
		e.SubtotalMinor += amount
	}
	e.TotalMinor, e.BaseTotalMinor = e.SubtotalMinor, e.SubtotalMinor
	return []event.Event{view, e}
}

// writer writes warehouses whose numbers all say which run they are of.
type writer struct {
	t   testing.TB
	dir string
	db  *duckdb.DB
}

func newWriter(t testing.TB) *writer {
	t.Helper()
	dir := t.TempDir()
	db, err := duckdb.Open(t.Context(), duckdb.Config{Dirs: []string{dir}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &writer{t, dir, db}
}

// run writes run n: each table has 2 to 4 rows, with n in every column that is not in a key.
func (w *writer) run(n int) *warehouse.Manifest { return w.sized(n, 2+n%3, 1) }

// sized writes a run of so many rows, of which one in so many is not as in other runs.
func (w *writer) sized(n, rows, changed int) *warehouse.Manifest {
	w.t.Helper()
	m := &warehouse.Manifest{
		Format: warehouse.FormatVersion, Run: fmt.Sprintf("run-%04d", n), AsOf: "2026-01-05", Created: time.Date(2026, 1, 5, 0, n, 0, 0, time.UTC),
		Engine: "a test", Tables: map[string]warehouse.Table{},
	}
	made := map[string]bool{}
	for _, table := range tables(w.t) {
		made[table.From] = true
	}
	for _, s := range shapes() {
		if !made[s.Name] {
			continue
		}
		f := warehouse.File{Path: fmt.Sprintf("tables/%s/%s.parquet", s.Name, m.Run), Rows: int64(rows)}
		path := filepath.Join(w.dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			w.t.Fatal(err)
		}
		query := fmt.Sprintf("select %s from (select i, case when i %% %d = 0 then %d else 0 end as n from range(%d) r(i))", values(s), changed, n, rows)
		if _, err := w.db.ExecContext(w.t.Context(), "copy ("+query+") to "+duckdb.Quote(path)+" (format parquet)"); err != nil {
			w.t.Fatal(err)
		}
		m.Tables[s.Name] = warehouse.Table{AsOf: m.AsOf, Definition: "d", Files: []warehouse.File{f}}
	}
	return m
}

// values are columns of row i of run n.
func values(s warehouse.Shape) string {
	var all []string
	for _, c := range s.Columns {
		value := "n"
		if strings.Contains(" "+strings.Join(s.Key, " ")+" ", " "+c.Name+" ") || len(c.Name) == 1 { // r, f and m are a key of the matrix
			value = "i"
		}
		if c.Name == "period" {
			value = "case when i = 1 then 30 else i end"
		}
		if c.Type == "date" || c.Type == "timestamp" {
			value = "date '2026-01-01' + cast(" + value + " as int)"
		}
		all = append(all, fmt.Sprintf("cast(%s as %s) as %s", value, c.Type, c.Name))
	}
	return strings.Join(all, ", ")
}
