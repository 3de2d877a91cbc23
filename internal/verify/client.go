package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// API is where the API is: a handler of this process, or a base URL.
type API struct {
	Handler http.Handler // nil: URL is asked
	URL     string       // such as http://127.0.0.1:8000
	Key     string       // sent as X-API-Key
}

const (
	answerTime  = 30 * time.Second
	answerBytes = 16 << 20
)

// get asks for path and decodes the answer.
func (a *API) get(ctx context.Context, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("X-API-Key", a.Key)
	status, body, err := a.send(req)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %.300s", status, body)
	}
	return json.Unmarshal(body, into)
}

func (a *API) send(req *http.Request) (status int, body []byte, err error) {
	if a.Handler != nil {
		w := &response{header: http.Header{}, status: http.StatusOK}
		a.Handler.ServeHTTP(w, req)
		return w.status, w.body.Bytes(), nil
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, answerBytes))
	return res.StatusCode, body, err
}

// response takes what a handler writes.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(b []byte) (int, error) { return w.body.Write(b) }
