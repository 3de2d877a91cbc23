package api

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

const (
	readKey   = "read-secret-0123456789"
	ingestKey = "ingest-secret-0123456789"
	adminKey  = "admin-secret-0123456789"
)

// testNow is 2026-03-02 10:20:30 UTC, a Monday.
var testNow = exampleNow.Std()

// memoryStore keeps sales rows by country and category and answers as the port
// says, by summing.
type memoryStore struct {
	mu     sync.Mutex
	minute map[store.SalesKey]*store.Sales
	asOf   event.Time
	// committed is when the last commit was made.
	committed event.Time
	err       error
	before    func(context.Context) // called by every read
	asked     []store.SalesQuery
}

func newMemoryStore() *memoryStore {
	return &memoryStore{minute: map[store.SalesKey]*store.Sales{}, asOf: exampleNow - 240, committed: exampleNow - 220}
}

func (m *memoryStore) add(at event.Time, country, category string, s store.Sales) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := store.SalesKey{Start: at - at%minuteMS, Country: country, Category: category}
	if m.minute[k] == nil {
		m.minute[k] = &store.Sales{}
	}
	m.minute[k].Add(&s)
}

func (m *memoryStore) AsOf(context.Context) (store.AsOf, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return store.AsOf{RecordTime: m.asOf, Committed: m.committed}, m.err
}

func (m *memoryStore) SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	if m.before != nil {
		m.before(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.asked = append(m.asked, q)
	length := minuteMS
	if q.Granularity == store.Hour {
		length = hourMS
	}
	sums := map[event.Time]*store.Sales{}
	for k, s := range m.minute {
		start := k.Start - k.Start%length
		if start < q.From || start >= q.To || q.Country != "" && q.Country != k.Country || q.Category != "" && q.Category != k.Category {
			continue
		}
		if sums[start] == nil {
			sums[start] = &store.Sales{}
		}
		sums[start].Add(s)
	}
	var out []store.SalesWindow
	for start, s := range sums {
		out = append(out, store.SalesWindow{Start: start, Sales: *s})
	}
	slices.SortFunc(out, func(a, b store.SalesWindow) int { return cmp.Compare(b.Start, a.Start) })
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

func (m *memoryStore) SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error) {
	g := store.Minute
	if country != "" && category != "" {
		g = store.Hour
	}
	windows, err := m.SalesWindows(ctx, store.SalesQuery{From: from, To: to, Granularity: g, Country: country, Category: category})
	var sum store.Sales
	for i := range windows {
		sum.Add(&windows[i].Sales)
	}
	return sum, err
}

func (m *memoryStore) SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error) {
	var parts []store.SalesPart
	names := map[string]bool{}
	for k := range m.minute {
		names[map[store.Split]string{store.ByCountry: k.Country, store.ByCategory: k.Category}[q.By]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		hours := store.SalesQuery{From: q.From, To: q.To, Granularity: store.Hour, Country: q.Country, Category: q.Category}
		own := &hours.Country
		if q.By == store.ByCategory {
			own = &hours.Category
		}
		if *own != "" && *own != name {
			continue
		}
		*own = name
		windows, err := m.SalesWindows(ctx, hours)
		if err != nil {
			return nil, err
		}
		part := store.SalesPart{Name: name}
		for i := range windows {
			part.Sales.Add(&windows[i].Sales)
		}
		if len(windows) > 0 {
			parts = append(parts, part)
		}
	}
	return parts, m.err
}

// zoneCalendar is a calendar of zones whose offset is whole hours and whose
// clocks do not change at midnight.
type zoneCalendar struct{ zone *time.Location }

func (zoneCalendar) HourStart(t event.Time) event.Time { return t - t%hourMS }

func (c zoneCalendar) DayStart(t event.Time) event.Time { return c.day(t, 0) }

func (c zoneCalendar) NextDay(t event.Time) event.Time { return c.day(t, 1) }

func (c zoneCalendar) day(t event.Time, n int) event.Time {
	y, m, d := t.Std().In(c.zone).Date()
	return event.TimeOf(time.Date(y, m, d+n, 0, 0, 0, 0, c.zone))
}

// fixture is an API over a memory store with a clock that stands still.
type fixture struct {
	*API
	store *memoryStore
	logs  *lockedBuilder
	now   time.Time
}

type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func testKeys() *keys.Ring {
	ring := keys.NewRing(keys.Config{Now: time.Now})
	ring.Add("reader", []keys.Scope{ScopeRead}, readKey)
	ring.Add("sender", []keys.Scope{ScopeIngest}, ingestKey)
	ring.Add("operator", []keys.Scope{ScopeAdmin}, adminKey)
	return ring
}

func testRules(zone string) rules.Rules {
	return rules.Rules{Version: 1, TimeZone: zone, Currency: "USD", Stream: rules.Stream{Horizon: 2 * time.Hour, KeepMinutes: 168 * time.Hour}}
}

// newFixture returns an API in UTC. change, if given, edits what it is made of.
func newFixture(t testing.TB, change ...func(*Config, *Deps)) *fixture {
	t.Helper()
	f := &fixture{store: newMemoryStore(), logs: &lockedBuilder{}, now: testNow}
	cfg := Config{
		Version: "1.2.3", Rules: testRules("UTC"), Now: func() time.Time { return f.now },
		Log: slog.New(slog.NewJSONHandler(f.logs, nil)), Keys: testKeys(),
	}
	deps := Deps{Sales: f.store, Fresh: f.store, Calendar: zoneCalendar{time.UTC}, Shop: downShop{}, Warehouse: newFakeWarehouse(), Lake: newFakeLake(), Operations: newFakeOperations().deps()}
	for _, c := range change {
		c(&cfg, &deps)
	}
	a, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	f.API = a
	return f
}

// do sends one request; headers are name, value, name, value.
func (f *fixture) do(t testing.TB, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// get asks with the good key.
func (f *fixture) get(t testing.TB, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return f.do(t, http.MethodGet, target, append([]string{headerKey, readKey}, headers...)...)
}

// problem decodes the problem in w and checks what every problem has.
func problem(t testing.TB, w *httptest.ResponseRecorder) huma.ErrorModel {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != problemType {
		t.Fatalf("content type %q, want %q; status %d, body %s", got, problemType, w.Code, w.Body)
	}
	var p huma.ErrorModel
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("problem %s: %v", w.Body, err)
	}
	switch {
	case p.Status != w.Code:
		t.Errorf("problem has status %d, the response %d", p.Status, w.Code)
	case p.Title == "" || p.Detail == "":
		t.Errorf("problem has no title or detail: %s", w.Body)
	case p.Instance == "" || p.Instance != w.Header().Get(headerRequestID):
		t.Errorf("instance %q is not the request id %q", p.Instance, w.Header().Get(headerRequestID))
	case w.Header().Get("Cache-Control") != "no-store":
		t.Errorf("a problem may be cached: %q", w.Header().Get("Cache-Control"))
	}
	return p
}

// decode returns the answer in w, which must be a 200.
func decode[T any](t testing.TB, w *httptest.ResponseRecorder) Answer[T] {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	var a Answer[T]
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("answer %s: %v", w.Body, err)
	}
	return a
}
