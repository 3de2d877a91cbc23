package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/keys"
)

// operationsOf lists every operation of the document, by path and method.
func operationsOf(f *fixture) []*huma.Operation {
	var all []*huma.Operation
	for path, item := range f.huma.OpenAPI().Paths {
		if path == streamPath || path == tailPath || path == sessionPath {
			continue // they have tests of their own
		}
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	slices.SortFunc(all, func(a, b *huma.Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// goodTarget is a target that op answers well, with another parameter, if it is not "".
func goodTarget(op *huma.Operation, parameter string) string {
	target := targets[op.Path]
	if op.Method == http.MethodPost {
		target = posts[op.Path].target
	}
	switch {
	case parameter == "":
		return target
	case strings.Contains(target, "?"):
		return target + "&" + parameter
	}
	return target + "?" + parameter
}

// goodKey is a key that may call op; "" where none is needed.
func goodKey(op *huma.Operation) string {
	return map[keys.Scope]string{"": "", ScopeRead: readKey, ScopeIngest: ingestKey, ScopeAdmin: adminKey}[scopeOf(op)]
}

// call sends a request to op with its good body.
func (f *fixture) call(t testing.TB, op *huma.Operation, target, key string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), op.Method, target, strings.NewReader(posts[op.Path].body))
	if posts[op.Path].body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set(headerKey, key)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// good sends op its good request.
func (f *fixture) good(t testing.TB, op *huma.Operation) *httptest.ResponseRecorder {
	t.Helper()
	return f.call(t, op, goodTarget(op, ""), goodKey(op))
}

func TestEveryOperationChecksTheKeyItDocuments(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	held := map[keys.Scope]string{ScopeRead: readKey, ScopeIngest: ingestKey, ScopeAdmin: adminKey}
	for _, op := range operationsOf(f) {
		name := op.Method + " " + op.Path
		if goodTarget(op, "") == "" {
			t.Errorf("%s has no good request in targets or posts", name)
			continue
		}
		scope := scopeOf(op)
		if open := scope == ""; open == strings.HasPrefix(op.Path, "/api/") {
			t.Errorf("%s: open is %v", name, open)
		}
		check := func(key string, want int) {
			t.Helper()
			w := f.call(t, op, goodTarget(op, ""), key)
			if scope == "" {
				want = http.StatusOK
			}
			if good := want == http.StatusOK && w.Code/100 == 2; w.Code != want && !good {
				t.Errorf("%s with the key %q: status %d, want %d: %s", name, key, w.Code, want, w.Body)
				return
			}
			if w.Code >= 400 {
				problem(t, w)
			}
			if got := w.Header().Get("WWW-Authenticate") != ""; got != (w.Code == http.StatusUnauthorized) {
				t.Errorf("%s: challenge present: %v at status %d", name, got, w.Code)
			}
			if key != "" && strings.Contains(w.Body.String(), key) {
				t.Errorf("%s tells the key: %s", name, w.Body)
			}
		}
		check("", http.StatusUnauthorized)
		check(readKey+"x", http.StatusUnauthorized)
		check(readKey[:10], http.StatusUnauthorized)
		for has, key := range held {
			if has == scope {
				check(key, http.StatusOK)
			} else {
				check(key, http.StatusForbidden)
			}
		}
	}
}

// badValues are values that a parameter must refuse, given what its schema says.
func badValues(p *huma.Param) []string {
	s := p.Schema
	var bad []string
	if !takesNothing(s) {
		bad = append(bad, "")
	}
	switch s.Type {
	case huma.TypeInteger, huma.TypeNumber:
		bad = append(bad, "abc", "99999999999999999999")
	case huma.TypeBoolean:
		bad = append(bad, "perhaps")
	default:
	}
	if len(s.Enum) > 0 {
		bad = append(bad, "no-such-value")
	}
	if s.Pattern != "" {
		bad = append(bad, "%21%21")
	}
	if s.MaxLength != nil {
		bad = append(bad, strings.Repeat("x", *s.MaxLength+1))
	}
	return bad
}

func TestEveryParameterIsChecked(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	for _, op := range operationsOf(f) {
		target, _, _ := strings.Cut(goodTarget(op, ""), "?")
		refuses := func(query, location string) {
			t.Helper()
			w := f.call(t, op, target+"?"+query, goodKey(op))
			p := problem(t, w)
			if w.Code != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Location != location {
				t.Errorf("%s %s?%s: %s, want 422 that names %s", op.Method, target, query, w.Body, location)
			}
		}
		refuses("no_such_parameter=1", "query.no_such_parameter")
		for _, p := range op.Parameters {
			if p.In != "query" {
				continue
			}
			for _, bad := range badValues(p) {
				refuses(p.Name+"="+bad, "query."+p.Name)
			}
			refuses(p.Name+"=1&"+p.Name+"=1", "query."+p.Name)
		}
	}
}

// withSegment is the good target of op with another value in the place of a path
// parameter.
func withSegment(op *huma.Operation, name, value string) string {
	target, _, _ := strings.Cut(goodTarget(op, ""), "?")
	segments := strings.Split(target, "/")
	for i, segment := range strings.Split(op.Path, "/") {
		if segment == "{"+name+"}" {
			segments[i] = value
		}
	}
	return strings.Join(segments, "/")
}

func TestEveryPartOfAPathIsChecked(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	for _, op := range operationsOf(f) {
		for _, part := range op.Parameters {
			if part.In != "path" {
				continue
			}
			bad := slices.DeleteFunc(badValues(part), func(v string) bool { return v == "" }) // which is another path
			if part.Schema.Minimum != nil {
				bad = append(bad, "0")
			}
			if len(bad) == 0 {
				t.Errorf("%s %s: every text is a %s; say at least how long it can be", op.Method, op.Path, part.Name)
			}
			for _, value := range bad {
				w := f.call(t, op, withSegment(op, part.Name, value), goodKey(op))
				if p := problem(t, w); w.Code != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Location != "path."+part.Name {
					t.Errorf("%s %s with %q: %s, want 422 that names the part", op.Method, op.Path, value, w.Body)
				}
			}
		}
	}
}

func TestEveryBodyIsChecked(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	bodies := 0
	for _, op := range operationsOf(f) {
		if op.RequestBody == nil {
			continue
		}
		bodies++
		refuses := func(contentType, body string, status int, location string) {
			t.Helper()
			r := httptest.NewRequestWithContext(t.Context(), op.Method, goodTarget(op, ""), strings.NewReader(body))
			r.Header.Set(headerKey, goodKey(op))
			r.Header.Set("Content-Type", contentType)
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			named := func(e *huma.ErrorDetail) bool { return e.Location == location }
			if p := problem(t, w); w.Code != status || location != "" && !slices.ContainsFunc(p.Errors, named) {
				t.Errorf("%s %s with %q: %s, want %d that names %q", op.Method, op.Path, body, w.Body, status, location)
			}
		}
		const kind = "application/json"
		refuses(kind, "", http.StatusBadRequest, "")
		refuses(kind, `{"`, http.StatusBadRequest, "")
		refuses("text/plain", posts[op.Path].body, http.StatusUnsupportedMediaType, "")
		refuses(kind, strings.Repeat(" ", int(DefaultLimits.BodyBytes)+1), http.StatusRequestEntityTooLarge, "")
		with := func(name, value string) string {
			members := map[string]json.RawMessage{}
			if err := json.Unmarshal([]byte(posts[op.Path].body), &members); err != nil {
				t.Fatal(err)
			}
			members[name] = json.RawMessage(value)
			body, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		refuses(kind, with("no_such_member", "1"), http.StatusUnprocessableEntity, "body.no_such_member")
		for name := range f.huma.OpenAPI().Components.Schemas.SchemaFromRef(op.RequestBody.Content[kind].Schema.Ref).Properties {
			if name != "$schema" {
				refuses(kind, with(name, "[[]]"), http.StatusUnprocessableEntity, "body."+name)
				refuses(kind, with(name, "null"), http.StatusUnprocessableEntity, "body."+name)
			}
		}
	}
	if bodies < 2 {
		t.Errorf("%d operations have a body; two redrive", bodies)
	}
}

// TestPagesCheckTheirKey: the streams and the session, which other tests leave out.
func TestPagesCheckTheirKey(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{streamPath, "/api/v1/ops/topics/transactions/tail", sessionPath} {
		for key, want := range map[string]int{"": 401, readKey + "x": 401, ingestKey: 403, adminKey: 403} {
			w := f.do(t, http.MethodGet, path, headerKey, key)
			if p := problem(t, w); p.Status != want || (w.Header().Get("WWW-Authenticate") == "") != (want == 403) {
				t.Errorf("%s with the key %q: %+v, want %d", path, key, p, want)
			}
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if path != sessionPath && method != http.MethodGet {
				continue
			}
			p := problem(t, f.do(t, method, path+"?more=1", headerKey, readKey))
			if p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != "query.more" {
				t.Errorf("%s %s with a parameter that it does not have: %+v", method, path, p)
			}
		}
	}
	for location, w := range map[string]*httptest.ResponseRecorder{
		"query.topics":         f.get(t, streamPath+"?topics=sales,weather"),
		"header.Last-Event-ID": f.get(t, streamPath, "Last-Event-ID", strings.Repeat("x", 65)),
	} {
		if p := problem(t, w); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", location, p)
		}
	}
}

// TestAPageOfAnotherOriginDoesNothing: a browser sends the cookie of a session with what
// the page of another site asks for, too, unless it is told not to and does as told.
func TestAPageOfAnotherOriginDoesNothing(t *testing.T) {
	o := newFakeOperations()
	f := newFixture(t, func(c *Config, d *Deps) {
		ring := testKeys()
		ring.Add("page", keys.Scopes, "page-secret")
		c.Keys, d.Operations = ring, o.deps()
	})
	session := f.do(t, http.MethodPost, sessionPath, headerKey, "page-secret").Result().Cookies()[0]
	cookie := session.Name + "=" + session.Value
	done := func() int { return len(o.ran) + len(o.redriven) }
	for _, op := range operationsOf(f) {
		if op.Method == http.MethodGet {
			continue
		}
		before := done()
		for _, says := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "cross-site", "Origin", "http://example.com"},
			{"Origin", "https://evil.example"},
			{"Origin", "http://example.com.evil.example"},
			{"Origin", "null"},
		} {
			w := f.call(t, op, goodTarget(op, ""), "", append([]string{"Cookie", cookie}, says...)...)
			if p := problem(t, w); p.Status != http.StatusForbidden || !strings.Contains(p.Detail, "another origin") {
				t.Errorf("%s %s where the browser says %q: %+v", op.Method, op.Path, says, p)
			}
		}
		if done() != before || !o.verify.Started.IsZero() {
			t.Fatalf("%s %s was done for another origin", op.Method, op.Path)
		}
		for _, own := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://example.com"}} {
			if w := f.call(t, op, goodTarget(op, ""), "", append([]string{"Cookie", cookie}, own...)...); w.Code != http.StatusAccepted {
				t.Errorf("%s %s of its own page: status %d: %s", op.Method, op.Path, w.Code, w.Body)
			}
		}
		if w := f.call(t, op, goodTarget(op, ""), adminKey, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusAccepted {
			t.Errorf("%s %s with a key, which no browser adds: status %d", op.Method, op.Path, w.Code)
		}
		o.verify = VerifyRun{}
	}
	if done() == 0 {
		t.Error("nothing was done for its own page")
	}
}

func TestEveryOperationRefusesOtherMethods(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	methods := map[string][]string{}
	for _, op := range operationsOf(f) {
		methods[op.Path] = append(methods[op.Path], op.Method)
	}
	for _, op := range operationsOf(f) {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost, http.MethodGet} {
			if slices.Contains(methods[op.Path], method) {
				continue
			}
			target, _, _ := strings.Cut(goodTarget(op, ""), "?")
			if _, other := f.routes.Handler(httptest.NewRequestWithContext(t.Context(), method, target, nil)); strings.HasPrefix(other, method) {
				continue // another operation's path reads it as an id
			}
			w := f.do(t, method, target, headerKey, goodKey(op))
			p := problem(t, w)
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" || !strings.Contains(p.Detail, method) {
				t.Errorf("%s %s: %d %q, Allow %q; want 405 that says what is allowed", method, target, w.Code, p.Detail, w.Header().Get("Allow"))
			}
		}
	}
}

func TestEveryOperationAnswersWhateverIsAccepted(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	for _, op := range operationsOf(f) {
		for _, accept := range []string{"*/*", "application/*", "application/json;q=0.5, text/html", "garbage;;;=", strings.Repeat("a/b,", 100)} {
			w := f.call(t, op, goodTarget(op, ""), goodKey(op), "Accept", accept)
			if w.Code/100 != 2 && w.Code != http.StatusNotAcceptable {
				t.Errorf("%s %s accepting %q: %d %s", op.Method, op.Path, accept, w.Code, w.Body)
			}
			if w.Code == http.StatusNotAcceptable {
				problem(t, w)
			}
		}
	}
}
