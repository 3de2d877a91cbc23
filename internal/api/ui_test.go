package api

import (
	"cmp"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"

	"globalmart/web"
)

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func withUI(_ *Config, deps *Deps) {
	file := func(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }
	deps.UI = fstest.MapFS{
		"index.html": file("<!doctype html>"), "routes.json": file(`{"/":["assets/home-1.js"],"/sales":[],"/ops/topics/{name}":["assets/main-1.js","assets/more-1.js"]}`), "favicon.svg": file("<svg/>"),
		"assets/main-1.js": file("plain"), "assets/main-1.js.br": file("brotli"), "assets/main-1.js.gz": file("gzip"),
	}
}

func TestTheInterfaceIsServedAtItsPagesOnly(t *testing.T) {
	f := newFixture(t, withUI)
	for _, tc := range []struct {
		target, accept, contentType, cache string
		status                             int
	}{
		{"/", browser, "text/html; charset=utf-8", "no-cache", 200},
		{"/", "*/*", "application/json", "no-cache", 200},
		{"/sales?country=DE", browser, "text/html; charset=utf-8", "no-cache", 200},
		{"/ops/topics/transactions", browser, "text/html; charset=utf-8", "no-cache", 200},
		{"/favicon.svg", "image/*", "image/svg+xml", "no-cache", 200},
		{"/assets/main-1.js", "*/*", "text/javascript; charset=utf-8", immutable, 200},
		{"/assets/main-1.js.br", browser, problemType, "no-store", 404},
		{"/assets/main-2.js", browser, problemType, "no-store", 404},
		{"/index.html", browser, problemType, "no-store", 404},
		{"/routes.json", browser, problemType, "no-store", 404},
		{"/nothing", browser, problemType, "no-store", 404},
		{"/api/v1/nothing", browser, problemType, "no-store", 404},
	} {
		w := f.do(t, http.MethodGet, tc.target, "Accept", tc.accept)
		h := w.Header()
		if w.Code != tc.status || h.Get("Content-Type") != tc.contentType || h.Get("Cache-Control") != tc.cache {
			t.Errorf("%s: status %d, type %q, cache %q", tc.target, w.Code, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		policy := cmp.Or(map[string]string{"text/html; charset=utf-8": uiPolicy, "text/javascript; charset=utf-8": scriptPolicy}[tc.contentType], headerPolicy[0])
		if got := h.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s: policy %q, want %q", tc.target, got, policy)
		}
	}
}

func TestAPageNamesTheScriptsThatItNeeds(t *testing.T) {
	f := newFixture(t, withUI)
	for target, want := range map[string][]string{
		"/":                        {"</assets/home-1.js>; rel=modulepreload"},
		"/sales":                   nil,
		"/ops/topics/transactions": {"</assets/main-1.js>; rel=modulepreload", "</assets/more-1.js>; rel=modulepreload"},
	} {
		if got := f.do(t, http.MethodGet, target, "Accept", browser).Header().Values("Link"); !slices.Equal(got, want) {
			t.Errorf("%s: links %q, want %q", target, got, want)
		}
	}
}

func TestTheInterfaceSuitsEveryEncoding(t *testing.T) {
	f := newFixture(t, withUI)
	tags := map[string]string{}
	for _, tc := range []struct{ accepts, encoding, body string }{
		{"gzip, deflate, br, zstd", "br", "brotli"},
		{"gzip", "gzip", "gzip"},
		{"br; q=0, gzip;q=0.5", "gzip", "gzip"},
		{"", "", "plain"},
		{"x-br, gzipped", "", "plain"},
	} {
		w := f.do(t, http.MethodGet, "/assets/main-1.js", "Accept-Encoding", tc.accepts)
		if got := w.Header().Get("Content-Encoding"); got != tc.encoding || w.Body.String() != tc.body {
			t.Errorf("%q: encoding %q, body %q", tc.accepts, got, w.Body)
		}
		etag := w.Header().Get("ETag")
		if body, ok := tags[etag]; ok && body != tc.body {
			t.Errorf("%q: tag %s is that of %q, too", tc.accepts, etag, body)
		}
		tags[etag] = tc.body
		if again := f.do(t, http.MethodGet, "/assets/main-1.js", "Accept-Encoding", tc.accepts, "If-None-Match", etag); again.Code != http.StatusNotModified {
			t.Errorf("%q: status %d for tag %s", tc.accepts, again.Code, etag)
		}
	}
}

// Whether it is built or not, the program has a page for browsers.
func TestTheProgramHasAPage(t *testing.T) {
	f := newFixture(t, func(_ *Config, deps *Deps) { deps.UI = web.Files() })
	w := f.do(t, http.MethodGet, "/", "Accept", browser)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, type %q", w.Code, w.Header().Get("Content-Type"))
	}
}
