package collector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// bodies are buffers that bodies are read into. None grows to more than a few times what a
// body may have.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read returns the body of a request.
func (c *Collector) read(w http.ResponseWriter, r *http.Request) (string, *answer) {
	limit := c.cfg.Limits.BodyBytes
	tooLarge := refusal(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The body has more than %d bytes. Send it in parts.", limit))
	if r.ContentLength > limit {
		return "", tooLarge
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		packed, err := gzip.NewReader(from)
		if err != nil {
			return "", unread(err, tooLarge)
		}
		defer packed.Close()
		from = io.LimitReader(packed, limit+1)
	default:
		return "", refusal(http.StatusUnsupportedMediaType, "bad_encoding", "Content-Encoding is "+encoding+"; want gzip, or none.")
	}
	text := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(text)
	text.Reset()
	if _, err := text.ReadFrom(from); err != nil {
		return "", unread(err, tooLarge)
	}
	if int64(text.Len()) > limit {
		return "", tooLarge
	}
	return text.String(), nil
}

// understand returns a body as an object of JSON, which it must be whatever its
// Content-Type says: the browser's SDK says text/plain.
func understand(body string) (value, *answer) {
	v, err := parse(body)
	switch {
	case errors.Is(err, errCrowded):
		return value{}, refusal(http.StatusRequestEntityTooLarge, "too_large", "The body has "+err.Error()+". Send it in parts.")
	case err != nil || !v.isObject():
		return value{}, refusal(http.StatusBadRequest, "invalid_json", "The body is not an object of JSON.")
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
