package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"globalmart/internal/keys"
)

const (
	sessionPath   = "/api/v1/session"
	sessionCookie = "globalmart_session"
	// sessionLife is how long a session lasts unless it is renewed.
	sessionLife = 12 * time.Hour
	// maxSessions bounds the memory that they take; the one that ends first makes room.
	maxSessions = 10_000
)

var errNoSession = errors.New("no such session")

// sessions are the sessions of pages, in memory: they end with the process. A session
// is as good as the key that it was begun with, and ends with it.
type sessions struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]session // by the hash of what the cookie holds
}

type session struct {
	key  keys.Key
	ends time.Time
}

// begin begins a session and returns what its cookie holds.
func (s *sessions) begin(k keys.Key, now time.Time) (token string, ends time.Time) {
	token, ends = rand.Text(), now.Add(sessionLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions {
		s.makeRoom(now)
	}
	if s.open == nil {
		s.open = map[[sha256.Size]byte]session{}
	}
	s.open[sha256.Sum256([]byte(token))] = session{key: k, ends: ends}
	return token, ends
}

// makeRoom forgets what has ended, and one more if there is none.
func (s *sessions) makeRoom(now time.Time) {
	var first [sha256.Size]byte
	var ends time.Time
	for hash, one := range s.open {
		if !now.Before(one.ends) {
			delete(s.open, hash)
		} else if ends.IsZero() || one.ends.Before(ends) {
			first, ends = hash, one.ends
		}
	}
	if len(s.open) >= maxSessions {
		delete(s.open, first)
	}
}

func (s *sessions) find(token string, now time.Time) (session, bool) {
	hash := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.open[hash]
	return one, ok && now.Before(one.ends)
}

func (s *sessions) end(token string) {
	hash := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, hash)
}

// keyOfSession returns the key of a session that is not over.
func (a *API) keyOfSession(ctx context.Context, token string) (keys.Key, error) {
	s, ok := a.pages.find(token, a.cfg.Now())
	if !ok {
		return keys.Key{}, errNoSession
	}
	err := a.cfg.Keys.Check(ctx, s.key)
	if errors.Is(err, keys.ErrUnknown) {
		a.pages.end(token)
		return keys.Key{}, errNoSession
	}
	return s.key, err
}

// Session is what a page may do.
type Session struct {
	Scopes  []string   `json:"scopes" nullable:"false" enum:"read,ingest,admin" doc:"What it may do."`
	Key     string     `json:"key" doc:"The id of the key, which is no secret."`
	Expires *time.Time `json:"expires" doc:"When it ends unless it is renewed; null for a key that was sent in the header."`
}

// sessionInput is the request itself.
type sessionInput struct{ r *http.Request }

// Resolve implements [huma.Resolver].
func (in *sessionInput) Resolve(ctx huma.Context) []error {
	in.r, _ = humago.Unwrap(ctx)
	return nil
}

type sessionOutput struct {
	CacheControl string      `header:"Cache-Control" hidden:"true"`
	SetCookie    http.Cookie `header:"Set-Cookie" doc:"The session: HttpOnly, SameSite=Strict."`
	Body         Session
}

type sessionState struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         Session
}

type sessionEnd struct {
	SetCookie http.Cookie `header:"Set-Cookie" doc:"Takes the cookie away."`
}

// addSession adds what pages sign in and out with.
func (a *API) addSession() {
	registry := a.huma.OpenAPI().Components.Schemas
	ends := exampleNow.Add(sessionLife).Std()
	example := Session{Scopes: []string{"read"}, Key: "7hk2p9qrst", Expires: &ends}
	refusals := []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}

	begin := huma.Operation{
		OperationID: "session-begin", Method: http.MethodPost, Path: sessionPath, Tags: []string{"session"}, DefaultStatus: http.StatusOK,
		Summary: "Sign a page in",
		Description: "With a key in the header: a cookie takes its place, for 12 hours. With the cookie of a session: another cookie takes its place, and that one ends. " +
			"With neither, where the development key is taken and the page came from this machine: a session that may read. " +
			"A session ends with its key, and with the process. Requests of other origins are refused (403).",
		Responses: problems(registry, refusals...),
	}
	document(registry, &begin, example)
	huma.Register(a.huma, begin, a.beginSession)

	get := huma.Operation{
		OperationID: "session", Method: http.MethodGet, Path: sessionPath, Tags: []string{"session"}, Security: needs(ScopeRead),
		Summary:     "What this page may do",
		Description: "The scopes of the session, or of the key in the header.",
		Responses:   problems(registry, refusals...),
	}
	document(registry, &get, example)
	huma.Register(a.huma, get, a.getSession)

	end := huma.Operation{
		OperationID: "session-end", Method: http.MethodDelete, Path: sessionPath, Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary:     "Sign a page out",
		Description: "The session ends and its cookie goes. Without one nothing happens.",
		Responses:   problems(registry, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusInternalServerError),
	}
	end.Responses["204"] = &huma.Response{Description: "There is no session any more."}
	huma.Register(a.huma, end, a.endSession)
}

func (a *API) beginSession(ctx context.Context, in *sessionInput) (*sessionOutput, error) {
	key, err := a.identify(ctx, in.r)
	switch {
	case err == nil:
	case (errors.Is(err, errNoKey) || errors.Is(err, errNoSession)) && a.cfg.LocalKey != nil && fromThisMachine(in.r):
		key = *a.cfg.LocalKey
	default:
		h := http.Header{}
		refused := a.unidentified(ctx, err, h)
		exchangeOf(ctx).cause = refused.cause
		return nil, huma.ErrorWithHeaders(huma.NewError(refused.status, refused.detail), h)
	}
	if !key.Has(ScopeRead) {
		return nil, huma.Error403Forbidden("The API key lacks the scope " + string(ScopeRead) + ".")
	}
	exchangeOf(ctx).key = key
	if old, err := in.r.Cookie(sessionCookie); err == nil {
		a.pages.end(old.Value)
	}
	token, ends := a.pages.begin(key, a.cfg.Now())
	return &sessionOutput{
		CacheControl: "no-store",
		SetCookie:    cookieOf(in.r, token, int(sessionLife.Seconds())),
		Body:         stateOf(key, &ends),
	}, nil
}

func (a *API) getSession(ctx context.Context, in *sessionInput) (*sessionState, error) {
	out := &sessionState{CacheControl: "no-store"}
	var ends *time.Time
	if cookie, err := in.r.Cookie(sessionCookie); err == nil && in.r.Header.Get(headerKey) == "" {
		if s, ok := a.pages.find(cookie.Value, a.cfg.Now()); ok {
			ends = &s.ends
		}
	}
	out.Body = stateOf(exchangeOf(ctx).key, ends)
	return out, nil
}

func (a *API) endSession(_ context.Context, in *sessionInput) (*sessionEnd, error) {
	if cookie, err := in.r.Cookie(sessionCookie); err == nil {
		a.pages.end(cookie.Value)
	}
	return &sessionEnd{SetCookie: cookieOf(in.r, "", -1)}, nil
}

func stateOf(k keys.Key, ends *time.Time) Session {
	s := Session{Scopes: make([]string, len(k.Scopes)), Key: k.ID, Expires: ends}
	for i, scope := range k.Scopes {
		s.Scopes[i] = string(scope)
	}
	if ends != nil {
		at := ends.UTC()
		s.Expires = &at
	}
	return s
}

func cookieOf(r *http.Request, token string, maxAge int) http.Cookie {
	return http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// fromThisMachine reports whether a request came to an address of this machine's own
// from itself, and not through a proxy: a page of another site that has its name point
// here (DNS rebinding) still says that name.
func fromThisMachine(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// sameOrigin refuses what a page of another origin may not do with the cookie of this
// one: change anything. A request with a key is not a browser's own doing.
func (a *API) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(headerKey) == "" {
			if err := a.origins.Check(r); err != nil {
				http.Error(w, "A page of another origin may not do this without a key.", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
