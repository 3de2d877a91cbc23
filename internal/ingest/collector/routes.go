package collector

import (
	"net/http"
	"strings"
)

// Beside the type of a single event, a path may stand for these.
const (
	kindBatch   = ""
	kindMetrics = "metrics"
)

// routes are the paths of the servers' SDKs, and the short ones of the browser's.
var routes = map[string]string{
	"/v1/batch":    kindBatch,
	"/v1/import":   kindBatch,
	"/v1/b":        kindBatch,
	"/v1/track":    typeTrack,
	"/v1/t":        typeTrack,
	"/v1/identify": typeIdentify,
	"/v1/i":        typeIdentify,
	"/v1/page":     typePage,
	"/v1/p":        typePage,
	"/v1/screen":   typeScreen,
	"/v1/s":        typeScreen,
	"/v1/group":    typeGroup,
	"/v1/g":        typeGroup,
	"/v1/alias":    typeAlias,
	"/v1/a":        typeAlias,
	"/v1/m":        kindMetrics,
}

// allowOrigin lets pages of any origin send events. A write key in a page is public
// anyway, it opens nothing but this, and credentials are never allowed.
func allowOrigin(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "authorization, content-type, content-encoding, x-retry-count, x-write-key")
		h.Set("Access-Control-Max-Age", "600")
		return
	}
	h.Set("Access-Control-Expose-Headers", "Retry-After")
}

// settingsOf returns the write key in a path where the browser's SDK asks for its
// settings, or "".
func settingsOf(path string) string {
	rest, before := strings.CutPrefix(path, "/v1/projects/")
	key, after := strings.CutSuffix(rest, "/settings")
	if !before || !after || strings.Contains(key, "/") {
		return ""
	}
	return key
}

// settings tells the browser's SDK to send its events here.
func settings(r *http.Request, key string) answer {
	protocol := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		protocol = "https"
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"integrations": map[string]any{"Segment.io": map[string]any{"apiKey": key, "apiHost": r.Host + "/v1", "protocol": protocol}},
		"plan":         map[string]any{},
	}}
}

// problem is the answer to a request that is refused. Older clients repeat for ever what
// is refused without a code.
func problem(status int, code, message string) answer {
	return answer{status: status, body: struct {
		Success bool   `json:"success"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}{false, code, message}}
}

// refusal is a problem, where nil would mean that there is none.
func refusal(status int, code, message string) *answer {
	a := problem(status, code, message)
	return &a
}
