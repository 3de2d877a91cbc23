package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// entity is an answer in the bytes that leave, and in every coding that was asked for.
// It is shared: nothing of it changes but that codings are added.
type entity struct {
	header http.Header // what goes with it
	etag   string
	plain  []byte
	forms  [len(codings)]atomic.Pointer[form]

	source string    // of its figures
	made   time.Time // when they were read
}

// form is an entity in one coding: header fields, and the body.
type form struct {
	etag, length, coding []string
	body                 []byte
}

// form returns e in a coding, or plain if that does not make it smaller. What is
// packed twice at the same time is equal.
func (e *entity) form(c coding) *form {
	if len(e.plain) < minPacked {
		c = codingPlain
	}
	if f := e.forms[c].Load(); f != nil {
		return f
	}
	f := &form{body: pack(c, e.plain)}
	if c != codingPlain && len(f.body) >= len(e.plain) {
		f = e.form(codingPlain)
	} else {
		f.etag, f.length = []string{tagOf(e.etag, c)}, []string{strconv.Itoa(len(f.body))}
		if c != codingPlain {
			f.coding = []string{codings[c]}
		}
	}
	e.forms[c].Store(f)
	return f
}

// size is about what e takes in memory, bytes. The packed forms together are smaller
// than the plain one.
func (e *entity) size() int { return 2*len(e.plain) + 1024 }

// serve answers with e, whose age is age.
func (e *entity) serve(w http.ResponseWriter, r *http.Request, age time.Duration) {
	h := w.Header()
	vary := h["Vary"]
	maps.Copy(h, e.header)
	if len(vary) > 0 {
		h["Vary"] = append(slices.Clip(vary), e.header["Vary"]...)
	}
	h["Age"] = seconds(age)
	f := e.form(negotiate(r.Header["Accept-Encoding"]))
	if asked := r.Header["If-None-Match"]; len(asked) > 0 {
		if have := tagged(asked, e.etag); have != "" {
			h["Etag"] = []string{have}
			delete(h, "Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h["Etag"], h["Content-Length"] = f.etag, f.length
	if f.coding != nil {
		h["Content-Encoding"] = f.coding
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		// The status is out: a client that went away is nobody's error.
		_, _ = w.Write(f.body)
	}
}

// ages are header fields of whole seconds: most answers are kept for no longer.
var ages = func() (fields [64][]string) {
	for s := range fields {
		fields[s] = []string{strconv.Itoa(s)}
	}
	return fields
}()

func seconds(age time.Duration) []string {
	s := max(0, int(age/time.Second))
	if s < len(ages) {
		return ages[s]
	}
	return []string{strconv.Itoa(s)}
}
