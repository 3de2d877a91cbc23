package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"
)

// exchange is what the layers tell each other about one request. It belongs to
// the request's goroutine.
type exchange struct {
	id    string // request id
	keyID string // of the key, once it is known
	cause error  // what stays in the log of a failure
	stack []byte // of a panic
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

// observe gives a request its id and the headers that every answer has, and
// writes one log line when it is over.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := a.cfg.Now()
		x := &exchange{id: requestID(r)}
		h := w.Header()
		h.Set(headerRequestID, x.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

		m := &meter{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		defer func() { a.logAccess(r, x, m, a.cfg.Now().Sub(began)) }()
		next.ServeHTTP(m, r)
	})
}

// logAccess writes no query string and no header: either may hold a secret.
func (a *API) logAccess(r *http.Request, x *exchange, m *meter, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", x.id),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Int("status", m.status),
		slog.Int64("bytes", m.bytes),
		slog.Float64("took_ms", float64(took.Microseconds())/1000),
		slog.String("remote", r.RemoteAddr),
	}
	if x.keyID != "" {
		attrs = append(attrs, slog.String("key", x.keyID))
	}
	level := slog.LevelInfo
	if m.status >= http.StatusInternalServerError {
		level = slog.LevelError
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

// Flush implements http.Flusher, which the compressing layer looks for.
func (m *meter) Flush() {
	// A client that went away is nobody's error.
	_ = http.NewResponseController(m.ResponseWriter).Flush()
}

// Unwrap serves http.ResponseController.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
