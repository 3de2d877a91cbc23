package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// uiPolicy lets the web interface run its own files and call its own origin, and
// nothing else. Charts place their tooltips by style attributes.
const uiPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// scriptPolicy is for a script that runs as a worker: it is held to the policy that it
// comes with. Others are held to that of their page.
const scriptPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"

// immutable is for files whose names change with their content.
const immutable = "public, max-age=31536000, immutable"

// The files of the interface that are not served under their own names.
const (
	uiIndex  = "index.html"
	uiRoutes = "routes.json"
)

// addUI serves the web interface: its files, and its page at every path that is
// one of its own. Other paths stay 404.
func (a *API) addUI() error {
	index, err := readPacked(a.deps.UI, uiIndex)
	if err != nil {
		return err
	}
	index.policy = uiPolicy
	a.page = index
	scripts, err := a.uiScripts()
	if err != nil {
		return err
	}
	for p, names := range scripts {
		page := *index
		for _, name := range names {
			page.links = append(page.links, "</"+name+">; rel=modulepreload")
		}
		if p == "/" { // where addLanding answers
			a.page = &page
			continue
		}
		a.routes.HandleFunc("GET "+p, page.ServeHTTP)
	}
	err = fs.WalkDir(a.deps.UI, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == uiIndex || name == uiRoutes || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			return err
		}
		f, err := readPacked(a.deps.UI, name)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, "assets/") {
			f.cache = immutable
		}
		if path.Ext(name) == ".js" {
			f.policy = scriptPolicy
		}
		a.routes.HandleFunc("GET /"+name, f.ServeHTTP)
		return nil
	})
	if err != nil {
		return fmt.Errorf("api: web interface: %w", err)
	}
	return nil
}

// uiScripts are the paths of the interface's pages, each with the scripts of its own.
func (a *API) uiScripts() (map[string][]string, error) {
	list, err := fs.ReadFile(a.deps.UI, uiRoutes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("api: web interface: %w", err)
	}
	var scripts map[string][]string
	if err := json.Unmarshal(list, &scripts); err != nil {
		return nil, fmt.Errorf("api: web interface: read %s: %w", uiRoutes, err)
	}
	return scripts, nil
}

// wantsPage reports whether a client would rather have a page than JSON, as
// browsers do.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// packed is a file in the forms in which it leaves.
type packed struct {
	contentType, cache, policy string
	links                      []string // what the browser needs next, so that it asks before it has read this
	etag                       string   // of the plain bytes
	plain, gzip, brotli        []byte   // the last two nil where it was not compressed
}

func readPacked(files fs.FS, name string) (*packed, error) {
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("api: web interface: %w", err)
	}
	f := &packed{contentType: mime.TypeByExtension(path.Ext(name)), cache: "no-cache", etag: tag(plain), plain: plain}
	if f.contentType == "" {
		f.contentType = http.DetectContentType(plain) // fonts, on systems that do not list them
	}
	for ext, form := range map[string]*[]byte{".gz": &f.gzip, ".br": &f.brotli} {
		if *form, err = fs.ReadFile(files, name+ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("api: web interface: %w", err)
		}
	}
	return f, nil
}

// ServeHTTP answers with the smallest form that the client takes.
func (f *packed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Add("Vary", "Accept-Encoding")
	if f.policy != "" {
		h.Set("Content-Security-Policy", f.policy)
	}
	for _, link := range f.links {
		h.Add("Link", link)
	}
	body, etag := f.plain, f.etag
	accepts := r.Header.Get("Accept-Encoding")
	switch {
	case f.brotli != nil && takes(accepts, "br"):
		h.Set("Content-Encoding", "br")
		body, etag = f.brotli, tagOf(etag, codingBrotli)
	case f.gzip != nil && takes(accepts, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body, etag = f.gzip, tagOf(etag, codingGzip)
	}
	h.Set("ETag", etag)
	_, _ = w.Write(body) // held in memory
}

// takes reports whether an Accept-Encoding header allows an encoding.
func takes(accepts, encoding string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == encoding {
			return strings.ReplaceAll(parameter, " ", "") != "q=0"
		}
	}
	return false
}
