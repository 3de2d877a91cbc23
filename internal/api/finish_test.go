package api

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// busy fills a store with n minutes of sales.
func (m *memoryStore) busy(n int) {
	for i := range n {
		m.add(exampleNow-event.Time(i)*minuteMS, "DE", "Books", store.Sales{Orders: int64(i) + 1, Units: 2, RevenueMinor: 1999})
	}
}

func TestTheTagFollowsTheDataAndNotTheLag(t *testing.T) {
	f := newFixture(t)
	f.store.busy(3)
	const target = "/api/v1/sales/metrics"
	first := f.get(t, target)
	etag := first.Header().Get("ETag")
	if !strings.HasPrefix(etag, `"`) || len(etag) < 10 {
		t.Fatalf("tag %q is not strong", etag)
	}

	f.now = f.now.Add(time.Second) // the lag grows, the minute is the same
	again := f.get(t, target, "If-None-Match", etag)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != etag || again.Header().Get("Content-Type") != "" {
		t.Errorf("status %d, %d bytes, header %v", again.Code, again.Body.Len(), again.Header())
	}
	for name, tc := range map[string]struct {
		header string
		want   int
	}{
		"one of a list":  {`"other", ` + etag, http.StatusNotModified},
		"a weak one":     {"W/" + etag, http.StatusNotModified},
		"any":            {"*", http.StatusNotModified},
		"another":        {`"other"`, http.StatusOK},
		"without quotes": {strings.Trim(etag, `"`), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			if got := f.get(t, target, "If-None-Match", tc.header).Code; got != tc.want {
				t.Errorf("status %d, want %d", got, tc.want)
			}
		})
	}

	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 1})
	if w := f.get(t, target, "If-None-Match", etag); w.Code != http.StatusOK || w.Header().Get("ETag") == etag {
		t.Errorf("status %d, tag %s after a sale", w.Code, w.Header().Get("ETag"))
	}
	if w := f.get(t, target+"?limit=2", "If-None-Match", etag); w.Code != http.StatusOK {
		t.Errorf("another question has the same tag")
	}
	if w := f.get(t, "/api/v1/nothing", "If-None-Match", "*"); w.Code != http.StatusNotFound {
		t.Errorf("an error is %d under If-None-Match", w.Code)
	}
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	f := newFixture(t)
	f.store.busy(50)
	const target = "/api/v1/sales/metrics?limit=50"
	plain := f.get(t, target)
	packed := f.get(t, target, "Accept-Encoding", "gzip")
	if got := packed.Header().Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("encoding %q", got)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain.Body.String(), string(body)); diff != "" {
		t.Errorf("bodies differ:\n%s", diff)
	}
	if !strings.Contains(packed.Header().Get("Vary"), "Accept-Encoding") {
		t.Errorf("Vary %q", packed.Header().Get("Vary"))
	}
	etag := packed.Header().Get("ETag")
	if etag == plain.Header().Get("ETag") {
		t.Error("different bytes have one strong tag")
	}
	w := f.get(t, target, "Accept-Encoding", "gzip", "If-None-Match", etag)
	if w.Code != http.StatusNotModified || w.Header().Get("ETag") != etag || w.Body.Len() != 0 {
		t.Errorf("status %d, tag %s, %d bytes", w.Code, w.Header().Get("ETag"), w.Body.Len())
	}
	if small := f.do(t, http.MethodGet, "/readyz", "Accept-Encoding", "gzip"); small.Header().Get("Content-Encoding") != "" {
		t.Error("a small answer was compressed")
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	f := newFixture(t)
	f.store.busy(3)
	get := f.get(t, "/api/v1/sales/metrics")
	head := f.do(t, http.MethodHead, "/api/v1/sales/metrics", headerKey, readKey)
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != strconv.Itoa(get.Body.Len()) ||
		head.Header().Get("ETag") != get.Header().Get("ETag") {
		t.Errorf("status %d, %d bytes, header %v", head.Code, head.Body.Len(), head.Header())
	}
}

func TestOptionsListsTheMethods(t *testing.T) {
	f := newFixture(t)
	w := f.do(t, http.MethodOptions, "/api/v1/sales/metrics")
	if w.Code != http.StatusNoContent || w.Header().Get("Allow") != "GET, HEAD, OPTIONS" || w.Body.Len() != 0 {
		t.Errorf("status %d, Allow %q, body %s", w.Code, w.Header().Get("Allow"), w.Body)
	}
}

func TestOriginsMustBeAllowed(t *testing.T) {
	const ours, other = "https://shop.example", "https://evil.example"
	f := newFixture(t, func(c *Config, _ *Deps) { c.AllowOrigins = []string{ours} })
	off := newFixture(t)
	for name, tc := range map[string]struct {
		f       *fixture
		method  string
		headers []string
		status  int
		origin  string
		methods string
	}{
		"an allowed origin":  {f, http.MethodGet, []string{"Origin", ours}, 200, ours, ""},
		"another origin":     {f, http.MethodGet, []string{"Origin", other}, 200, "", ""},
		"a preflight":        {f, http.MethodOptions, []string{"Origin", ours, "Access-Control-Request-Method", "GET"}, 204, ours, "GET, HEAD, POST, DELETE"},
		"another preflight":  {f, http.MethodOptions, []string{"Origin", other, "Access-Control-Request-Method", "GET"}, 204, "", ""},
		"off by default":     {off, http.MethodGet, []string{"Origin", ours}, 200, "", ""},
		"no origin at all":   {f, http.MethodGet, nil, 200, "", ""},
		"the origin's child": {f, http.MethodGet, []string{"Origin", ours + ".evil.example"}, 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := tc.f.do(t, tc.method, "/health", tc.headers...)
			if w.Code != tc.status || w.Header().Get("Access-Control-Allow-Origin") != tc.origin || w.Header().Get("Access-Control-Allow-Methods") != tc.methods {
				t.Errorf("status %d, header %v", w.Code, w.Header())
			}
			if vary := strings.Join(w.Header().Values("Vary"), ","); strings.Contains(vary, "Origin") != (tc.f == f) {
				t.Errorf("Vary %q", vary)
			}
		})
	}
}

func TestAFlushStartsAStream(t *testing.T) {
	f := newFixture(t)
	f.routes.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
		_, _ = io.WriteString(w, "data: 2\n\n")
	})
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/stream", nil))
	if w.Code != http.StatusOK || w.Body.String() != "data: 1\n\ndata: 2\n\n" || !w.Flushed || w.Header().Get("ETag") != "" {
		t.Errorf("status %d, body %q, flushed %v, header %v", w.Code, w.Body, w.Flushed, w.Header())
	}
}
