package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/store/storetest"
)

// page is a browser on this machine.
type page struct {
	*fixture
	t      *testing.T
	host   string
	origin string // what its browser says of a request's origin: same-origin, cross-site…
	cookie *http.Cookie
}

func (p *page) ask(method, target string, headers ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequestWithContext(p.t.Context(), method, target, nil)
	r.Host, r.RemoteAddr = p.host, "127.0.0.1:50000"
	r.Header.Set("Sec-Fetch-Site", p.origin)
	if p.cookie != nil {
		r.AddCookie(p.cookie)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

// sign signs in or out and keeps the cookie.
func (p *page) sign(method string, want int, headers ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	w := p.ask(method, sessionPath, headers...)
	if w.Code != want {
		p.t.Fatalf("%s session: status %d, want %d: %s", method, w.Code, want, w.Body)
	}
	for _, c := range w.Result().Cookies() {
		p.cookie = c
	}
	return w
}

func (p *page) wants(what string, status int) {
	p.t.Helper()
	w := p.ask(http.MethodGet, "/api/v1/sales/metrics")
	if w.Code != status {
		p.t.Errorf("%s: status %d, want %d: %s", what, w.Code, status, w.Body)
	}
}

func newPage(t *testing.T, change ...func(*Config, *Deps)) *page {
	t.Helper()
	return &page{fixture: newFixture(t, change...), t: t, host: "localhost:8000", origin: "same-origin"}
}

func TestACookieTakesThePlaceOfAKey(t *testing.T) {
	p := newPage(t)
	p.sign(http.MethodPost, http.StatusUnauthorized)
	p.sign(http.MethodPost, http.StatusUnauthorized, headerKey, readKey+"x")
	p.sign(http.MethodPost, http.StatusForbidden, headerKey, ingestKey)
	p.sign(http.MethodPost, http.StatusOK, headerKey, readKey)
	c := p.cookie
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.MaxAge != 12*60*60 || len(c.Value) < 26 {
		t.Errorf("cookie %+v", c)
	}
	p.wants("with the cookie", http.StatusOK)
	if w := p.ask(http.MethodGet, sessionPath); !strings.Contains(w.Body.String(), `"scopes":["read"],"key":"reader","expires":"2026-03-02T22:20:30Z"`) || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("session %s", w.Body)
	}
	if w := p.ask(http.MethodGet, sessionPath, headerKey, readKey); !strings.Contains(w.Body.String(), `"expires":null`) {
		t.Errorf("with a key %s", w.Body)
	}

	p.sign(http.MethodPost, http.StatusOK) // renewed: another one
	renewed := p.cookie
	p.cookie = c
	p.wants("with the one before", http.StatusUnauthorized)
	p.cookie = renewed
	p.wants("with the new one", http.StatusOK)

	p.sign(http.MethodDelete, http.StatusNoContent)
	if p.cookie.MaxAge >= 0 {
		t.Errorf("the cookie stays: %+v", p.cookie)
	}
	p.cookie = renewed
	p.wants("after its end", http.StatusUnauthorized)
	if logs := p.logs.String(); strings.Contains(logs, renewed.Value) || strings.Contains(logs, c.Value) {
		t.Error("the log has what a cookie holds")
	}
}

func TestACookieIsSecureBehindTLS(t *testing.T) {
	p := newPage(t)
	p.sign(http.MethodPost, http.StatusOK, headerKey, readKey, "X-Forwarded-Proto", "https")
	if !p.cookie.Secure {
		t.Errorf("cookie %+v", p.cookie)
	}
}

func TestASessionEndsWithTimeAndWithItsKey(t *testing.T) {
	stored := &storetest.MemoryKeys{}
	k, text, err := keys.Issue("page", []keys.Scope{keys.Read}, testNow, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := stored.AddAPIKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	var p *page
	p = newPage(t, func(c *Config, _ *Deps) {
		c.Keys = keys.NewRing(keys.Config{Store: stored, Now: func() time.Time { return p.now }, Log: c.Log})
	})
	p.sign(http.MethodPost, http.StatusOK, headerKey, text)
	p.now = p.now.Add(sessionLife - time.Millisecond)
	p.wants("before its end", http.StatusOK)
	p.now = p.now.Add(time.Millisecond)
	p.wants("at its end", http.StatusUnauthorized)

	p.cookie = nil
	p.sign(http.MethodPost, http.StatusOK, headerKey, text)
	if err := stored.RevokeAPIKey(t.Context(), k.ID, event.TimeOf(p.now)); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(keys.Stale)
	p.wants("once its key is revoked", http.StatusUnauthorized)
}

func TestAPageOfAnotherOriginChangesNothing(t *testing.T) {
	p := newPage(t)
	p.sign(http.MethodPost, http.StatusOK, headerKey, readKey)
	p.origin = "cross-site"
	w := p.ask(http.MethodDelete, sessionPath)
	if got := problem(t, w); got.Status != http.StatusForbidden || !strings.Contains(got.Detail, "another origin") {
		t.Errorf("problem %+v", got)
	}
	if w := p.ask(http.MethodPost, sessionPath); w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
		t.Errorf("status %d, cookies %v", w.Code, w.Result().Cookies())
	}
	p.wants("what reads", http.StatusOK)
	p.origin = "same-origin"
	p.sign(http.MethodDelete, http.StatusNoContent)
}

func TestOnlyThisMachineReadsWithoutAKey(t *testing.T) {
	local := keys.Key{ID: "configured", Scopes: []keys.Scope{keys.Read}}
	for name, tc := range map[string]struct {
		host, proxied string
		allowed       bool
		want          int
	}{
		"localhost":               {"localhost:8000", "", true, http.StatusOK},
		"an address":              {"127.0.0.1:8000", "", true, http.StatusOK},
		"an IPv6 address":         {"[::1]:8000", "", true, http.StatusOK},
		"a name that points here": {"evil.example:8000", "", true, http.StatusUnauthorized},
		"through a proxy":         {"localhost:8000", "10.0.0.7", true, http.StatusUnauthorized},
		"where it is not allowed": {"localhost:8000", "", false, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPage(t, func(c *Config, _ *Deps) {
				if tc.allowed {
					c.LocalKey = &local
				}
			})
			p.host = tc.host
			var headers []string
			if tc.proxied != "" {
				headers = []string{"X-Forwarded-For", tc.proxied}
			}
			p.sign(http.MethodPost, tc.want, headers...)
		})
	}
}

func TestSessionsAreBounded(t *testing.T) {
	var s sessions
	now := testNow
	first, _ := s.begin(keys.Key{}, now)
	for range maxSessions {
		now = now.Add(time.Millisecond)
		s.begin(keys.Key{}, now)
	}
	if len(s.open) != maxSessions {
		t.Errorf("%d sessions are open", len(s.open))
	}
	if _, ok := s.find(first, now); ok {
		t.Error("the oldest is still there")
	}
}
