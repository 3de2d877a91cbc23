package api

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
	swagger "github.com/swaggest/swgui/v5/static"
)

// docsPolicy lets the documentation page run its own files and call its own
// origin, and nothing else.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

//go:embed docs
var docsFS embed.FS

// asset is one file of the documentation page.
type asset struct {
	path        string
	from        fs.FS
	name        string // in from; gzip if it ends in .gz
	contentType string
}

var assets = []asset{
	{"/docs", docsFS, "docs/index.html", "text/html; charset=utf-8"},
	{"/docs/init.js", docsFS, "docs/init.js", "text/javascript; charset=utf-8"},
	{"/docs/page.css", docsFS, "docs/page.css", "text/css; charset=utf-8"},
	{"/docs/swagger-ui-bundle.js", swagger.FS, "swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"},
	{"/docs/swagger-ui.css", swagger.FS, "swagger-ui.css.gz", "text/css; charset=utf-8"},
	{"/docs/favicon.png", swagger.FS, "favicon-32x32.png", "image/png"},
}

// addDocs serves Swagger UI from the binary: the page works offline.
func (a *API) addDocs() error {
	for _, f := range assets {
		body, err := fs.ReadFile(f.from, f.name)
		if err != nil {
			return fmt.Errorf("api: read documentation asset %s: %w", f.name, err)
		}
		if strings.HasSuffix(f.name, ".gz") {
			a.routes.HandleFunc("GET "+f.path, servePacked(f.contentType, body))
		} else {
			a.routes.HandleFunc("GET "+f.path, servePlain(f.contentType, body))
		}
	}
	return nil
}

func servePlain(contentType string, body []byte) http.HandlerFunc {
	etag := tag(body)
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Security-Policy", docsPolicy)
		h.Set("ETag", etag)
		_, _ = w.Write(body) // held in memory
	}
}

// servePacked serves a file that is embedded compressed, without compressing it
// again; the rare client that does not take gzip has it unpacked.
func servePacked(contentType string, packed []byte) http.HandlerFunc {
	plain := tag(packed)
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Security-Policy", docsPolicy)
		h.Set("ETag", plain)
		h.Add("Vary", "Accept-Encoding")
		if accepts := r.Header.Get("Accept-Encoding"); strings.Contains(accepts, "gzip") && !strings.Contains(accepts, "gzip;q=0") {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", tagOf(plain, codingGzip))
			_, _ = w.Write(packed) // held in memory
			return
		}
		if err := unpack(w, packed); err != nil {
			panic(fmt.Sprintf("api: unpack embedded file: %v", err))
		}
	}
}

func unpack(w io.Writer, packed []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, z)
	return err
}

// Landing is what GET / answers to all but browsers: where everything is.
type Landing struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Links   map[string]string `json:"links"`
}

func (a *API) addLanding() error {
	links := map[string]string{
		"docs": "/docs", "openapi": "/openapi.json", "openapi_yaml": "/openapi.yaml",
	}
	for path, item := range a.huma.OpenAPI().Paths {
		if item.Get != nil && !strings.Contains(path, "{") {
			links[item.Get.OperationID] = path
		}
	}
	body, err := encode(Landing{Name: "GlobalMart", Version: a.cfg.Version, Links: links})
	if err != nil {
		return fmt.Errorf("api: encode landing page: %w", err)
	}
	a.routes.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if a.page != nil && wantsPage(r) {
			a.page.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // held in memory
	})
	return nil
}
