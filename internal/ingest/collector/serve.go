package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
)

// answer is what a request is answered with.
type answer struct {
	status int
	body   any    // as JSON; nil = nothing
	source string // the id of its key, once that is known
}

// ServeHTTP implements [http.Handler] for the paths below [Prefix].
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := c.cfg.Now()
	allowOrigin(w.Header(), r)
	a := c.answer(w, r)
	if retryable(a.status) {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(c.cfg.Limits.RetryAfter, time.Second)/time.Second)))
	}
	send(w, a)
	now := c.cfg.Now()
	c.books.request(a, now, now.Sub(began), isRetry(r))
}

// isRetry reports whether a client says that it sends r again.
func isRetry(r *http.Request) bool {
	n := r.Header.Get("X-Retry-Count")
	return n != "" && n != "0"
}

// retryable reports whether clients send a request that is answered with status again.
func retryable(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

func send(w http.ResponseWriter, a answer) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	text, err := json.Marshal(a.body)
	if err != nil {
		panic("collector: BUG: an answer cannot be written: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
	// The status is out: a client that went away is nobody's error.
	_, _ = w.Write(text)
}

func (c *Collector) answer(w http.ResponseWriter, r *http.Request) (a answer) {
	defer func() {
		if cause := recover(); cause != nil {
			c.complain(r, "panic", fmt.Errorf("collector: panic: %v", cause), slog.String("stack", string(debug.Stack())))
			a = problem(http.StatusInternalServerError, "internal", "Something failed inside. The log has the cause.")
		}
	}()
	kind, found := routes[r.URL.Path]
	key := settingsOf(r.URL.Path)
	switch {
	case r.Method == http.MethodOptions && (found || key != ""):
		return answer{status: http.StatusNoContent}
	case key != "" && r.Method == http.MethodGet:
		return settings(r, key)
	case !found:
		return problem(http.StatusNotFound, "not_found", "There is nothing at "+r.URL.Path+". Events go to POST /v1/batch, or one by one to /v1/track, identify, page, screen, group and alias.")
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST, OPTIONS")
		return problem(http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not allowed here. Send events with POST.")
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
		return c.collect(w, r, kind)
	default:
		return problem(http.StatusTooManyRequests, "overloaded", fmt.Sprintf("%d requests are being worked on already. Try again shortly.", c.cfg.Limits.Requests))
	}
}

// taken is the answer to events that are in the log, the refused ones too.
type taken struct {
	Success       bool       `json:"success"`
	Accepted      int        `json:"accepted"`
	RejectedCount int        `json:"rejectedCount,omitempty"`
	Rejected      []rejected `json:"rejected,omitempty"` // the first ones
}

// collect takes the events of a request. It succeeds only once all of them are durable.
func (c *Collector) collect(w http.ResponseWriter, r *http.Request, kind string) answer {
	text, bad := c.read(w, r)
	if bad != nil {
		return *bad
	}
	var key keys.Key
	user := basicUser(r.Header.Get("Authorization"))
	if user != "" { // else one has to look into the body for it
		if key, bad = c.authorize(r, user); bad != nil {
			return *bad
		}
	}
	body, bad := understand(text)
	if bad != nil {
		return *bad
	}
	e := readEnvelope(body)
	if user == "" {
		if key, bad = c.authorize(r, writeKey(r, e.writeKey)); bad != nil {
			return *bad
		}
	}
	if kind == kindMetrics { // of the SDK itself, which nobody asks for here
		return answer{http.StatusOK, taken{Success: true}, key.ID}
	}
	a := c.record(r, body, &e, kind, key)
	a.source = key.ID
	return a
}

// record puts the events of a body into the log.
func (c *Collector) record(r *http.Request, body value, e *envelope, kind string, key keys.Key) answer {
	t, bad := c.sort(body, e, kind, key.ID)
	if bad != nil {
		return *bad
	}
	n := len(t.records) + len(t.waiting) // one for each event
	if !c.rates.allow(key, n, c.cfg.Now()) {
		return problem(http.StatusTooManyRequests, "rate_limited", fmt.Sprintf("This write key sends more than %d events a second. Try again shortly.", c.rates.of(key)))
	}
	if bad := c.write(r, t.records); bad != nil {
		return *bad
	}
	if bad := c.complete(r, t); bad != nil {
		return *bad
	}
	c.books.events(key.ID, t)
	refused := t.refusedCount()
	return answer{status: http.StatusOK, body: taken{true, n - refused, refused, t.rejected}}
}

// sort makes the records of the events in a body.
func (c *Collector) sort(body value, e *envelope, kind, source string) (*intake, *answer) {
	now := event.TimeOf(c.cfg.Now())
	t := &intake{
		base: c.cfg.Rules.Currency, convert: c.convert, source: source, received: now, skew: skew(e.sentAt, now), refused: map[event.Reason]int{},
		lookUp: c.cfg.Orders != nil, buffer: make([]byte, 0, len(body.raw())), // an event of ours is about as long as one of theirs
	}
	if kind != kindBatch {
		m := readMessage(body, kind, value{})
		t.take(0, &m)
		return t, nil
	}
	if !e.batch.isArray() {
		return nil, refusal(http.StatusBadRequest, "bad_batch", `The body has no member "batch" that is an array of events.`)
	}
	t.records = make([]kgo.Record, 0, min(e.batch.count(), c.cfg.Limits.Events))
	n := 0
	for element := range e.batch.elements() {
		if n == c.cfg.Limits.Events {
			return nil, refusal(http.StatusRequestEntityTooLarge, "too_many_events", fmt.Sprintf("The batch has more than %d events. Send it in parts.", n))
		}
		m := readMessage(element, "", e.context)
		t.take(n, &m)
		n++
	}
	return t, nil
}

// write puts records into the log.
func (c *Collector) write(r *http.Request, records []kgo.Record) *answer {
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Limits.Wait)
	defer cancel()
	err := c.cfg.Events.Write(ctx, records)
	if errors.Is(err, kafka.ErrBusy) {
		return refusal(http.StatusTooManyRequests, "overloaded", "More arrives than can be written now. Try again shortly.")
	}
	if err == nil || r.Context().Err() == nil { // else the client did not wait
		c.books.wrote(err)
	}
	if err == nil {
		return nil
	}
	c.complain(r, "write", err)
	return refusal(http.StatusServiceUnavailable, "unavailable", "The events cannot be written now. Try again shortly: what was written nevertheless is recognised.")
}

// complain logs an error of ours, one of a kind now and then.
func (c *Collector) complain(r *http.Request, kind string, err error, more ...slog.Attr) {
	omitted, due := c.told.Due(kind, c.cfg.Now())
	if !due {
		return
	}
	attrs := append([]slog.Attr{slog.String("path", r.URL.Path), slog.Any("error", err), slog.Int("omitted", omitted)}, more...)
	c.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "events could not be taken", attrs...)
}
