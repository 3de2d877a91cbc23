package collector

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"globalmart/internal/keys"
)

// authorize finds the write key of a request. It stands in the user of a Basic
// Authorization, or else where [writeKey] looks.
func (c *Collector) authorize(r *http.Request, text string) (keys.Key, *answer) {
	if text == "" {
		return keys.Key{}, refusal(http.StatusUnauthorized, "no_write_key", `No write key. Send it as the user of a Basic Authorization, or as "writeKey" in the body.`)
	}
	key, err := c.cfg.Keys.Find(r.Context(), text)
	switch {
	case errors.Is(err, keys.ErrUnknown):
		return keys.Key{}, refusal(http.StatusUnauthorized, "unknown_write_key", "The write key is not known.")
	case err != nil:
		c.complain(r, "keys", err)
		return keys.Key{}, refusal(http.StatusServiceUnavailable, "unavailable", "The write key cannot be looked up now. Try again shortly.")
	case !key.Has(keys.Ingest):
		return keys.Key{}, refusal(http.StatusUnauthorized, "not_a_write_key", "The key lacks the scope "+string(keys.Ingest)+".")
	}
	return key, nil
}

// writeKey is the write key of a request that has none in its Authorization: it may
// stand, in this order, in the body, in the header X-Write-Key, or in the query.
func writeKey(r *http.Request, inBody string) string {
	if inBody != "" {
		return inBody
	}
	if key := r.Header.Get("X-Write-Key"); key != "" {
		return key
	}
	return r.URL.Query().Get("writeKey")
}

// basicUser returns the user of a Basic Authorization, "" if there is none. The colon that
// ends it may be missing, as some clients have it.
func basicUser(header string) string {
	scheme, credentials, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
	if err != nil {
		return ""
	}
	user, _, _ := strings.Cut(string(text), ":")
	return user
}
