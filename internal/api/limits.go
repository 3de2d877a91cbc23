package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"
)

// Limits bound what clients can make the process do.
type Limits struct {
	BodyBytes  int64         // of a request
	Timeout    time.Duration // of the work on one request
	Concurrent int           // requests worked on at once; more are refused, not queued
	Requests   int           // quota of one key per Window; a token bucket of this size
	Window     time.Duration
}

// DefaultLimits are for one process on two cores that can answer several
// thousand requests a second: no single key may take more than 1,000 of them
// for long.
var DefaultLimits = Limits{
	BodyBytes:  64 << 10,
	Timeout:    5 * time.Second,
	Concurrent: 256,
	Requests:   60_000,
	Window:     time.Minute,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	if l.BodyBytes > 0 {
		d.BodyBytes = l.BodyBytes
	}
	if l.Timeout > 0 {
		d.Timeout = l.Timeout
	}
	if l.Concurrent > 0 {
		d.Concurrent = l.Concurrent
	}
	if l.Requests > 0 {
		d.Requests = l.Requests
	}
	if l.Window > 0 {
		d.Window = l.Window
	}
	return d
}

// limitBody refuses a body that says it is too large, and cuts one that does
// not say.
func (a *API) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > a.cfg.Limits.BodyBytes {
			http.Error(w, fmt.Sprintf("The body has %d bytes; at most %d are taken.", r.ContentLength, a.cfg.Limits.BodyBytes),
				http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, a.cfg.Limits.BodyBytes)
		next.ServeHTTP(w, r)
	})
}

// limitConcurrency refuses what would only wait: a client that is told to come
// back is better off than one that hangs. Open operations are cheap and stay
// reachable.
func (a *API) limitConcurrency(ctx huma.Context, next func(huma.Context)) {
	if scopeOf(ctx.Operation()) == "" {
		next(ctx)
		return
	}
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
		next(ctx)
	default:
		ctx.SetHeader("Retry-After", "1")
		a.refuse(ctx, http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being worked on already. Try again shortly.", a.cfg.Limits.Concurrent))
	}
}

// limitTime gives the work on a request a deadline.
func (a *API) limitTime(ctx huma.Context, next func(huma.Context)) {
	bounded, cancel := context.WithTimeout(ctx.Context(), a.cfg.Limits.Timeout)
	defer cancel()
	next(huma.WithContext(ctx, bounded))
}

// checkQuery refuses parameters that the operation does not have: a misspelt
// filter that is silently ignored gives a wrong number.
func (a *API) checkQuery(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	if u.RawQuery == "" {
		next(ctx)
		return
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		a.refuse(ctx, http.StatusUnprocessableEntity, detailInvalid, &huma.ErrorDetail{Location: "query", Message: "not a well-formed query string"})
		return
	}
	var allowed []string
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			allowed = append(allowed, p.Name)
		}
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	var errs []error
	for _, name := range names {
		switch {
		case len(allowed) == 0:
			errs = append(errs, wrong(name, query.Get(name), "unknown parameter; none is allowed here"))
		case !slices.Contains(allowed, name):
			errs = append(errs, wrong(name, query.Get(name), "unknown parameter; allowed: %s", strings.Join(allowed, ", ")))
		case len(query[name]) > 1:
			errs = append(errs, wrong(name, strings.Join(query[name], ", "), "given %d times; once is allowed", len(query[name])))
		}
	}
	if len(errs) > 0 {
		a.refuse(ctx, http.StatusUnprocessableEntity, detailInvalid, errs...)
		return
	}
	next(ctx)
}

// rates holds the bucket of every key that was used. Keys are known ones, so
// their number is bounded by those that exist.
type rates struct {
	limits Limits

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newRates(l Limits) *rates { return &rates{limits: l, buckets: map[string]*rate.Limiter{}} }

func (r *rates) perSecond() float64 { return float64(r.limits.Requests) / r.limits.Window.Seconds() }

// take takes a token of key's bucket. tokens is what is left, below 1 if there
// was none.
func (r *rates) take(key string, now time.Time) (tokens float64, ok bool) {
	r.mu.Lock()
	b := r.buckets[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(r.perSecond()), r.limits.Requests)
		r.buckets[key] = b
	}
	r.mu.Unlock()
	ok = b.AllowN(now, 1)
	return b.TokensAt(now), ok
}

// limitRate applies the quota of the key and tells the client where it stands,
// in the fields of draft-ietf-httpapi-ratelimit-headers-11 (2026-05) and in the
// older X-RateLimit ones, with the same numbers.
func (a *API) limitRate(ctx huma.Context, next func(huma.Context)) {
	x := exchangeOf(ctx.Context())
	if x.keyID == "" {
		next(ctx)
		return
	}
	l := a.cfg.Limits
	tokens, ok := a.rates.take(x.keyID, a.cfg.Now())
	left := strconv.Itoa(max(0, int(tokens)))
	full := strconv.Itoa(int(math.Ceil((float64(l.Requests) - tokens) / a.rates.perSecond())))
	ctx.SetHeader("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=%d`, l.Requests, int(math.Ceil(l.Window.Seconds()))))
	ctx.SetHeader("RateLimit", `"key";r=`+left+`;t=`+full)
	ctx.SetHeader("X-RateLimit-Limit", strconv.Itoa(l.Requests))
	ctx.SetHeader("X-RateLimit-Remaining", left)
	ctx.SetHeader("X-RateLimit-Reset", full)
	if !ok {
		wait := max(1, int(math.Ceil((1-tokens)/a.rates.perSecond())))
		ctx.SetHeader("Retry-After", strconv.Itoa(wait))
		a.refuse(ctx, http.StatusTooManyRequests, fmt.Sprintf("The quota of %d requests in %s is used up. Try again in %d s.", l.Requests, l.Window, wait))
		return
	}
	next(ctx)
}
