package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// agedStore is live tables that say how fresh they are, or why they cannot.
type agedStore struct {
	liveStore
	err error
}

func (s *agedStore) AsOf(context.Context) (store.AsOf, error) { return store.AsOf{}, s.err }

// ofAPI asks an API over s that pages of an origin may ask.
func ofAPI(t *testing.T, s liveStore, origin, path string) *httptest.ResponseRecorder {
	t.Helper()
	p := &platform{rules: rules.Default()}
	access := readAccess("a key")
	access.origins = []string{origin}
	h, err := p.newAPI(s, nil, nil, access, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.Header.Set("Origin", origin)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAnAPIIsReadyWhileItsTablesAnswer: an API without a stream of its own is as ready as
// what it reads.
func TestAnAPIIsReadyWhileItsTablesAnswer(t *testing.T) {
	s := &agedStore{}
	if got := ofAPI(t, s, "https://shop.example", "/readyz").Code; got != http.StatusOK {
		t.Errorf("with tables that answer it is %d, want 200", got)
	}
	s.err = errors.New("connection refused")
	if got := ofAPI(t, s, "https://shop.example", "/readyz").Code; got != http.StatusServiceUnavailable {
		t.Errorf("with tables that are away it is %d, want 503", got)
	}
}

func TestPagesOfAnOriginThatIsGivenMayAsk(t *testing.T) {
	const origin = "https://shop.example"
	if got := ofAPI(t, &agedStore{}, origin, "/readyz").Header().Get("Access-Control-Allow-Origin"); got != origin {
		t.Errorf("origin %q may ask, want %q", got, origin)
	}
}
