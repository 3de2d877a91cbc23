package e2e_test

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/store/postgres"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// aggregates are what live tables come to, however their tasks have shared the work.
type aggregates struct {
	Sales    map[store.SalesTable]map[store.SalesKey]store.Sales
	Stock    map[string]store.Stock
	Carts    map[store.CartKey]store.Cart
	Orders   map[store.CartOrderKey]store.CartOrder
	Findings map[store.FindingKey]store.Finding // of velocity: a partition learns by itself what is a usual order
	Sessions map[store.SessionKey]store.Session // of the first day, as the carts
	Dead     map[string]int                     // dead letters by reason
	Counts   store.Counts
}

// TestTheProfilesComeToTheSame: the same seed through the embedded profile, one worker on
// four partitions into SQLite, and through Apache Kafka, two workers on twelve into
// PostgreSQL.
func TestTheProfilesComeToTheSame(t *testing.T) {
	t.Parallel()
	tables, dir := testenv.Postgres(t), t.TempDir()
	here, there := []string{"--data", dir}, []string{"--kafka", testenv.Kafka(t).Brokers[0]}

	broker := process.Start(t, nil, "broker", "--data", dir, "--kafka-listen", "127.0.0.1:0")
	broker.Await("broker on ")
	worker := startStream(t, dir, nil)
	eightHours(t, here, worker)

	ask[any](t, slices.Concat([]string{"topics", "create", "--replication", "1"}, there)...)
	way := append(there, "--store", tables)
	first, second := startStream(t, dir, way), startStream(t, dir, way)
	eightHours(t, there, first, second)

	lite, err := sqlite.Open(t.Context(), filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	pg, err := postgres.Open(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	var want, got aggregates
	// What is open of the day is stored at a tick of the clock that the later days moved.
	for late := time.Now().Add(process.Patience); ; time.Sleep(time.Second) {
		if want, got = aggregatesOf(t, lite.View), aggregatesOf(t, pg.View); cmp.Equal(want, got) || time.Now().After(late) {
			break
		}
	}
	for _, p := range []*process.Process{worker, first, second, broker} {
		p.StopCleanly()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-embedded +cluster:\n%s", diff)
	}
	for what, n := range map[string]int{
		"records applied": int(want.Counts.Applied), "duplicates": int(want.Counts.Duplicate), "dead letters": len(want.Dead), "products": len(want.Stock),
		"carts": len(want.Carts), "orders of carts": len(want.Orders), "sessions": len(want.Sessions), "findings": len(want.Findings),
	} {
		if n == 0 {
			t.Errorf("there were no %s to compare", what)
		}
	}
}

// firstDay is the day of the events that are compared in full.
var firstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// eightHours sends eight hours of the first day, which workers read to the end. Then a few
// events of later days follow, twice: their clocks go on with what they read, and so they
// store what of that day is still open.
//
// The day comes in parts that are shorter than the gap after which a session is over: of a
// shop that is this slow, a worker that is behind has hours of one topic before the next
// one's first record comes, and where a session ends would be the fetches' doing.
func eightHours(t *testing.T, way []string, workers ...*process.Process) {
	t.Helper()
	const parts, length = 20, 25 * time.Minute
	for i := range parts {
		send(t, way, firstDay.Add(time.Duration(i)*length), int(length.Seconds()), i, workers)
	}
	for _, day := range []int{2, 4} {
		send(t, way, firstDay.AddDate(0, 0, day), 3000, parts+day, workers)
	}
}

// send sends events from a time on, one a second, and waits until they are read.
func send(t *testing.T, way []string, start time.Time, count, seed int, workers []*process.Process) {
	t.Helper()
	args := []string{"generate", "--start", start.Format(time.RFC3339), "--count", strconv.Itoa(count), "--rate", "1", "--seed", strconv.Itoa(seed), "--anomalies", "0.05"}
	process.Start(t, nil, slices.Concat(args, badEvents, way)...).Succeed()
	sent := records(t, way)
	process.Eventually(t, "all is read", func() bool {
		var read int64
		for _, w := range workers {
			read += dispositions(t, w)
		}
		return read >= sent
	})
}

// aggregatesOf reads one state of live tables.
func aggregatesOf(t *testing.T, open func(context.Context) (store.View, error)) aggregates {
	t.Helper()
	rest := event.TimeOf(firstDay.AddDate(0, 0, 1))
	v, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	a := aggregates{
		Sales: map[store.SalesTable]map[store.SalesKey]store.Sales{}, Stock: map[string]store.Stock{},
		Carts: map[store.CartKey]store.Cart{}, Orders: map[store.CartOrderKey]store.CartOrder{},
		Findings: map[store.FindingKey]store.Finding{}, Sessions: map[store.SessionKey]store.Session{}, Dead: map[string]int{},
	}
	for _, table := range store.SalesTables {
		sums := map[store.SalesKey]store.Sales{}
		for row := range rows(t, v.Sales(t.Context(), table)) {
			sum := sums[row.Key]
			sum.Add(&row.Sales)
			sums[row.Key] = sum
		}
		a.Sales[table] = sums
	}
	for row := range rows(t, v.Stock(t.Context())) {
		a.Stock[row.ProductID] = row.Stock
	}
	for row := range rows(t, v.Carts(t.Context())) {
		if row.Cart.LastAt < rest {
			a.Carts[row.Key] = row.Cart
		}
	}
	for row := range rows(t, v.CartOrders(t.Context())) {
		a.Orders[row.Key] = row.Order
	}
	for row := range rows(t, v.Findings(t.Context())) {
		if row.Key.Rule == store.Velocity {
			a.Findings[row.Key] = row.Finding
		}
	}
	for row := range rows(t, v.Sessions(t.Context())) {
		if row.Session.End < rest {
			a.Sessions[row.Key] = row.Session
		}
	}
	for row := range rows(t, v.DeadLetters(t.Context())) {
		a.Dead[string(row.Reason)]++
	}
	for row := range rows(t, v.Ledger(t.Context())) {
		a.Counts.Add(row.Counts)
	}
	return a
}

// rows are those of a table, which must be readable.
func rows[T any](t *testing.T, table iter.Seq2[T, error]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for row, err := range table {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(row) {
				return
			}
		}
	}
}
