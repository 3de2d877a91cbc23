package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestTheDocumentationNeedsNoOtherHost(t *testing.T) {
	f := newFixture(t)
	page := f.do(t, http.MethodGet, "/docs")
	if page.Code != http.StatusOK || page.Header().Get("Content-Security-Policy") != docsPolicy {
		t.Fatalf("status %d, policy %q", page.Code, page.Header().Get("Content-Security-Policy"))
	}
	body := page.Body.String()
	if regexp.MustCompile(`<script(?:>|[^>]*[^>\s]>\s*[^<\s])|<style|\son\w+=|style=`).MatchString(body) {
		t.Errorf("the page has inline code:\n%s", body)
	}
	for _, name := range []string{"/docs", "/docs/init.js", "/docs/page.css"} {
		if b := f.do(t, http.MethodGet, name).Body.String(); regexp.MustCompile(`(?i)https?:|["'(]//`).MatchString(b) {
			t.Errorf("%s refers to another host:\n%s", name, b)
		}
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 5 {
		t.Fatalf("links %v", links)
	}
	for _, m := range links {
		if w := f.do(t, http.MethodGet, m[1]); !strings.HasPrefix(m[1], "/") || w.Code != http.StatusOK {
			t.Errorf("%s: status %d", m[1], w.Code)
		}
	}
}

func TestPackedAssetsSuitEveryClient(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} {
		packed := f.do(t, http.MethodGet, name, "Accept-Encoding", "gzip")
		plain := f.do(t, http.MethodGet, name)
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, plain.Body.Bytes()) || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s differs by encoding", name)
		}
		etag := packed.Header().Get("ETag")
		if w := f.do(t, http.MethodGet, name, "Accept-Encoding", "gzip", "If-None-Match", etag); w.Code != http.StatusNotModified {
			t.Errorf("%s: status %d for tag %s", name, w.Code, etag)
		}
		if etag == plain.Header().Get("ETag") {
			t.Errorf("%s: one tag for different bytes", name)
		}
	}
}

func TestTheLandingPageLeadsEverywhere(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	var got Landing
	if err := json.Unmarshal(f.do(t, http.MethodGet, "/").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, path := range got.Links {
		if path == streamPath {
			continue // it does not end
		}
		if w := f.get(t, path); w.Code != http.StatusOK {
			t.Errorf("%s: %s is %d", name, path, w.Code)
		}
	}
	named := 0 // operations about one thing, which have no link
	for path := range targets {
		if strings.Contains(path, "{") {
			named++
		}
	}
	if got.Version != "1.2.3" || len(got.Links) != len(targets)-named+3 {
		t.Errorf("%d links for %d targets, %d of them about one thing: %+v", len(got.Links), len(targets), named, got)
	}
}
