package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"globalmart/internal/cache/memory"
	"globalmart/internal/store"
	"globalmart/internal/testenv/process"
	"globalmart/internal/warehouse"
)

func keeps(c *Config, _ *Deps) { c.KeepBytes = 8 << 20 }

func (m *memoryStore) questions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

const metrics = "/api/v1/sales/metrics"

func TestOneQuestionIsAnsweredOnceASecond(t *testing.T) {
	f := newFixture(t, keeps)
	f.store.busy(3)
	first := f.get(t, metrics+"?limit=10&granularity=minute")
	for _, same := range []string{metrics, metrics + "?limit=10", metrics + "?granularity=minute&limit=10"} {
		w := f.get(t, same)
		if w.Code != http.StatusOK || w.Body.String() != first.Body.String() || w.Header().Get("ETag") != first.Header().Get("ETag") {
			t.Errorf("%s: status %d, %s", same, w.Code, w.Body)
		}
	}
	if n := f.store.questions(); n != 1 {
		t.Errorf("the store was asked %d times", n)
	}
	f.get(t, metrics+"?limit=9")
	f.do(t, http.MethodHead, metrics, headerKey, readKey)
	if n := f.store.questions(); n != 2 {
		t.Errorf("the store was asked %d times with another question", n)
	}
	f.get(t, metrics, "Cache-Control", "no-cache")
	if n := f.store.questions(); n != 3 {
		t.Errorf("the store was asked %d times by one who wants it new", n)
	}
	if s := f.Stats(); s.Hits != 4 || s.Misses != 3 {
		t.Errorf("%+v", s)
	}
}

func TestAHitChecksTheKeyAndCountsForItsQuota(t *testing.T) {
	f := newFixture(t, keeps, func(c *Config, _ *Deps) { c.Limits.Requests, c.Limits.Window = 3, time.Hour })
	for i, want := range []int{200, 200, 200, 429} {
		w := f.get(t, metrics)
		if w.Code != want || w.Header().Get("RateLimit") == "" {
			t.Errorf("request %d: status %d, want %d, header %v", i, w.Code, want, w.Header())
		}
		if want == 429 {
			problem(t, w)
		}
	}
	for key, want := range map[string]int{"": 401, readKey + "x": 401, ingestKey: 403} {
		w := f.do(t, http.MethodGet, metrics, headerKey, key)
		if w.Code != want {
			t.Errorf("key %q: status %d, want %d", key, w.Code, want)
		}
		problem(t, w)
	}
}

func TestAStaleAnswerSaysSoAndIsMadeAnew(t *testing.T) {
	f := newFixture(t, keeps)
	f.store.busy(1)
	first := f.get(t, metrics)
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 5})
	f.now = f.now.Add(1500 * time.Millisecond)
	stale := f.get(t, metrics)
	if stale.Body.String() != first.Body.String() || stale.Header().Get("Age") != "1" {
		t.Errorf("age %q, %s", stale.Header().Get("Age"), stale.Body)
	}
	process.Eventually(t, "it is made anew", func() bool {
		w := f.get(t, metrics)
		return w.Body.String() != first.Body.String() && w.Header().Get("Age") == "0"
	})
	f.now = f.now.Add(time.Minute)
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 5})
	if w := f.get(t, metrics); w.Header().Get("Age") != "0" || decode[SalesMetrics](t, w).Data.Windows[0].Orders != 11 {
		t.Errorf("an old answer was given: %s", w.Body)
	}
}

// runningWarehouse is a warehouse whose newest run a test sets.
type runningWarehouse struct {
	*fakeWarehouse
	run string
}

func (w *runningWarehouse) State(context.Context) (warehouse.State, error) {
	return warehouse.State{Run: w.run, AsOf: fakeRun.AsOf}, nil
}

func TestAnswersOfAnEarlierRunAreNotGiven(t *testing.T) {
	w := &runningWarehouse{fakeWarehouse: newFakeWarehouse(), run: "one"}
	f := newFixture(t, keeps, func(_ *Config, d *Deps) { d.Warehouse = w })
	const segments = "/api/v1/customers/segments"
	first := f.get(t, segments)
	if got := first.Header().Get("Cache-Control"); got != "private, max-age=60" || first.Code != http.StatusOK {
		t.Fatalf("status %d, Cache-Control %q", first.Code, got)
	}
	f.now = f.now.Add(30 * time.Second)
	if again := f.get(t, segments); again.Header().Get("Age") != "30" || again.Body.String() != first.Body.String() {
		t.Errorf("age %s", again.Header().Get("Age"))
	}
	w.run = "another"
	f.now = f.now.Add(runAge)
	if again := f.get(t, segments); again.Header().Get("Age") != "0" {
		t.Errorf("age %s after another run", again.Header().Get("Age"))
	}
}

func TestManyWhoAskAtOnceAreAnsweredByOneQuestion(t *testing.T) {
	f := newFixture(t, keeps)
	release := make(chan struct{})
	f.store.before = func(context.Context) { <-release }
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if w := f.get(t, metrics); w.Code != http.StatusOK {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
	process.Eventually(t, "all of them wait", func() bool { return f.Stats().Misses == 50 })
	close(release)
	all.Wait()
	if n := f.store.questions(); n > 2 { // one who came as the first one was done may be the second
		t.Errorf("the store was asked %d times", n)
	}
}

func TestFailuresAreNotKept(t *testing.T) {
	f := newFixture(t, keeps)
	f.store.err = store.ErrUnavailable
	for range 2 {
		if p := problem(t, f.get(t, metrics)); p.Status != http.StatusServiceUnavailable {
			t.Errorf("%+v", p)
		}
	}
	f.store.err = nil
	if w := f.get(t, metrics); w.Code != http.StatusOK {
		t.Errorf("status %d once it is back", w.Code)
	}
	for _, bad := range []string{"?limit=0", "?unknown=1", "?limit=1&limit=2", "?%zz"} {
		if p := problem(t, f.get(t, metrics+bad)); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %+v", bad, p)
		}
	}
}

func TestWhatIsKeptIsPackedForEachClient(t *testing.T) {
	for name, change := range map[string][]func(*Config, *Deps){"kept": {keeps}, "not kept": nil} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, change...)
			f.store.busy(50)
			plain := f.get(t, metrics+"?limit=50")
			tags := map[string]string{plain.Header().Get("ETag"): ""} // the coding of each
			for accept, want := range map[string]string{
				"gzip": "gzip", "br": "br", "zstd": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip;q=1.0, br;q=0.5": "gzip", "zstd;q=0, br": "br", "identity": "", "zstd;q=x": "",
			} {
				w := f.get(t, metrics+"?limit=50", "Accept-Encoding", accept)
				if got := w.Header().Get("Content-Encoding"); got != want {
					t.Errorf("%s: encoding %q, want %q", accept, got, want)
					continue
				}
				etag := w.Header().Get("ETag")
				if got := unpacked(t, want, w.Body); !bytes.Equal(got, plain.Body.Bytes()) {
					t.Errorf("%s: other bytes", accept)
				}
				if coding, seen := tags[etag]; seen && coding != want {
					t.Errorf("%s: the tag of the bytes in %q", accept, coding)
				}
				tags[etag] = want
				if w.Header().Get("Vary") != "Accept-Encoding" {
					t.Errorf("%s: Vary %q", accept, w.Header().Values("Vary"))
				}
				same := f.get(t, metrics+"?limit=50", "Accept-Encoding", accept, "If-None-Match", etag)
				if same.Code != http.StatusNotModified || same.Body.Len() > 0 || same.Header().Get("ETag") != etag {
					t.Errorf("%s: status %d for its own tag", accept, same.Code)
				}
			}
		})
	}
}

func unpacked(t *testing.T, coding string, body io.Reader) []byte {
	t.Helper()
	var err error
	switch coding {
	case "gzip":
		body, err = gzip.NewReader(body)
	case "br":
		body = brotli.NewReader(body)
	case "zstd":
		body, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestProcessesShareAnswers(t *testing.T) {
	shared, err := memory.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	shares := func(c *Config, _ *Deps) { c.Shared = shared }
	one, other := newFixture(t, keeps, shares), newFixture(t, keeps, shares)
	one.store.busy(3)
	first := one.get(t, metrics)
	if w := other.get(t, metrics); w.Body.String() != first.Body.String() || w.Header().Get("ETag") != first.Header().Get("ETag") || other.store.questions() != 0 {
		t.Errorf("the other process answered %s after %d questions", w.Body, other.store.questions())
	}
	other.now = other.now.Add(10 * time.Second)
	if other.get(t, metrics); other.store.questions() != 1 {
		t.Error("an answer that is too old was taken")
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.KeepBytes = 64 << 10 })
	f.store.busy(50)
	for limit := range 500 {
		f.get(t, fmt.Sprintf("%s?limit=%d", metrics, limit+1))
	}
	process.Eventually(t, "the rest is dropped", func() bool {
		f.kept.answers.CleanUp()
		return f.kept.answers.WeightedSize() <= 64<<10
	})
}
