package api

import (
	"net/http"
	"slices"
)

// cors lets pages of the allowed origins read answers, and reports whether a request
// was their preflight, which is then answered. Credentials are never allowed: a key
// travels in a header that the page must set itself.
func (a *API) cors(h http.Header, r *http.Request) (preflight bool) {
	if len(a.cfg.AllowOrigins) == 0 {
		return false
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(a.cfg.AllowOrigins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
		h.Set("Access-Control-Allow-Headers", "X-API-Key, X-Request-Id, If-None-Match, Content-Type, Last-Event-ID")
		h.Set("Access-Control-Max-Age", "600")
		return true
	}
	h.Set("Access-Control-Expose-Headers", "Age, Content-Disposition, ETag, Link, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Next-Cursor, X-Request-Id")
	return false
}
