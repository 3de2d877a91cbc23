package api

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/keys"
	"globalmart/internal/testenv/process"
)

func TestTheQuotaIsAKeysOwn(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) {
		c.Limits.Requests, c.Limits.Window = 3, 30*time.Second
		ring := testKeys()
		ring.Add("second", []keys.Scope{ScopeRead}, "second-secret")
		c.Keys = ring
	})
	fields := []string{"RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"}
	ask := func(key string) (int, []string) {
		w := f.do(t, http.MethodGet, "/api/v1/sales/metrics", headerKey, key)
		if w.Code != http.StatusOK {
			problem(t, w)
		}
		var got []string
		for _, name := range fields {
			got = append(got, w.Header().Get(name))
		}
		return w.Code, got
	}
	const policy = `"key";q=3;w=30`
	for i, want := range [][]string{
		{policy, `"key";r=2;t=10`, "3", "2", "10", ""},
		{policy, `"key";r=1;t=20`, "3", "1", "20", ""},
		{policy, `"key";r=0;t=30`, "3", "0", "30", ""},
		{policy, `"key";r=0;t=30`, "3", "0", "30", "10"},
	} {
		status, got := ask(readKey)
		if wantStatus := map[bool]int{false: 200, true: 429}[i == 3]; status != wantStatus {
			t.Errorf("request %d: status %d, want %d", i, status, wantStatus)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("request %d (-want +got):\n%s", i, diff)
		}
	}
	if status, _ := ask("second-secret"); status != http.StatusOK {
		t.Errorf("another key: status %d", status)
	}
	f.now = f.now.Add(10 * time.Second)
	if status, _ := ask(readKey); status != http.StatusOK {
		t.Errorf("after the time in Retry-After: status %d", status)
	}
	if w := f.do(t, http.MethodGet, "/health"); w.Header().Get("RateLimit") != "" {
		t.Error("an open operation has a quota")
	}
}

func TestTooManyAtOnceAreRefused(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Limits.Concurrent = 1 })
	started, release := make(chan struct{}), make(chan struct{})
	f.store.before = func(context.Context) {
		started <- struct{}{}
		<-release
	}
	var first sync.WaitGroup
	first.Go(func() {
		if w := f.get(t, "/api/v1/sales/metrics"); w.Code != http.StatusOK {
			t.Errorf("the first: status %d", w.Code)
		}
	})
	<-started
	w := f.get(t, "/api/v1/sales/metrics")
	if p := problem(t, w); p.Status != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("the second: %+v, header %v", p, w.Header())
	}
	if w := f.do(t, http.MethodGet, "/health"); w.Code != http.StatusOK {
		t.Errorf("health: status %d while busy", w.Code)
	}
	close(release)
	first.Wait()
	f.store.before = nil
	if w := f.get(t, "/api/v1/sales/metrics"); w.Code != http.StatusOK {
		t.Errorf("afterwards: status %d", w.Code)
	}
}

func TestRequestIDsAreKeptIfHarmless(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		id   string
		kept bool
	}{
		"a UUID":         {"0197a3f0-7c1e-7bb2-9d3c-1f2e3d4c5b6a", true},
		"a trace id":     {"svc_a.42", true},
		"none":           {"", false},
		"a line break":   {"a\nb", false},
		"markup":         {"<script>", false},
		"too long":       {strings.Repeat("a", 65), false},
		"a quoted value": {`a"b`, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.do(t, http.MethodGet, "/health", headerRequestID, tc.id).Header().Get(headerRequestID)
			if (got == tc.id) != tc.kept || got == "" {
				t.Errorf("id %q", got)
			}
		})
	}
}

func TestEveryResponseHasTheSecurityHeaders(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{"/", "/health", "/openapi.json", "/docs", "/docs/swagger-ui.css", "/nothing", "/api/v1/sales/metrics"} {
		h := f.do(t, http.MethodGet, target).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", target, csp)
		}
	}
}

// listen serves f on a loopback port by a server that change has changed.
func listen(t *testing.T, f *fixture, change func(*http.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer("", f)
	change(s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return l.Addr().String()
}

// dial connects to addr and sends text. What is then read must come within a minute.
func dial(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAClientThatIsSlowToAskLosesItsConnection(t *testing.T) {
	addr := listen(t, newFixture(t), func(s *http.Server) { s.ReadHeaderTimeout = 2 * time.Second }) // within which the other client must have asked
	slow := dial(t, addr, "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	if _, err := io.Copy(io.Discard, slow); err != nil {
		t.Errorf("the server did not hang up: %v", err)
	}
	resp, err := http.Get("http://" + addr + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("another client: status %d", resp.StatusCode)
	}
}

func TestAClientThatIsSlowToSendABodyLosesItsConnection(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Limits.BodyTime = 500 * time.Millisecond })
	slow := dial(t, listen(t, f, func(*http.Server) {}), "POST /api/v1/ops/redrives HTTP/1.1\r\nHost: x\r\n"+
		"X-API-Key: "+adminKey+"\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{\"reason\":")
	all := bufio.NewReader(slow)
	resp, err := http.ReadResponse(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout || resp.Header.Get("Content-Type") != problemType {
		t.Errorf("status %d, header %v", resp.StatusCode, resp.Header)
	}
	if _, err := io.Copy(io.Discard, all); err != nil {
		t.Errorf("the server did not hang up: %v", err)
	}
}

// TestAClientThatIsSlowToReadLosesItsConnection asks for far more than the buffers of a
// connection hold, and reads nothing of it.
func TestAClientThatIsSlowToReadLosesItsConnection(t *testing.T) {
	cut := make(chan struct{})
	addr := listen(t, newFixture(t), func(s *http.Server) {
		s.WriteTimeout = time.Second
		s.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(cut)
			}
		}
	})
	dial(t, addr, strings.Repeat("GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n", 200))
	select {
	case <-cut:
	case <-time.After(process.Patience):
		t.Fatal("the server waits for a client that does not read")
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	// As many bytes as the server reads before it answers: what it leaves unread would
	// reset the connection, and the answer might be lost with it.
	const head, most = "GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ", 16384 + 4096
	c := dial(t, listen(t, newFixture(t), func(*http.Server) {}), head+strings.Repeat("a", most-len(head)))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestTheServerIsBoundedInEveryDirection(t *testing.T) {
	s := NewServer("127.0.0.1:0", http.NotFoundHandler())
	got := []any{s.Addr, s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout, s.MaxHeaderBytes}
	want := []any{"127.0.0.1:0", 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 16384}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}
