package api

import (
	"log/slog"
	"net/http"
	"strings"
)

// named is an input that says what it is about, for the log.
type named interface{ about() string }

// maxSaid bounds what of a refusal's reason is logged, bytes: it may repeat names that
// the client gave.
const maxSaid = 300

// audit notes for operators who wanted to do what, and how it went: of every call of an
// operation that does something, also one that was refused before it was reached. Bodies
// are not logged: they may hold events.
func (a *API) audit(r *http.Request, x *exchange, status int) {
	if r.Method != http.MethodPost {
		return
	}
	_, pattern := a.routes.Handler(r)
	action, known := a.actions[pattern]
	if !known {
		return
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("action", action), slog.String("key", x.key.ID), slog.String("request_id", x.id), slog.String("path", r.URL.Path), slog.Int("status", status),
	}
	if x.about != "" {
		attrs = append(attrs, slog.String("on", x.about))
	}
	if status >= http.StatusBadRequest {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("refused", strings.ToValidUTF8(x.said[:min(len(x.said), maxSaid)], "")), slog.String("remote", r.RemoteAddr))
	}
	a.cfg.Log.LogAttrs(r.Context(), level, "admin action", attrs...)
}
