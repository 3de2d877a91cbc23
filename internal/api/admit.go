package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"globalmart/internal/keys"
	"globalmart/internal/store"
)

// refusal is why a request is not let in.
type refusal struct {
	status int
	detail string
	cause  error // for the log
}

// admit finds out whose a request is and lets it in if its key has the scope and its
// quota is not used up: nil. What every answer to it says goes into h. A page sends no
// key but the cookie of its session.
func (a *API) admit(ctx context.Context, r *http.Request, h http.Header, x *exchange, scope keys.Scope) *refusal {
	key, err := a.identify(ctx, r)
	if err != nil {
		return a.unidentified(ctx, err, h)
	}
	x.key = key
	if !key.Has(scope) {
		return &refusal{status: http.StatusForbidden, detail: "The API key lacks the scope " + string(scope) + "."}
	}
	return a.limitRate(h, key.ID)
}

// unidentified is the refusal of a request of which identify said err.
func (a *API) unidentified(ctx context.Context, err error, h http.Header) *refusal {
	switch {
	case errors.Is(err, errNoKey):
		h.Set("WWW-Authenticate", authChallenge)
		return &refusal{status: http.StatusUnauthorized, detail: "No API key. Send it in the header " + headerKey + "."}
	case errors.Is(err, errNoSession):
		h.Set("WWW-Authenticate", authChallenge)
		return &refusal{status: http.StatusUnauthorized, detail: "The session is over. Begin another one with POST " + sessionPath + "."}
	case errors.Is(err, keys.ErrUnknown):
		h.Set("WWW-Authenticate", authChallenge)
		return &refusal{status: http.StatusUnauthorized, detail: "The API key in the header " + headerKey + " is not known."}
	}
	return a.refusalOf(ctx, fmt.Errorf("api: look up the key: %w: %w", store.ErrUnavailable, err), h)
}

// refusalOf is the refusal of an error that is not the client's.
func (a *API) refusalOf(ctx context.Context, err error, h http.Header) *refusal {
	problem := a.problemOf(ctx, err)
	if with, ok := errors.AsType[huma.HeadersError](problem); ok {
		maps.Copy(h, with.GetHeaders())
	}
	p, ok := errors.AsType[*huma.ErrorModel](problem)
	if !ok {
		return &refusal{status: http.StatusInternalServerError, detail: detailInternal, cause: err}
	}
	return &refusal{status: p.Status, detail: p.Detail, cause: err}
}

var errNoKey = errors.New("no API key")

// identify returns the key of a request: that in its header, else that of its session.
func (a *API) identify(ctx context.Context, r *http.Request) (keys.Key, error) {
	if given := r.Header[canonicalKey]; len(given) > 0 && given[0] != "" {
		return a.cfg.Keys.Find(ctx, given[0])
	}
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		return a.keyOfSession(ctx, cookie.Value)
	}
	return keys.Key{}, errNoKey
}

// authenticate lets a request through if its key has the scope that the operation
// documents.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	scope := scopeOf(ctx.Operation())
	if scope == "" {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	x := exchangeOf(r.Context())
	if !x.asked {
		x.refused = a.admit(r.Context(), r, w.Header(), x, scope)
	}
	if x.refused != nil {
		x.cause = x.refused.cause
		a.refuse(ctx, x.refused.status, x.refused.detail)
		return
	}
	next(ctx)
}

// refuse answers with a problem before the handler is reached.
func (a *API) refuse(ctx huma.Context, status int, detail string, errs ...error) {
	// The response is held in memory: writing it cannot fail.
	_ = huma.WriteErr(a.huma, ctx, status, detail, errs...)
}
