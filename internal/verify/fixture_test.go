package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/api"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/verify/model"
)

const (
	// noon is 2026-05-28 12:00:00 UTC.
	noon       event.Time = 1_779_969_600_000
	minuteMS   event.Time = 60_000
	hourMS                = 60 * minuteMS
	partitions            = 2
	apiKey                = "secret-of-the-test"
)

func testRules() rules.Rules {
	r := rules.Default()
	r.TimeZone = "Europe/London"
	r.Stream.Horizon, r.Stream.KeepMinutes = 2*time.Hour, 3*time.Hour
	return r
}

// memoryLog is a log in memory.
type memoryLog struct {
	records map[place][]*kgo.Record
	starts  map[place]int64
}

func (l *memoryLog) append(r *kgo.Record) {
	at := place{r.Topic, r.Partition}
	r.Offset = int64(len(l.records[at]))
	l.records[at] = append(l.records[at], r)
}

func (l *memoryLog) Bounds(_ context.Context, topics ...string) (starts, ends Offsets, err error) {
	starts, ends = Offsets{}, Offsets{}
	for _, topic := range topics {
		starts[topic], ends[topic] = map[int32]int64{}, map[int32]int64{}
		for at, records := range l.records {
			if at.topic != topic {
				continue
			}
			starts[topic][at.partition], ends[topic][at.partition] = l.starts[at], 0
			if n := len(records); n > 0 {
				ends[topic][at.partition] = records[n-1].Offset + 1
			}
		}
	}
	return starts, ends, nil
}

func (l *memoryLog) Scan(_ context.Context, from, to Offsets, fn func(*kgo.Record) error) error {
	for topic, ends := range to {
		for p, end := range ends {
			if from[topic][p] < l.starts[place{topic, p}] {
				return fmt.Errorf("%s[%d]: offset %d is below the start", topic, p, from[topic][p])
			}
			for _, r := range l.records[place{topic, p}] {
				if r.Offset < from[topic][p] || r.Offset >= end {
					continue
				}
				if err := fn(r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// memoryView is a copy of a store's view that tests damage.
type memoryView struct {
	tasks               []store.TaskRow
	positions           []store.PositionRow
	ledger              []store.LedgerRow
	dead, unsent        []store.DeadLetter
	sales               map[store.SalesTable][]store.SalesRow
	products, customers int64
	stock               []store.StockRow
	sessions            []store.SessionRow
	carts               []store.CartRow
	cartOrders          []store.CartOrderRow
	findings            []store.FindingRow
	baselines           []store.BaselineRow
	open                []store.OpenRow
}

func (v *memoryView) View(context.Context) (store.View, error) { return v, nil }

func (v *memoryView) Tasks(context.Context) ([]store.TaskRow, error)         { return v.tasks, nil }
func (v *memoryView) Positions(context.Context) ([]store.PositionRow, error) { return v.positions, nil }

func (v *memoryView) Ledger(context.Context) iter.Seq2[store.LedgerRow, error] {
	return each(v.ledger)
}

func (v *memoryView) DeadLetters(context.Context) iter.Seq2[store.DeadLetter, error] {
	return each(v.dead)
}

func (v *memoryView) Unsent(context.Context) iter.Seq2[store.DeadLetter, error] {
	return each(v.unsent)
}

func (v *memoryView) Sales(_ context.Context, t store.SalesTable) iter.Seq2[store.SalesRow, error] {
	return each(v.sales[t])
}

func (v *memoryView) Stock(context.Context) iter.Seq2[store.StockRow, error] { return each(v.stock) }

func (v *memoryView) Sessions(context.Context) iter.Seq2[store.SessionRow, error] {
	return each(v.sessions)
}
func (v *memoryView) Carts(context.Context) iter.Seq2[store.CartRow, error] { return each(v.carts) }

func (v *memoryView) CartOrders(context.Context) iter.Seq2[store.CartOrderRow, error] {
	return each(v.cartOrders)
}

func (v *memoryView) Findings(context.Context) iter.Seq2[store.FindingRow, error] {
	return each(v.findings)
}

func (v *memoryView) Baselines(context.Context) iter.Seq2[store.BaselineRow, error] {
	return each(v.baselines)
}
func (v *memoryView) Open(context.Context) iter.Seq2[store.OpenRow, error] { return each(v.open) }
func (v *memoryView) Products(context.Context) (int64, error)              { return v.products, nil }

func (v *memoryView) Customers(context.Context) (int64, error) { return v.customers, nil }
func (v *memoryView) Close() error                             { return nil }

func each[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (v *memoryView) clone() *memoryView {
	c := *v
	c.tasks, c.positions, c.ledger = slices.Clone(v.tasks), slices.Clone(v.positions), slices.Clone(v.ledger)
	c.dead, c.unsent, c.sales = slices.Clone(v.dead), slices.Clone(v.unsent), maps.Clone(v.sales)
	for t, rows := range c.sales {
		c.sales[t] = slices.Clone(rows)
	}
	c.stock, c.sessions, c.carts, c.cartOrders = slices.Clone(v.stock), slices.Clone(v.sessions), slices.Clone(v.carts), slices.Clone(v.cartOrders)
	c.findings, c.baselines, c.open = slices.Clone(v.findings), slices.Clone(v.baselines), slices.Clone(v.open)
	return &c
}

func (l *memoryLog) clone() *memoryLog {
	c := &memoryLog{maps.Clone(l.records), maps.Clone(l.starts)}
	for at, records := range c.records {
		c.records[at] = slices.Clone(records)
	}
	return c
}

// platform is a small shop that ran for a while: its log, its store, its API.
type platform struct {
	log  *memoryLog
	view *memoryView
	api  http.Handler
}

var (
	platformOnce sync.Once
	platformKept platform
)

// newPlatform returns a copy of the shop.
func newPlatform(t *testing.T) platform {
	t.Helper()
	platformOnce.Do(func() { platformKept = runShop(t) })
	if platformKept.view == nil {
		t.Fatal("the shop could not be run")
	}
	return platform{platformKept.log.clone(), platformKept.view.clone(), platformKept.api}
}

func (p platform) world() World {
	return World{
		Rules: testRules(), Store: p.view, Log: p.log, API: &API{Handler: p.api, Key: apiKey},
		Now: func() time.Time { return noon.Std() },
	}
}

// memorySales answers the API from the rows of a view.
type memorySales struct {
	view     *memoryView
	calendar rules.Calendar
}

func (m memorySales) SalesWindows(_ context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	sums := map[event.Time]store.Sales{}
	for _, row := range m.view.sales[store.HourBySplit] {
		if row.Key.Category != q.Category || q.Country != "" && row.Key.Country != q.Country || row.Key.Start < q.From || row.Key.Start >= q.To {
			continue
		}
		sum := sums[row.Key.Start]
		sum.Add(&row.Sales)
		sums[row.Key.Start] = sum
	}
	var out []store.SalesWindow
	starts := slices.Sorted(maps.Keys(sums))
	slices.Reverse(starts)
	for _, start := range starts[:min(q.Limit, len(starts))] {
		out = append(out, store.SalesWindow{Start: start, Sales: sums[start]})
	}
	return out, nil
}

func (m memorySales) SalesTotals(ctx context.Context, from, to event.Time, country, category string) (sum store.Sales, err error) {
	windows, err := m.SalesWindows(ctx, store.SalesQuery{From: from, To: to, Country: country, Category: category, Limit: 1 << 20})
	for _, w := range windows {
		sum.Add(&w.Sales)
	}
	return sum, err
}

func (m memorySales) SalesSplit(_ context.Context, q store.SplitQuery) ([]store.SalesPart, error) {
	sums := map[string]store.Sales{}
	for _, row := range m.view.sales[store.HourBySplit] {
		name, wanted := row.Key.Country, row.Key.Category == q.Category
		if q.By == store.ByCategory {
			name, wanted = row.Key.Category, row.Key.Category != "" && (q.Category == "" || row.Key.Category == q.Category)
		}
		if !wanted || q.Country != "" && row.Key.Country != q.Country || row.Key.Start < q.From || q.To != 0 && row.Key.Start >= q.To {
			continue
		}
		sum := sums[name]
		sum.Add(&row.Sales)
		sums[name] = sum
	}
	var parts []store.SalesPart
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		parts = append(parts, store.SalesPart{Name: name, Sales: sums[name]})
	}
	return parts, nil
}

func (m memorySales) AsOf(context.Context) (store.AsOf, error) { return store.AsOf{}, nil }

// newAPI returns the real API over sales.
func newAPI(t *testing.T, sales memorySales) http.Handler {
	t.Helper()
	ring := keys.NewRing(keys.Config{Now: time.Now})
	ring.Add("test", []keys.Scope{keys.Read}, apiKey)
	calendar := testRules().Calendar()
	h, err := api.New(api.Config{
		Version: "test", Rules: testRules(), Keys: ring, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return (noon + 40*hourMS).Std() },
	}, api.Deps{Sales: sales, Fresh: sales, Calendar: &calendar})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// shopStore is what running a shop needs of a store.
type shopStore interface {
	engine.Ledger[*store.Changes]
	View(ctx context.Context) (store.View, error)
	Close() error
}

// runShop runs a shop on a SQLite store.
func runShop(t *testing.T) platform {
	t.Helper()
	return runLog(t, shopLog())
}

// runLog does so with a log.
func runLog(t *testing.T, log *memoryLog) platform {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return runLogOn(t, s, log)
}

// runLogOn applies a log to a store, with the processors, and copies what the store
// then holds.
func runLogOn(t *testing.T, s shopStore, log *memoryLog) platform {
	t.Helper()
	for _, family := range store.Families {
		for p := range int32(partitions) {
			applyTask(t, s, log, store.TaskID{Family: family, Partition: p})
		}
	}
	v, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	view := copyView(t, v)
	return platform{log, view, newAPI(t, memorySales{view, testRules().Calendar()})}
}

// applyTask commits the records of a task in batches, under two owners, and
// relays its dead letters.
func applyTask(t *testing.T, s shopStore, log *memoryLog, task store.TaskID) {
	t.Helper()
	m, fold := model.New(testRules()), processor.New(task, testRules())
	var decoder event.Decoder
	defer tick(t, s, task, fold)
	for _, topic := range task.Family.Topics() {
		records, next := log.records[place{topic, task.Partition}], int64(0)
		for _, batch := range [][]*kgo.Record{records[:len(records)/2], records[len(records)/2:]} {
			claim, err := s.Claim(t.Context(), task, "test")
			if err != nil {
				t.Fatal(err)
			}
			c := store.Commit[*store.Changes]{Task: task, Epoch: claim.Epoch, Changes: store.NewChanges()}
			before := m.Counts(topic, task.Partition)
			for _, r := range batch {
				v := m.Record(r)
				if v.Disposition == model.Dead {
					c.DeadLetters = append(c.DeadLetters, store.DeadLetter{
						Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: event.TimeOf(r.Timestamp),
						Reason: v.Invalid.Reason, Field: v.Invalid.Field, Detail: v.Invalid.Detail, Key: r.Key, Value: r.Value,
					})
				}
				if v.Disposition == model.Applied {
					var e event.Event
					if err := decoder.Decode(r.Value, event.TimeOf(r.Timestamp), &e); err != nil {
						t.Fatal(err)
					}
					fold.Apply(&e, c.Changes)
				}
			}
			if len(batch) == 0 {
				continue
			}
			last := batch[len(batch)-1]
			c.Spans = []store.Span{{
				Topic: topic, From: next, Counts: difference(m.Counts(topic, task.Partition), before),
				To: store.Position{Next: last.Offset + 1, LastHash: engine.RecordHash(last.Value), LastTime: m.Newest(topic, task.Partition)},
			}}
			next = last.Offset + 1
			if fenced, err := s.Commit(t.Context(), []store.Commit[*store.Changes]{c}); err != nil || len(fenced) > 0 {
				t.Fatal(fenced, err)
			}
			for _, d := range c.DeadLetters {
				log.append(relay(t, d))
			}
			if err := s.MarkSent(t.Context(), task, claim.Epoch, c.DeadLetters); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tick commits what is at rest long after the last record.
func tick(t *testing.T, s shopStore, task store.TaskID, fold *processor.Fold) {
	t.Helper()
	claim, err := s.Claim(t.Context(), task, "test")
	if err != nil {
		t.Fatal(err)
	}
	c := store.Commit[*store.Changes]{Task: task, Epoch: claim.Epoch, Changes: store.NewChanges()}
	fold.Tick(noon+48*hourMS, c.Changes)
	if fenced, err := s.Commit(t.Context(), []store.Commit[*store.Changes]{c}); err != nil || len(fenced) > 0 {
		t.Fatal(fenced, err)
	}
}

// relay is the record of a dead letter on its topic, as the engine writes it.
func relay(t *testing.T, d store.DeadLetter) *kgo.Record {
	t.Helper()
	value, err := json.Marshal(engine.DeadLetterRecord(d))
	if err != nil {
		t.Fatal(err)
	}
	return &kgo.Record{
		Topic: event.TopicDeadLetters, Key: []byte(engine.DeadLetterKey(d.Topic, d.Partition, d.Offset)), Value: value, Timestamp: d.Time.Std(),
	}
}

func copyView(t *testing.T, v store.View) *memoryView {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := &memoryView{sales: map[store.SalesTable][]store.SalesRow{}}
	var err error
	c.tasks, err = v.Tasks(t.Context())
	must(err)
	c.positions, err = v.Positions(t.Context())
	must(err)
	for row, err := range v.Ledger(t.Context()) {
		must(err)
		c.ledger = append(c.ledger, row)
	}
	for d, err := range v.DeadLetters(t.Context()) {
		must(err)
		c.dead = append(c.dead, d)
	}
	for _, table := range store.SalesTables {
		for row, err := range v.Sales(t.Context(), table) {
			must(err)
			c.sales[table] = append(c.sales[table], row)
		}
	}
	c.stock, c.sessions, c.carts, c.cartOrders = all(t, v.Stock(t.Context())), all(t, v.Sessions(t.Context())), all(t, v.Carts(t.Context())), all(t, v.CartOrders(t.Context()))
	c.findings, c.baselines, c.open = all(t, v.Findings(t.Context())), all(t, v.Baselines(t.Context())), all(t, v.Open(t.Context()))
	c.products, err = v.Products(t.Context())
	must(err)
	c.customers, err = v.Customers(t.Context())
	must(err)
	return c
}

func all[T any](t *testing.T, rows iter.Seq2[T, error]) []T {
	t.Helper()
	var kept []T
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, row)
	}
	return kept
}
