package api

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"globalmart/internal/warehouse"
)

// outcome is how an operation answered: with an answer to keep, or with another one.
type outcome struct {
	capture
	entity *entity
	cause  error
	stack  []byte
}

// capture is a response in memory.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *capture) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *capture) WriteHeader(status int) { c.status = status }

// Write implements http.ResponseWriter.
func (c *capture) Write(b []byte) (int, error) { return c.body.Write(b) }

// replay answers as the operation did.
func (c *capture) replay(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), c.header)
	w.WriteHeader(c.status)
	if r.Method != http.MethodHead {
		// The status is out: a client that went away is nobody's error.
		_, _ = w.Write(c.body.Bytes())
	}
}

// compute asks another process's answers, then the operation, and keeps what there is
// to keep.
func (k *keeper) compute(key answerKey, r *http.Request) (o *outcome, err error) {
	defer func() {
		// A handler that has begun to stream gives up like this.
		if cause := recover(); cause != nil {
			o, err = nil, fmt.Errorf("api: it cannot be kept: %v", cause)
		}
	}()
	if e := k.shared(r.Context(), key); e != nil && !wantsNew(r.Header["Cache-Control"]) {
		k.answers.Set(key, e)
		return &outcome{entity: e}, nil
	}
	made := k.a.cfg.Now() // before anything is read
	o = &outcome{capture: capture{header: http.Header{}}}
	k.a.inner.ServeHTTP(o, r)
	x := exchangeOf(r.Context())
	o.cause, o.stack = x.cause, x.stack
	if o.status != http.StatusOK || x.source == "" {
		return o, nil
	}
	o.entity = &entity{header: o.header, etag: o.header.Get("ETag"), plain: o.body.Bytes(), source: x.source, made: made}
	for _, name := range []string{"Etag", "Content-Length"} {
		delete(o.header, name)
	}
	k.answers.Set(key, o.entity)
	k.share(r.Context(), key, o.entity)
	return o, nil
}

// sharedHead goes before the body of an answer that processes share.
type sharedHead struct {
	Header http.Header `json:"h"`
	ETag   string      `json:"e"`
	Source string      `json:"s"`
	Made   int64       `json:"m"` // Unix milliseconds
}

// sharedPrefix keeps these answers apart from those of the warehouse, and those of a
// build whose answers look different.
func (k *keeper) sharedKey(key answerKey) string {
	return "answer " + k.a.cfg.Version + " " + key.run + " " + key.question
}

func (k *keeper) share(ctx context.Context, key answerKey, e *entity) {
	if k.a.cfg.Shared == nil {
		return
	}
	head, err := json.Marshal(sharedHead{e.header, e.etag, e.source, e.made.UnixMilli()})
	if err != nil {
		panic(fmt.Sprintf("api: BUG: encode head: %v", err)) // texts and a number
	}
	value := binary.BigEndian.AppendUint32(nil, uint32(len(head)))
	value = append(append(value, head...), e.plain...)
	t := termsOf(e.source)
	k.a.cfg.Shared.Set(ctx, k.sharedKey(key), value, t.fresh)
}

// shared returns the answer that another process has made, if it is fresh.
func (k *keeper) shared(ctx context.Context, key answerKey) *entity {
	if k.a.cfg.Shared == nil {
		return nil
	}
	value, found := k.a.cfg.Shared.Get(ctx, k.sharedKey(key))
	if !found || len(value) < 4 {
		return nil
	}
	n := int64(binary.BigEndian.Uint32(value))
	value = value[4:]
	var head sharedHead
	if n > int64(len(value)) || json.Unmarshal(value[:n], &head) != nil {
		return nil // not of this build
	}
	e := &entity{header: head.Header, etag: head.ETag, source: head.Source, made: time.UnixMilli(head.Made), plain: value[n:]}
	if k.a.cfg.Now().Sub(e.made) >= termsOf(e.source).fresh {
		return nil
	}
	return e
}

// runAge is how old what is known of the warehouse's run may be.
const runAge = 2 * time.Second

// runWatch knows which run of the warehouse is the newest.
type runWatch struct {
	state  func(context.Context) (warehouse.State, error) // nil: there is no warehouse
	now    func() time.Time
	seen   atomic.Pointer[seenRun]
	asking singleflight.Group
}

type seenRun struct {
	run string
	at  time.Time
}

// current returns the newest run; "" if there is none. It asks at most once a second.
func (w *runWatch) current(ctx context.Context) string {
	if w.state == nil {
		return ""
	}
	now := w.now()
	seen := w.seen.Load()
	if seen != nil && now.Sub(seen.at) < runAge/2 {
		return seen.run
	}
	asked := w.asking.DoChan("", func() (any, error) { return w.ask(context.WithoutCancel(ctx), now), nil })
	if seen != nil && now.Sub(seen.at) < runAge {
		return seen.run
	}
	select {
	case <-ctx.Done():
		return ""
	case result := <-asked:
		return result.Val.(string)
	}
}

func (w *runWatch) ask(ctx context.Context, now time.Time) string {
	s, err := w.state(ctx)
	before := w.seen.Load()
	if err != nil && !errors.Is(err, warehouse.ErrNone) && before != nil {
		return before.run // whoever asks it for figures will hear why
	}
	w.seen.Store(&seenRun{s.Run, now})
	return s.Run
}
