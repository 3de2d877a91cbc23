package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"globalmart/internal/keys"
)

// exchange is what the layers tell each other about one request. It belongs to
// the request's goroutine.
type exchange struct {
	id    string   // request id
	key   keys.Key // once it is known
	cause error    // what stays in the log of a failure
	stack []byte   // of a panic

	asked   bool     // whether it may come in was found out before the operation is known
	refused *refusal // then: why it may not
	counted bool     // it is one of those that are worked on
	stream  bool     // it lasts
	source  string   // of the figures in the answer; "" if there are none
	next    string   // cursor of the page after the answer; "" if there is none

	about string // what an operator's call was about
	said  string // what the client was told was wrong
}

type exchangeKey struct{}

// exchangeOf returns the exchange of a request that came through observe, and a
// new one otherwise.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

const headerRequestID = "X-Request-Id"

// requestID returns the caller's id if it is harmless in a log and a header,
// and a new one otherwise.
func requestID(r *http.Request) string {
	id := r.Header.Get(headerRequestID)
	if id == "" || len(id) > 64 {
		return rand.Text()
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return rand.Text()
		}
	}
	return id
}

// The headers that every answer has. The lists are shared and never changed.
var (
	headerNosniff  = []string{"nosniff"}
	headerDeny     = []string{"DENY"}
	headerReferrer = []string{"no-referrer"}
	headerResource = []string{"same-origin"}
	headerPolicy   = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// collectorPrefix is that of the paths of a collector.
const collectorPrefix = "/v1/"

// ServeHTTP implements http.Handler: it gives a request its id and the headers that
// every answer has, answers it, and writes one log line when it is over.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.deps.Collector != nil && strings.HasPrefix(r.URL.Path, collectorPrefix) {
		a.deps.Collector.ServeHTTP(w, r)
		return
	}
	began := a.cfg.Now()
	o := &struct {
		exchange
		meter
	}{exchange: exchange{id: requestID(r)}, meter: meter{ResponseWriter: w}}
	x, m := &o.exchange, &o.meter
	h := w.Header()
	h[headerRequestID] = []string{x.id}
	h["X-Content-Type-Options"] = headerNosniff
	h["X-Frame-Options"] = headerDeny
	h["Referrer-Policy"] = headerReferrer
	h["Cross-Origin-Resource-Policy"] = headerResource
	h["Content-Security-Policy"] = headerPolicy
	defer func() {
		took := a.cfg.Now().Sub(began)
		a.counts.request(m.status, took, x.stream)
		a.logAccess(r, x, m, took)
		a.audit(r, x, m.status)
	}()
	if a.cors(h, r) {
		m.WriteHeader(http.StatusNoContent)
		return
	}
	if a.kept.serve(m, r, x) {
		return
	}
	a.inner.ServeHTTP(m, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
}

// logAccess writes no query string and no header: either may hold a secret.
func (a *API) logAccess(r *http.Request, x *exchange, m *meter, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case m.status < http.StatusInternalServerError:
	case x.cause == nil && x.stack == nil:
		level = slog.LevelWarn // not ready, or busy: nothing has failed, and the answer says why
	default:
		level = slog.LevelError
	}
	if !a.cfg.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", x.id),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Int("status", m.status),
		slog.Int64("bytes", m.bytes),
		slog.Float64("took_ms", float64(took.Microseconds())/1000),
		slog.String("remote", r.RemoteAddr),
	}
	if x.key.ID != "" {
		attrs = append(attrs, slog.String("key", x.key.ID))
	}
	if x.cause != nil {
		attrs = append(attrs, slog.Any("error", x.cause))
	}
	if x.stack != nil {
		attrs = append(attrs, slog.String("stack", string(x.stack)))
	}
	a.cfg.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// meter counts what went out.
type meter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (m *meter) WriteHeader(status int) {
	if m.status == 0 {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (m *meter) Write(p []byte) (int, error) {
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := m.ResponseWriter.Write(p)
	m.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
