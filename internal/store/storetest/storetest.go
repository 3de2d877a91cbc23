// Package storetest holds every promise that a store makes to those who use it,
// as tests that each adapter runs. A promise that is not here is not one.
package storetest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Store is all that a store has to be.
type Store interface {
	engine.Ledger[*store.Changes]
	Shoppers

	// SalesWindows returns the windows of q that have sales or refunds, newest
	// first. It fails for what is not kept: days, and minutes by country and
	// category.
	SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error)
	// SalesTotals returns the sums over [from, to), which are on minutes; to 0 is
	// no end. It is exact to the minute as long as the minutes at both ends are
	// kept. Otherwise, and with both country and category, only the hours count
	// that lie wholly within.
	SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error)
	// SalesSplit returns the sums of the hours of q by country or by category, in
	// the order of their names. It fails for any other split.
	SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error)
	// Countries and Categories list those with sales or refunds, sorted.
	Countries(ctx context.Context) ([]string, error)
	Categories(ctx context.Context) ([]string, error)
	// Products returns those of ids that are known.
	Products(ctx context.Context, ids []string) (map[string]store.Product, error)
	// Product and Customer return the latest value, or store.ErrNotFound.
	Product(ctx context.Context, id string) (store.Product, error)
	Customer(ctx context.Context, id string) (store.Customer, error)
	// AsOf tells how fresh the tables are.
	AsOf(ctx context.Context) (store.AsOf, error)
	// PruneMinutes deletes the minutes that start before before and returns how
	// many rows went.
	PruneMinutes(ctx context.Context, before event.Time) (int64, error)
	// FoldLedger folds the audit rows of minutes that end by before into one for
	// each topic-partition and returns how many rows went. What the rows say
	// together stays the same.
	FoldLedger(ctx context.Context, before event.Time) (int64, error)
	// DeadLetterList returns the dead letters of q, those of the newest records first.
	DeadLetterList(ctx context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error)
	// DeadLetter returns the dead letter of a record, or store.ErrNotFound.
	DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error)
	// DeadLetterCounts returns how many there are by topic and reason, in that order.
	DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error)
	// DeadLetterHours returns how many records that came at or after since were refused,
	// by hour and reason, in that order.
	DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error)
	// View opens a view of what is committed now.
	View(ctx context.Context) (store.View, error)
	// Close releases the store. Closing again does nothing.
	Close() error
}

// Damageable is a store whose rows a test can damage behind its back.
type Damageable interface {
	Store
	// DamageSnapshot makes the row of one generation unreadable.
	DamageSnapshot(ctx context.Context, task store.TaskID, generation int64) error
}

// Open returns a new, empty store whose commits are dated by now, and cleans it
// up after the test.
type Open func(t *testing.T, now func() time.Time) Damageable

// Run tests what open returns.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]map[string]func(*fixture){
		"claim":        claimTests,
		"commit":       commitTests,
		"ledger":       ledgerTests,
		"latest":       latestTests,
		"dead letters": deadLetterTests,
		"snapshots":    snapshotTests,
		"sales":        salesTests,
		"rows":         rowTests,
		"stock":        stockTests,
		"sessions":     sessionTests,
		"carts":        cartTests,
		"findings":     findingTests,
		"view":         viewTests,
		"concurrency":  concurrencyTests,
	} {
		t.Run(name, func(t *testing.T) {
			for _, promise := range slices.Sorted(maps.Keys(test)) {
				t.Run(promise, func(t *testing.T) { test[promise](newFixture(t, open)) })
			}
		})
	}
	t.Run("any split of changes into tasks and commits gives equal tables", func(t *testing.T) { splitProperty(t, open) })
}

// fixture is a store under test. Its methods fail the test on errors.
type fixture struct {
	*testing.T
	Damageable
	clock *clock
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 10, 0, 30, 0, time.UTC)}
	return &fixture{t, open(t, c.Now), c}
}

// clock is the clock of a store under test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type commit = store.Commit[*store.Changes]

// shopping returns a task of the shopping family.
func shopping(partition int32) store.TaskID {
	return store.TaskID{Family: store.Shopping, Partition: partition}
}

func (f *fixture) claim(task store.TaskID) store.Claim {
	f.Helper()
	c, err := f.Claim(f.Context(), task, "owner")
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// commit commits batch and expects that nobody is fenced.
func (f *fixture) commit(batch ...commit) {
	f.Helper()
	fenced, err := f.Commit(f.Context(), batch)
	if err != nil {
		f.Fatal(err)
	}
	if len(fenced) > 0 {
		f.Fatalf("fenced: %v", fenced)
	}
}

func (f *fixture) positions(task store.TaskID) (int64, map[string]store.Position) {
	f.Helper()
	epoch, positions, err := f.Positions(f.Context(), task)
	if err != nil {
		f.Fatal(err)
	}
	return epoch, positions
}

// with opens a view for the time of use.
func (f *fixture) with(use func(store.View)) {
	f.Helper()
	v, err := f.View(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	use(v)
	if err := v.Close(); err != nil {
		f.Fatal(err)
	}
}

// ledger returns the audit rows.
func (f *fixture) ledger() (rows []store.LedgerRow) {
	f.Helper()
	f.with(func(v store.View) {
		for row, err := range v.Ledger(f.Context()) {
			f.check(err)
			rows = append(rows, row)
		}
	})
	return rows
}

// sales returns what a table holds, summed by key.
func (f *fixture) sales(table store.SalesTable) map[store.SalesKey]store.Sales {
	f.Helper()
	sums := map[store.SalesKey]store.Sales{}
	f.with(func(v store.View) {
		for row, err := range v.Sales(f.Context(), table) {
			f.check(err)
			sum := sums[row.Key]
			sum.Add(&row.Sales)
			sums[row.Key] = sum
		}
	})
	return sums
}

func (f *fixture) check(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// equal compares. It does not tell nil from empty.
func (f *fixture) equal(want, got any) {
	f.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), longBytes); diff != "" {
		f.Errorf("(-want +got)\n%s", diff)
	}
}

// longBytes compares bytes as a whole: one by one is slow.
var longBytes = cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 }, cmp.Comparer(bytes.Equal))

// span covers records [from, to) of the transactions, all of them applied.
func span(from, to int64) store.Span {
	return store.Span{
		Topic: event.TopicTransactions, From: from,
		To:     store.Position{Next: to, LastHash: uint64(to) << 40, LastTime: event.Time(to)},
		Counts: store.Counts{Applied: to - from},
	}
}

// orders is a set of changes that says n orders in the minute and hour at start.
func orders(start event.Time, country string, n int64) *store.Changes {
	c := store.NewChanges()
	s := store.Sales{Orders: n, Units: 2 * n, RevenueMinor: event.Minor(1000 * n)}
	byCountry, hour, byCategory := s, s, s
	const minute, perHour = 60_000, 3_600_000
	m, h := start-start%minute, start-start%perHour
	c.MinuteByCountry[store.SalesKey{Start: m, Country: country}] = &byCountry
	c.MinuteByCategory[store.SalesKey{Start: m, Category: "Books"}] = &byCategory
	c.Hour[store.SalesKey{Start: h, Country: country}] = &hour
	split := s
	c.Hour[store.SalesKey{Start: h, Country: country, Category: "Books"}] = &split
	return c
}

// noon is a time in the middle of the tests.
var noon = event.TimeOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
