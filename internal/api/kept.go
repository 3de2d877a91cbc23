package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"globalmart/internal/keys"
)

// terms say how long an answer is served from memory.
type terms struct {
	fresh time.Duration // as it is
	stale time.Duration // after that, while another one is made
}

// Live figures are kept for about as long as they take to change; those of a batch run
// do not change, but what is said of their age does.
var (
	liveTerms  = terms{fresh: time.Second, stale: time.Second}
	batchTerms = terms{fresh: time.Minute, stale: 5 * time.Minute}
)

func termsOf(source string) terms {
	if source == sourceWarehouse {
		return batchTerms
	}
	return liveTerms
}

// questionBytes bounds what the ways to put a question take, bytes.
const questionBytes = 4 << 20

// keeper keeps finished answers in memory, and answers from there before anything else
// is done but to look at the key and its quota. However many ask a question at one
// time, it is answered once.
type keeper struct {
	a         *API
	paths     map[string]string                // of the operations that are kept, by pattern
	questions *otter.Cache[string, *question]  // by what was asked for
	answers   *otter.Cache[answerKey, *entity] // nil: nothing is kept
	flight    singleflight.Group
	run       runWatch
}

// question is a question in the one form that all ways to put it have.
type question struct {
	text  string
	scope keys.Scope
}

// answerKey names the answer of a question from one run of the warehouse, so that
// another run has other answers.
type answerKey struct{ question, run string }

func newKeeper(a *API) (*keeper, error) {
	k := &keeper{a: a, paths: map[string]string{}, run: runWatch{now: a.cfg.Now}}
	if a.deps.Warehouse != nil {
		k.run.state = a.deps.Warehouse.State
	}
	if a.cfg.KeepBytes <= 0 {
		return k, nil
	}
	var err error
	k.questions, err = otter.New(&otter.Options[string, *question]{
		MaximumWeight: questionBytes,
		Weigher:       func(asked string, q *question) uint32 { return uint32(len(asked) + len(q.text) + 128) },
	})
	if err == nil {
		k.answers, err = otter.New(&otter.Options[answerKey, *entity]{
			MaximumWeight: uint64(a.cfg.KeepBytes),
			Weigher:       func(key answerKey, e *entity) uint32 { return uint32(len(key.question) + e.size()) },
		})
	}
	if err != nil {
		return nil, fmt.Errorf("api: keep answers: %w", err)
	}
	return k, nil
}

// add makes the answers of an operation ones that are kept.
func (k *keeper) add(op huma.Operation) { k.paths[op.Method+" "+op.Path] = op.Path }

// question returns the question of a request, or nil if its answer is not kept.
func (k *keeper) question(r *http.Request) *question {
	if k.answers == nil || r.Method != http.MethodGet && r.Method != http.MethodHead || !acceptsJSON(r.Header["Accept"]) {
		return nil
	}
	asked := r.RequestURI
	if asked == "" {
		asked = r.URL.RequestURI()
	}
	if q, found := k.questions.GetIfPresent(asked); found {
		return q
	}
	_, pattern := k.a.routes.Handler(r)
	path, found := k.paths[pattern]
	if !found || len(asked) > k.a.cfg.Limits.Target {
		return nil
	}
	op := k.a.huma.OpenAPI().Paths[path].Get
	text, ok := canonical(op, r.URL)
	if !ok {
		return nil
	}
	q := &question{text: text, scope: scopeOf(op)}
	k.questions.Set(asked, q)
	return q
}

// acceptsJSON reports whether a client takes the usual form of answers. Others are made
// anew each time.
func acceptsJSON(accept []string) bool {
	return len(accept) == 0 || len(accept) == 1 && (accept[0] == "*/*" || accept[0] == "application/json" || accept[0] == "")
}

// canonical puts a question in one form: parameters by name, defaults filled in. It
// fails for what the operation will refuse, and for exports.
func canonical(op *huma.Operation, u *url.URL) (text string, ok bool) {
	given, err := url.ParseQuery(u.RawQuery)
	if format := given.Get("format"); err != nil || format != "" && format != "json" {
		return "", false // exports are long, and leave as they are made
	}
	var parts []string
	known := 0
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		values, there := given[p.Name]
		switch {
		case len(values) > 1:
			return "", false
		case there:
			known++
			parts = append(parts, p.Name+"="+url.QueryEscape(values[0]))
		case p.Schema != nil && p.Schema.Default != nil:
			parts = append(parts, p.Name+"="+url.QueryEscape(fmt.Sprint(p.Schema.Default)))
		}
	}
	slices.Sort(parts)
	return u.EscapedPath() + "?" + strings.Join(parts, "&"), known == len(given)
}

// serve answers a request whose answer is kept, or can be, and reports whether it did:
// if not, the request goes on to its operation.
func (k *keeper) serve(w http.ResponseWriter, r *http.Request, x *exchange) bool {
	q := k.question(r)
	if q == nil {
		return false
	}
	ctx := r.Context()
	x.asked, x.refused = true, k.a.admit(ctx, r, w.Header(), x, q.scope)
	if x.refused != nil {
		return false
	}
	key := answerKey{q.text, k.run.current(ctx)}
	now := k.a.cfg.Now()
	if e, found := k.answers.GetIfPresent(key); found && !wantsNew(r.Header["Cache-Control"]) {
		age, t := now.Sub(e.made), termsOf(e.source)
		if age < t.fresh+t.stale {
			if age >= t.fresh {
				k.refresh(key, r, x)
				k.a.counts.stale.Add(1)
			}
			k.a.counts.hits.Add(1)
			e.serve(w, r, age)
			return true
		}
	}
	k.a.counts.misses.Add(1)
	return k.make(key, w, r, x)
}

// wantsNew reports whether a client does not take an answer that is kept.
func wantsNew(control []string) bool {
	return len(control) > 0 && strings.Contains(control[0], "no-cache")
}

// refresh makes an answer anew beside, unless the process has enough to do.
func (k *keeper) refresh(key answerKey, r *http.Request, x *exchange) {
	again := detached(r, x)
	k.flight.DoChan(key.question+" "+key.run, func() (any, error) {
		if !k.a.takeSlot() {
			return nil, errBusy
		}
		defer k.a.freeSlot()
		return k.compute(key, again)
	})
}

var errBusy = errors.New("too much to do")

// make answers with an answer that is not there yet.
func (k *keeper) make(key answerKey, w http.ResponseWriter, r *http.Request, x *exchange) bool {
	if !k.a.takeSlot() {
		return false // which says so
	}
	defer k.a.freeSlot()
	led := false
	own := detached(r, x)
	made := k.flight.DoChan(key.question+" "+key.run, func() (any, error) {
		led = true
		return k.compute(key, own)
	})
	var result singleflight.Result
	select {
	case <-r.Context().Done():
		x.cause = r.Context().Err()
		w.WriteHeader(statusClientClosed)
		return true
	case result = <-made:
	}
	o, _ := result.Val.(*outcome)
	switch {
	case o == nil || o.entity == nil && !led:
		return false // somebody else's failure is not this one's
	case o.entity != nil:
		o.entity.serve(w, r, k.a.cfg.Now().Sub(o.entity.made))
	default:
		x.cause, x.stack = o.cause, o.stack
		o.replay(w, r)
	}
	return true
}

// detached is a copy of r that ends neither with it nor by the conditions that it has.
// It is one of those that are worked on already.
func detached(r *http.Request, x *exchange) *http.Request {
	inner := &exchange{id: x.id, key: x.key, asked: true, counted: true}
	again := r.Clone(context.WithValue(context.WithoutCancel(r.Context()), exchangeKey{}, inner))
	again.Method, again.Body = http.MethodGet, http.NoBody
	for _, name := range []string{"If-None-Match", "Accept-Encoding", "Range"} {
		again.Header.Del(name)
	}
	return again
}
