package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Scope is what a key may do.
type Scope string

// The scopes. None includes another.
const (
	ScopeRead   Scope = "read"   // questions under /api/v1
	ScopeIngest Scope = "ingest" // sending events
	ScopeAdmin  Scope = "admin"  // keys and operations
)

// Key is an API key without its secret.
type Key struct {
	ID     string // appears in logs and names the rate limit
	Scopes []Scope
}

// ErrUnknownKey reports that no key has the secret.
var ErrUnknownKey = errors.New("unknown API key")

// keyring finds the key that a client holds.
type keyring interface {
	// Find returns the key whose secret is given, or ErrUnknownKey. It takes the
	// same time however much of the secret is right.
	Find(ctx context.Context, secret string) (Key, error)
}

// StaticKeys are keys from the configuration.
type StaticKeys struct{ keys []hashedKey }

type hashedKey struct {
	key Key
	sum [sha256.Size]byte
}

// Add adds a key. Only the SHA-256 of the secret is kept: it is random and long,
// so a slow hash would add nothing.
func (s *StaticKeys) Add(k Key, secret string) {
	s.keys = append(s.keys, hashedKey{key: k, sum: sha256.Sum256([]byte(secret))})
}

// Find implements keyring.
func (s *StaticKeys) Find(_ context.Context, secret string) (Key, error) {
	sum := sha256.Sum256([]byte(secret))
	found := -1
	for i := range s.keys {
		if subtle.ConstantTimeCompare(sum[:], s.keys[i].sum[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Key{}, ErrUnknownKey
	}
	return s.keys[found].key, nil
}

const (
	headerKey     = "X-API-Key"
	schemeKey     = "apiKey" // name of the security scheme in the OpenAPI document
	authChallenge = `ApiKey realm="globalmart", header="X-API-Key"`
)

// needs is the security requirement of an operation.
func needs(s Scope) []map[string][]string { return []map[string][]string{{schemeKey: {string(s)}}} }

// scopeOf is the scope that an operation needs, or "" if it is open.
func scopeOf(op *huma.Operation) Scope {
	for _, requirement := range op.Security {
		for _, scope := range requirement[schemeKey] {
			return Scope(scope)
		}
	}
	return ""
}

// authenticate lets a request through if its key has the scope that the
// operation documents.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	scope := scopeOf(ctx.Operation())
	if scope == "" {
		next(ctx)
		return
	}
	x := exchangeOf(ctx.Context())
	secret := ctx.Header(headerKey)
	if secret == "" {
		ctx.SetHeader("WWW-Authenticate", authChallenge)
		a.refuse(ctx, http.StatusUnauthorized, "No API key. Send it in the header "+headerKey+".")
		return
	}
	key, err := a.cfg.Keys.Find(ctx.Context(), secret)
	switch {
	case errors.Is(err, ErrUnknownKey):
		ctx.SetHeader("WWW-Authenticate", authChallenge)
		a.refuse(ctx, http.StatusUnauthorized, "The API key in the header "+headerKey+" is not known.")
		return
	case err != nil:
		a.fail(ctx, err)
		return
	}
	x.keyID = key.ID
	if !slices.Contains(key.Scopes, scope) {
		a.refuse(ctx, http.StatusForbidden, "The API key lacks the scope "+string(scope)+".")
		return
	}
	next(ctx)
}

// refuse answers with a problem before the handler is reached.
func (a *API) refuse(ctx huma.Context, status int, detail string, errs ...error) {
	// The response is held in memory: writing it cannot fail.
	_ = huma.WriteErr(a.huma, ctx, status, detail, errs...)
}

// fail answers with the problem of an error that is not the client's.
func (a *API) fail(ctx huma.Context, err error) {
	problem := a.problemOf(ctx.Context(), err)
	if h, ok := errors.AsType[huma.HeadersError](problem); ok {
		for name, values := range h.GetHeaders() {
			for _, v := range values {
				ctx.SetHeader(name, v)
			}
		}
	}
	if p, ok := errors.AsType[*huma.ErrorModel](problem); ok {
		a.refuse(ctx, p.Status, p.Detail)
	}
}
