package collector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// read returns the body of a request, which must be an object of JSON, whatever its
// Content-Type says: the browser's SDK says text/plain.
func (c *Collector) read(w http.ResponseWriter, r *http.Request) (value, *answer) {
	limit := c.cfg.Limits.BodyBytes
	tooLarge := refusal(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The body has more than %d bytes. Send it in parts.", limit))
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		packed, err := gzip.NewReader(from)
		if err != nil {
			return nil, unread(err, tooLarge)
		}
		defer packed.Close()
		from = io.LimitReader(packed, limit+1)
	default:
		return nil, refusal(http.StatusUnsupportedMediaType, "bad_encoding", "Content-Encoding is "+encoding+"; want gzip, or none.")
	}
	var text bytes.Buffer
	if r.ContentLength > 0 {
		text.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := text.ReadFrom(from); err != nil {
		return nil, unread(err, tooLarge)
	}
	if int64(text.Len()) > limit {
		return nil, tooLarge
	}
	v, ok := parse(text.Bytes())
	if !ok || !v.isObject() {
		return nil, refusal(http.StatusBadRequest, "invalid_json", "The body is not an object of JSON.")
	}
	return v, nil
}

// unread is the answer to a body that could not be read to its end.
func unread(err error, tooLarge *answer) *answer {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return refusal(http.StatusBadRequest, "bad_encoding", "The body is cut off, or not what its Content-Encoding says.")
	}
	return refusal(http.StatusRequestTimeout, "timeout", "The body did not arrive in time. Try again.")
}
