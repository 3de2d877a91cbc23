package api

import (
	"cmp"
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
	BodyTime   time.Duration // that a client may take to send them
	Timeout    time.Duration // of the work on one request
	Concurrent int           // requests worked on at once; more are refused, not queued
	Requests   int           // quota of one key per Window; a token bucket of this size
	Window     time.Duration

	Target        int           // length of a path with its query, bytes
	Streams       int           // live streams at once
	StreamsPerKey int           // of one key
	Tick          time.Duration // between two looks at what streams tell
	Heartbeat     time.Duration // of silence, after which a stream says that it is alive
}

// DefaultLimits are for one process on two cores that can answer several
// thousand requests a second: no single key may take more than 1,000 of them
// for long.
var DefaultLimits = Limits{
	BodyBytes:  64 << 10,
	BodyTime:   5 * time.Second,
	Timeout:    5 * time.Second,
	Concurrent: 256,
	Requests:   60_000,
	Window:     time.Minute,

	Target:        4 << 10,
	Streams:       4096,
	StreamsPerKey: 1024,
	Tick:          time.Second,
	Heartbeat:     15 * time.Second,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	return Limits{
		BodyBytes:     positive(l.BodyBytes, d.BodyBytes),
		BodyTime:      positive(l.BodyTime, d.BodyTime),
		Timeout:       positive(l.Timeout, d.Timeout),
		Concurrent:    positive(l.Concurrent, d.Concurrent),
		Requests:      positive(l.Requests, d.Requests),
		Window:        positive(l.Window, d.Window),
		Target:        positive(l.Target, d.Target),
		Streams:       positive(l.Streams, d.Streams),
		StreamsPerKey: positive(l.StreamsPerKey, d.StreamsPerKey),
		Tick:          positive(l.Tick, d.Tick),
		Heartbeat:     positive(l.Heartbeat, d.Heartbeat),
	}
}

// positive returns n, or other if n is not above 0.
func positive[T cmp.Ordered](n, other T) T {
	var zero T
	if n > zero {
		return n
	}
	return other
}

// limitSize refuses a body that says it is too large, cuts one that does not say, and
// refuses a target that is too long.
func (a *API) limitSize(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path)+len(r.URL.RawQuery) > a.cfg.Limits.Target {
			http.Error(w, fmt.Sprintf("The path with its query has more than %d bytes.", a.cfg.Limits.Target), http.StatusRequestURITooLong)
			return
		}
		if r.ContentLength > a.cfg.Limits.BodyBytes {
			http.Error(w, fmt.Sprintf("The body has %d bytes; at most %d are taken.", r.ContentLength, a.cfg.Limits.BodyBytes),
				http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, a.cfg.Limits.BodyBytes+1) // operations refuse one byte more
		next.ServeHTTP(w, r)
	})
}

// limitConcurrency refuses what would only wait: a client that is told to come
// back is better off than one that hangs. Open operations are cheap and stay
// reachable.
func (a *API) limitConcurrency(ctx huma.Context, next func(huma.Context)) {
	switch {
	case scopeOf(ctx.Operation()) == "" || streams(ctx.Operation()) || exchangeOf(ctx.Context()).counted:
		next(ctx)
	case a.takeSlot():
		defer a.freeSlot()
		next(ctx)
	default:
		ctx.SetHeader("Retry-After", "1")
		a.refuse(ctx, http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being worked on already. Try again shortly.", a.cfg.Limits.Concurrent))
	}
}

// takeSlot reports whether one more request may be worked on; freeSlot ends it.
func (a *API) takeSlot() bool {
	select {
	case a.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (a *API) freeSlot() { <-a.slots }

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
	full := map[string]bool{} // those that cannot be empty
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			allowed = append(allowed, p.Name)
			full[p.Name] = !takesNothing(p.Schema)
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
		case query.Get(name) == "" && full[name]:
			errs = append(errs, wrong(name, "", "it has no value; leave it out for the default"))
		}
	}
	if len(errs) > 0 {
		a.refuse(ctx, http.StatusUnprocessableEntity, detailInvalid, errs...)
		return
	}
	next(ctx)
}

// takesNothing reports whether the empty text is a value of s.
func takesNothing(s *huma.Schema) bool {
	return s.Type == huma.TypeString && len(s.Enum) == 0 && s.Pattern == "" && (s.MinLength == nil || *s.MinLength == 0)
}

// rates holds the bucket of every key that was used. Keys are known ones, so
// their number is bounded by those that exist.
type rates struct {
	limits        Limits
	policy, quota []string // as header fields

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newRates(l Limits) *rates {
	return &rates{
		limits:  l,
		policy:  []string{fmt.Sprintf(`"key";q=%d;w=%d`, l.Requests, int(math.Ceil(l.Window.Seconds())))},
		quota:   []string{strconv.Itoa(l.Requests)},
		buckets: map[string]*rate.Limiter{},
	}
}

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

// limitRate applies the quota of a key and tells the client where it stands, in the
// fields of draft-ietf-httpapi-ratelimit-headers-11 (2026-05) and in the older
// X-RateLimit ones, with the same numbers.
func (a *API) limitRate(h http.Header, key string) *refusal {
	l := a.cfg.Limits
	tokens, ok := a.rates.take(key, a.cfg.Now())
	left := strconv.Itoa(max(0, int(tokens)))
	full := strconv.Itoa(int(math.Ceil((float64(l.Requests) - tokens) / a.rates.perSecond())))
	// The values are kept or made in one piece: this is done for every request.
	fields := []string{`"key";r=` + left + `;t=` + full, left, full}
	h["Ratelimit-Policy"], h["X-Ratelimit-Limit"] = a.rates.policy, a.rates.quota
	h["Ratelimit"], h["X-Ratelimit-Remaining"], h["X-Ratelimit-Reset"] = fields[0:1:1], fields[1:2:2], fields[2:3:3]
	if ok {
		return nil
	}
	wait := max(1, int(math.Ceil((1-tokens)/a.rates.perSecond())))
	h["Retry-After"] = []string{strconv.Itoa(wait)}
	return &refusal{status: http.StatusTooManyRequests, detail: fmt.Sprintf("The quota of %d requests in %s is used up. Try again in %d s.", l.Requests, l.Window, wait)}
}
