package lake_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
)

// start is when the tests' records arrive.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// mustCalendar is the calendar of a shop whose days are not those of UTC.
func mustCalendar() rules.Calendar {
	c, err := rules.NewCalendar("America/New_York")
	if err != nil {
		panic(err)
	}
	return c
}

func config(dir string) lake.Config {
	return lake.Config{Dir: dir, Calendar: mustCalendar()}
}

func open(t testing.TB, cfg lake.Config) *lake.Writer {
	t.Helper()
	w, err := lake.Open(cfg, start)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// order is a completed order with three lines of two products, worth 100.00.
func order(n int) event.Event {
	return event.Event{
		ID: fmt.Sprintf("e-%d", n), Type: event.TypeTransaction, SchemaVersion: "1.0", Source: "test",
		Timestamp: event.TimeOf(start), ReceivedAt: event.TimeOf(start), VisitorID: fmt.Sprintf("v-%d", n%7), UserID: "u-1", Country: "DE", Device: "mobile",
		TransactionID: fmt.Sprintf("t-%d", n), Status: event.StatusCompleted, Currency: "USD", PaymentMethod: "card",
		Items: []event.Item{
			{ProductID: "A", Category: "Toys", Quantity: 2, UnitPriceMinor: 2000, AmountMinor: 4000, BaseAmountMinor: 4000},
			{ProductID: "B", Category: "Books", Quantity: 1, UnitPriceMinor: 5000, AmountMinor: 5000, BaseAmountMinor: 5000},
			{ProductID: "A", Category: "Toys", Quantity: 1, UnitPriceMinor: 1000, AmountMinor: 1000, BaseAmountMinor: 1000},
		},
		SubtotalMinor: 10000, TaxMinor: 500, TotalMinor: 10500, BaseTotalMinor: 10500,
	}
}

// catalogue are one event each of the topics that are not about a visit.
func catalogue() []event.Event {
	at := event.TimeOf(start)
	fact := func(t event.Type) event.Event {
		return event.Event{ID: "e-" + string(t), Type: t, SchemaVersion: "1.0", Timestamp: at, ReceivedAt: at}
	}
	stock, product, customer := fact(event.TypeInventoryUpdate), fact(event.TypeProduct), fact(event.TypeCustomer)
	stock.ProductID, stock.Delta, stock.StockReason = "A", 120, event.StockRestock
	product.ProductID, product.Name, product.Category, product.PriceMinor, product.Active = "A", "Kite", "Toys", 2000, true
	customer.UserID, customer.Country, customer.RegisteredAt, customer.Preferences = "u-1", "DE", at, []string{"Toys", "Books"}
	return []event.Event{stock, product, customer}
}

// recordOf is e as the log carries it.
func recordOf(e event.Event, partition int32, offset int64) *kgo.Record {
	return &kgo.Record{
		Topic: e.Type.Topic(), Partition: partition, Offset: offset, Key: []byte(e.Key()),
		Value: e.AppendJSON(nil), Timestamp: e.ReceivedAt.Std(),
	}
}

// orders are n orders from offset first on.
func orders(partition int32, first, n int) []*kgo.Record {
	var all []*kgo.Record
	for i := range n {
		all = append(all, recordOf(order(first+i), partition, int64(first+i)))
	}
	return all
}

func add(t testing.TB, w *lake.Writer, records ...*kgo.Record) {
	t.Helper()
	for _, r := range records {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
}

func closeLake(t testing.TB, w *lake.Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// flush finishes a file.
func flush(t testing.TB, w *lake.Writer) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// written is a lake with one file of n orders.
func written(t testing.TB, n int) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	w := open(t, config(dir))
	add(t, w, orders(0, 0, n)...)
	closeLake(t, w)
	return dir, only(t, dir)
}

// only is the only file of a lake.
func only(t testing.TB, dir string) string {
	t.Helper()
	paths := files(t, dir)
	if len(paths) != 1 {
		t.Fatalf("found files %v, want one", paths)
	}
	return paths[0]
}

// files are the Parquet files of a lake.
func files(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "raw", "*", "date=*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// leftovers are the temporary files of a lake.
func leftovers(t testing.TB, dir string) []string {
	t.Helper()
	l, err := lake.List(dir, lake.SourceRaw)
	if err != nil {
		t.Fatal(err)
	}
	return l.Temps
}

// read returns every record of a partition.
func read(t testing.TB, dir, source string, at lake.Place) []*kgo.Record {
	t.Helper()
	l, err := lake.List(dir, source)
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := l.Bounds(at)
	if err != nil {
		t.Fatal(err)
	}
	var all []*kgo.Record
	if err := l.Scan(t.Context(), at, from, to, func(r *kgo.Record) error {
		all = append(all, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// sameRecords compares what the lake must keep of records.
func sameRecords(t errorer, want, got []*kgo.Record) {
	t.Helper()
	if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
		t.Errorf("the records differ (-want +got):\n%s", diff)
	}
}

type plainRecord struct {
	Topic      string
	Partition  int32
	Offset     int64
	Time       int64
	Key, Value string
	NoKey      bool
	NoValue    bool
	Headers    []kgo.RecordHeader
}

func plain(records []*kgo.Record) []plainRecord {
	all := []plainRecord{}
	for _, r := range records {
		p := plainRecord{r.Topic, r.Partition, r.Offset, r.Timestamp.UnixMilli(), string(r.Key), string(r.Value), r.Key == nil, r.Value == nil, nil}
		if len(r.Headers) > 0 {
			p.Headers = r.Headers
		}
		all = append(all, p)
	}
	return all
}

func check(t testing.TB, dir, source string, deep bool) lake.Report {
	t.Helper()
	r, err := lake.Check(context.Background(), dir, source, lake.CheckOptions{Deep: deep})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sound fails unless a deep check finds nothing.
func sound(t testing.TB, dir, source string) lake.Report {
	t.Helper()
	r := check(t, dir, source, true)
	for _, p := range r.Problems {
		t.Errorf("problem: %v", p)
	}
	return r
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustWrite(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
