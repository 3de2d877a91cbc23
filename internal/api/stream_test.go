package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/store"
	"globalmart/internal/store/storetest"
	"globalmart/internal/testenv/process"
)

// live is an API whose sales change with each question, on a server.
type live struct {
	*fixture
	server  *httptest.Server
	queries atomic.Int64
	frozen  atomic.Bool // it no longer changes
}

// frozenOrders is what it tells then.
const (
	frozenOrders = 1_000_000_007
	frozenText   = `"orders":1000000007,`
)

func (l *live) SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	return l.store.SalesWindows(ctx, q)
}

func (l *live) SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error) {
	return l.store.SalesSplit(ctx, q)
}

func (l *live) SalesTotals(context.Context, event.Time, event.Time, string, string) (store.Sales, error) {
	n := int64(frozenOrders)
	if !l.frozen.Load() {
		n = l.queries.Add(1)
	}
	return store.Sales{Orders: n, RevenueMinor: event.Minor(n)}, nil
}

// newLive serves an API that ticks every 20 ms.
func newLive(t *testing.T, change ...func(*Config, *Deps)) *live {
	t.Helper()
	l := &live{}
	l.fixture = newFixture(t, append([]func(*Config, *Deps){func(c *Config, d *Deps) {
		c.Limits.Tick, c.Limits.Requests = 20*time.Millisecond, 1<<30
		d.Sales, d.Shop = l, nil
	}}, change...)...)
	l.server = httptest.NewUnstartedServer(nil)
	l.server.Config = NewServer("", l.API)
	l.server.Start()
	t.Cleanup(l.server.Close)
	t.Cleanup(l.API.live.close)
	return l
}

// client is one end of a stream.
type client struct {
	*bufio.Reader
	status int
	header http.Header
	close  func() error
}

// open opens a stream.
func (l *live) open(t *testing.T, query string, headers ...string) *client {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.URL+streamPath+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(headerKey, readKey)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := l.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &client{bufio.NewReader(resp.Body), resp.StatusCode, resp.Header, resp.Body.Close}
}

// told is one event of a stream.
type told struct{ event, id, data string }

// next reads the next event, or comment.
func next(t *testing.T, r *client) (e told) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.event = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if value != "" {
				return told{event: "comment"}
			}
			if e != (told{}) {
				return e
			}
		}
	}
}

func TestAStreamTellsWhatChanges(t *testing.T) {
	l := newLive(t)
	body := l.open(t, "?topics=sales")
	if body.status != http.StatusOK || body.header.Get("Content-Type") != "text/event-stream" || body.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, header %v", body.status, body.header)
	}
	seen := map[string]bool{}
	for range 3 {
		e := next(t, body)
		if e.event != "sales" || seen[e.id] || !strings.Contains(e.data, `"source":"stream"`) || !strings.Contains(e.data, `"orders_per_minute"`) {
			t.Fatalf("event %+v", e)
		}
		seen[e.id] = true
	}
}

func TestAClientThatComesBackGetsWhatItMissed(t *testing.T) {
	l := newLive(t)
	stays := l.open(t, "?topics=sales")
	leaves := l.open(t, "?topics=sales")
	last := next(t, leaves)
	var missed []told
	for range 5 {
		missed = append(missed, next(t, stays))
	}
	for missed[0].id != last.id { // it may have come later
		missed = append(missed, next(t, stays))
		missed = missed[1:]
	}
	back := l.open(t, "?topics=sales", "Last-Event-ID", last.id)
	for _, want := range missed[1:] {
		if got := next(t, back); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	for _, unknown := range []string{"other-5", "x", l.API.live.boot + "-999999", l.API.live.boot + "--1"} {
		lost := l.open(t, "?topics=sales", "Last-Event-ID", unknown)
		if got := next(t, lost); got.event != "resync" {
			t.Errorf("with %s: %+v", unknown, got)
		}
		if got := next(t, lost); got.event != "sales" {
			t.Errorf("after resync: %+v", got)
		}
	}
}

func TestASilentStreamIsAlive(t *testing.T) {
	l := newLive(t, func(c *Config, _ *Deps) { c.Limits.Heartbeat = 50 * time.Millisecond })
	l.frozen.Store(true)
	body := l.open(t, "?topics=sales")
	for range 3 {
		if e := next(t, body); e.event == "comment" {
			return
		}
	}
	t.Error("three events of what does not change, and no heartbeat")
}

func TestStreamsAreLimited(t *testing.T) {
	l := newLive(t, func(c *Config, _ *Deps) {
		c.Limits.Streams, c.Limits.StreamsPerKey = 3, 2
		ring := testKeys()
		ring.Add("second", []keys.Scope{keys.Read}, "second-secret")
		c.Keys = ring
	})
	var open []*client
	for i, tc := range []struct {
		key  string
		want int
	}{{readKey, 200}, {readKey, 200}, {readKey, 429}, {"second-secret", 200}, {"second-secret", 503}} {
		resp := l.open(t, "", headerKey, tc.key)
		if resp.status != tc.want || (resp.header.Get("Retry-After") == "") != (tc.want == 200) {
			t.Errorf("stream %d: status %d, want %d", i, resp.status, tc.want)
		}
		open = append(open, resp)
	}
	_ = open[0].close()
	process.Eventually(t, "there is room again", func() bool { return l.Stats().Streams == 2 })
	if resp := l.open(t, ""); resp.status != http.StatusOK {
		t.Errorf("status %d", resp.status)
	}
	if resp := l.open(t, "?topics=sales,weather"); resp.status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown topic: status %d", resp.status)
	}
}

func TestAStreamEndsWithItsKeyAndWithTheServer(t *testing.T) {
	stored := &storetest.MemoryKeys{}
	k, text, err := keys.Issue("page", []keys.Scope{keys.Read}, testNow, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := stored.AddAPIKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	l := newLive(t, func(c *Config, _ *Deps) {
		c.Keys = keys.NewRing(keys.Config{Store: stored, Now: time.Now, Log: c.Log})
	})
	body := l.open(t, "?topics=sales", headerKey, text)
	next(t, body)
	if err := stored.RevokeAPIKey(t.Context(), k.ID, event.TimeOf(time.Now())); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		t.Errorf("the stream of a revoked key: %v", err)
	}

	other := newLive(t)
	body = other.open(t, "?topics=sales")
	next(t, body)
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	if err := other.server.Config.Shutdown(ctx); err != nil {
		t.Errorf("shutdown waits for streams: %v", err)
	}
	if _, err := io.Copy(io.Discard, body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream of a server that stopped: %v", err)
	}
	other.API.awaitSilence(t)
}

// awaitSilence waits until no stream asks anything.
func (a *API) awaitSilence(t *testing.T) {
	t.Helper()
	process.Eventually(t, "nothing is asked any more", func() bool {
		a.live.mu.Lock()
		defer a.live.mu.Unlock()
		return !a.live.running
	})
}

// stuck is a client that takes nothing.
type stuck struct {
	header http.Header
	block  chan struct{}
}

func (s *stuck) Header() http.Header       { return s.header }
func (*stuck) WriteHeader(int)             {}
func (s *stuck) FlushError() error         { return nil }
func (s *stuck) Write([]byte) (int, error) { <-s.block; return 0, errors.New("too late") }

func TestAClientThatDoesNotKeepUpIsCut(t *testing.T) {
	l := newLive(t)
	s := &stuck{header: http.Header{}, block: make(chan struct{})}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, streamPath+"?topics=sales", nil)
	r.Header.Set(headerKey, readKey)
	var slow sync.WaitGroup
	slow.Go(func() { l.ServeHTTP(s, r) })
	body := l.open(t, "?topics=sales")
	for l.Stats().Cut == 0 {
		next(t, body) // the other one gets all of it
	}
	close(s.block)
	slow.Wait()
	if n := l.Stats().Streams; n != 1 {
		t.Errorf("%d streams are open", n)
	}
}

func TestAThousandClientsAreOneQuestion(t *testing.T) {
	const clients = 1000
	l := newLive(t, func(c *Config, _ *Deps) { c.Limits.Tick = 200 * time.Millisecond })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	bodies := make([]*client, clients)
	for i := range bodies {
		bodies[i] = l.open(t, "?topics=sales")
	}
	if n := l.Stats().Streams; n != clients {
		t.Fatalf("%d streams are open", n)
	}
	first := make([]told, clients)
	for i := range bodies {
		first[i] = next(t, bodies[i])
	}
	l.frozen.Store(true) // a last change, that all of them hear of
	for i := range bodies {
		for e := first[i]; !strings.Contains(e.data, frozenText); {
			e = next(t, bodies[i])
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	// Each tick asks for the sales of three periods, and they ticked for less than ten minutes.
	if n, most := l.queries.Load(), int64(3*600*5); n > most {
		t.Errorf("%d questions", n)
	}
	l.API.live.mu.Lock()
	published := l.API.live.seq
	l.API.live.mu.Unlock()
	if n := l.queries.Load(); n > 3*(published+1) {
		t.Errorf("%d questions for %d events", n, published)
	}
	// The clients are in this process, too.
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > clients*150<<10 {
		t.Errorf("%d bytes a client", used/clients)
	}
}

func TestNobodyListeningIsNoQuestion(t *testing.T) {
	l := newLive(t)
	body := l.open(t, "?topics=sales")
	next(t, body)
	_ = body.close()
	l.API.awaitSilence(t)
	body = l.open(t, "?topics=sales")
	if e := next(t, body); e.event != "sales" {
		t.Errorf("after a pause: %+v", e)
	}
}
