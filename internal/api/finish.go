package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// finish holds a response back until it is complete, and then decides what
// leaves: a problem for every error and panic, 304 for what the client has
// already, an empty body for HEAD, the allowed methods for OPTIONS. A handler
// that flushes has chosen to stream and writes through from then on.
func (a *API) finish(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := takeHeld(w)
		defer b.release()
		a.guard(b, r, next) //nolint:contextcheck // the request carries its context
		if b.streaming {
			return
		}
		if b.status == 0 {
			b.status = http.StatusOK
		}
		switch {
		case r.Method == http.MethodOptions && b.status == http.StatusMethodNotAllowed:
			b.reset()
			b.status = http.StatusNoContent
			b.Header().Set("Allow", b.Header().Get("Allow")+", OPTIONS")
		case b.status >= http.StatusBadRequest && !isProblem(b.Header()):
			a.replaceByProblem(b, r)
		case b.status == http.StatusOK && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			if next := exchangeOf(r.Context()).next; next != "" {
				b.Header().Set("Link", nextLink(r.URL, next))
			}
			if b.matches(r) {
				b.reset()
				b.status = http.StatusNotModified
			}
		}
		b.send(r)
	})
}

// guard calls next and turns a panic into a problem.
func (a *API) guard(b *held, r *http.Request, next http.Handler) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
		x := exchangeOf(r.Context())
		x.cause = fmt.Errorf("api: panic: %v", cause)
		x.stack = debug.Stack()
		if b.streaming {
			panic(http.ErrAbortHandler) // the only way to tell the client that the rest is missing
		}
		writeProblem(b, r, http.StatusInternalServerError, detailInternal)
	}()
	next.ServeHTTP(b, r)
}

// replaceByProblem takes over errors that the mux and other handlers wrote as
// text.
func (a *API) replaceByProblem(b *held, r *http.Request) {
	detail := strings.TrimSpace(b.body.String())
	switch {
	case b.status == http.StatusNotFound:
		detail = fmt.Sprintf("There is nothing at %s. GET / lists what there is.", r.URL.Path)
	case b.status == http.StatusMethodNotAllowed:
		detail = fmt.Sprintf("%s is not allowed at %s. Allowed: %s.", r.Method, r.URL.Path, b.Header().Get("Allow"))
	case b.status >= http.StatusInternalServerError:
		exchangeOf(r.Context()).cause = fmt.Errorf("api: status %d: %s", b.status, detail)
		detail = detailInternal
	}
	writeProblem(b, r, b.status, detail)
}

func isProblem(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && t == problemType
}

// held is a response that has not left yet.
type held struct {
	http.ResponseWriter
	status    int
	body      bytes.Buffer
	streaming bool
}

var heldPool = sync.Pool{New: func() any { return new(held) }}

func takeHeld(w http.ResponseWriter) *held {
	b := heldPool.Get().(*held)
	b.ResponseWriter, b.status, b.streaming = w, 0, false
	b.body.Reset()
	return b
}

// maxPooled is the largest buffer kept for reuse, bytes: a page of 1,000
// windows.
const maxPooled = 512 << 10

func (b *held) release() {
	b.ResponseWriter = nil
	if b.body.Cap() <= maxPooled {
		heldPool.Put(b)
	}
}

// WriteHeader implements http.ResponseWriter.
func (b *held) WriteHeader(status int) {
	if b.streaming || status < 200 {
		b.ResponseWriter.WriteHeader(status)
		return
	}
	if b.status == 0 {
		b.status = status
	}
}

// Write implements http.ResponseWriter.
func (b *held) Write(p []byte) (int, error) {
	if b.streaming {
		return b.ResponseWriter.Write(p)
	}
	if b.status == 0 {
		b.status = http.StatusOK
	}
	return b.body.Write(p)
}

// FlushError implements what http.ResponseController looks for: the first flush
// lets the response go.
func (b *held) FlushError() error {
	if !b.streaming {
		b.streaming = true
		if b.status != 0 {
			b.ResponseWriter.WriteHeader(b.status)
		}
		if _, err := b.ResponseWriter.Write(b.body.Bytes()); err != nil {
			return err
		}
	}
	return http.NewResponseController(b.ResponseWriter).Flush()
}

// Unwrap serves http.ResponseController.
func (b *held) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// reset drops the body and what describes it.
func (b *held) reset() {
	b.body.Reset()
	b.status = 0
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
		b.Header().Del(name)
	}
}

// matches tags the response, unless it must not be kept, and reports whether
// the client has it already.
func (b *held) matches(r *http.Request) bool {
	h := b.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if h.Get("Cache-Control") == "no-store" {
		return false
	}
	if h.Get("ETag") == "" {
		h.Set("ETag", tag(b.body.Bytes()))
	}
	have := tagged(r.Header["If-None-Match"], h.Get("ETag"))
	if have == "" {
		return false
	}
	h.Set("ETag", have)
	return true
}

// send lets the response go, packed if the client takes that and it is worth it.
func (b *held) send(r *http.Request) {
	h := b.Header()
	if b.status >= http.StatusBadRequest {
		h.Set("Cache-Control", "no-store")
	}
	body := b.body.Bytes()
	if h.Get("Content-Encoding") == "" && packable(h.Get("Content-Type")) {
		h.Add("Vary", "Accept-Encoding")
		if c := negotiate(r.Header["Accept-Encoding"]); c != codingPlain && len(body) >= minPacked {
			body = pack(c, body)
			h.Set("Content-Encoding", codings[c])
			if etag := h.Get("ETag"); etag != "" {
				h.Set("ETag", tagOf(etag, c))
			}
		}
	}
	if b.status != http.StatusNoContent && b.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	b.ResponseWriter.WriteHeader(b.status)
	if r.Method != http.MethodHead && len(body) > 0 {
		// The status is out: a client that went away is nobody's error.
		_, _ = b.ResponseWriter.Write(body)
	}
}

// tag is the strong entity tag of b: equal in every process that would answer
// the same bytes.
func tag(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
