package collector_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
)

const view = `{"type":"track","event":"Product Viewed","messageId":"m1","userId":"u1","properties":{"product_id":"p1"}}`

func basic(user string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user))
}

func packed(t tester, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryPathOfTheSDKsIsServed(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/batch": "product_view", "/v1/b": "product_view", "/v1/import": "product_view",
		"/v1/track": "product_view", "/v1/t": "product_view", "/v1/identify": "identify", "/v1/i": "identify", "/v1/page": "page", "/v1/p": "page",
		"/v1/screen": "screen", "/v1/s": "screen", "/v1/group": "group", "/v1/g": "group", "/v1/alias": "alias", "/v1/a": "alias",
	} {
		body := view
		if want == "product_view" && path != "/v1/track" && path != "/v1/t" {
			body = `{"batch":[` + view + `]}`
		}
		var got struct {
			Type string `json:"event_type"`
		}
		if err := json.Unmarshal(newRig(t).one(t, path, body).Value, &got); err != nil || got.Type != want {
			t.Errorf("%s: an event of type %s, want %s (%v)", path, got.Type, want, err)
		}
	}
	r := newRig(t)
	if a := r.send(t, "/v1/m", `{"series":[]}`); a.status != http.StatusOK || len(r.log.records) > 0 {
		t.Errorf("metrics of the SDK: status %d, %d records", a.status, len(r.log.records))
	}
}

func TestAWriteKeyIsFoundWhereverSDKsPutIt(t *testing.T) {
	inBody := strings.Replace(view, `{`, `{"writeKey":"`+writeKey+`",`, 1)
	for name, ask := range map[string]func(*rig) reply{
		"in a Basic Authorization":           func(r *rig) reply { return r.ask(t, "POST", "/v1/t", view, "Authorization", basic(writeKey+":")) },
		"without the colon":                  func(r *rig) reply { return r.ask(t, "POST", "/v1/t", view, "Authorization", basic(writeKey)) },
		"in the body":                        func(r *rig) reply { return r.ask(t, "POST", "/v1/t", inBody) },
		"in the body, beside a bearer":       func(r *rig) reply { return r.ask(t, "POST", "/v1/t", inBody, "Authorization", "Bearer abc") },
		"in the header X-Write-Key":          func(r *rig) reply { return r.ask(t, "POST", "/v1/t", view, "X-Write-Key", writeKey) },
		"in the query":                       func(r *rig) reply { return r.ask(t, "POST", "/v1/t?writeKey="+writeKey, view) },
		"in the first place where it is":     func(r *rig) reply { return r.ask(t, "POST", "/v1/t?writeKey=wrong", inBody) },
		"whatever the content is said to be": func(r *rig) reply { return r.ask(t, "POST", "/v1/t", inBody, "Content-Type", "text/plain") },
	} {
		t.Run(name, func(t *testing.T) {
			if a := ask(newRig(t)); a.status != http.StatusOK || !a.Success || a.Accepted != 1 {
				t.Errorf("status %d: %s", a.status, a.body)
			}
		})
	}
}

func TestAKeyOfTheStoreIsTakenIfItMaySend(t *testing.T) {
	r := newRig(t)
	for scope, want := range map[keys.Scope]int{keys.Ingest: http.StatusOK, keys.Read: http.StatusUnauthorized} {
		k, text, err := keys.Issue("shop", []keys.Scope{scope}, now.Std(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.keys.AddAPIKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		r.at = r.at.Add(keys.Stale)
		if a := r.ask(t, "POST", "/v1/t", view, "Authorization", basic(text+":")); a.status != want {
			t.Errorf("scope %s: status %d, want %d: %s", scope, a.status, want, a.body)
		}
	}
}

func TestEveryRefusalHasACodeAndAMessage(t *testing.T) {
	big := `{"batch":[` + strings.Repeat(" ", 1<<20) + `]}`
	many := `{"batch":[` + strings.Repeat(view+",", 2500) + view + `]}`
	key := []string{"X-Write-Key", writeKey}
	zipped := append([]string{"Content-Encoding", "gzip"}, key...)
	tests := map[string]struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		"a body that is cut off":           {"POST", "/v1/batch", `{"batch":[`, key, 400, "invalid_json"},
		"an empty body":                    {"POST", "/v1/batch", ``, key, 400, "invalid_json"},
		"a body that is no object":         {"POST", "/v1/batch", `[` + view + `]`, key, 400, "invalid_json"},
		"two objects":                      {"POST", "/v1/track", view + view, key, 400, "invalid_json"},
		"no batch":                         {"POST", "/v1/batch", `{}`, key, 400, "bad_batch"},
		"a batch that is no list":          {"POST", "/v1/batch", `{"batch":{}}`, key, 400, "bad_batch"},
		"what is not packed":               {"POST", "/v1/batch", `{"batch":[]}`, zipped, 400, "bad_encoding"},
		"what is packed and cut off":       {"POST", "/v1/batch", packed(t, `{"batch":[]}`)[:20], zipped, 400, "bad_encoding"},
		"a packing that nobody knows":      {"POST", "/v1/batch", `{}`, append([]string{"Content-Encoding", "br"}, key...), 415, "bad_encoding"},
		"no key":                           {"POST", "/v1/track", view, nil, 401, "no_write_key"},
		"an empty key":                     {"POST", "/v1/track", view, []string{"Authorization", basic(":")}, 401, "no_write_key"},
		"a wrong key":                      {"POST", "/v1/track", view, []string{"Authorization", basic("wrong:")}, 401, "unknown_write_key"},
		"a wrong key, before the body":     {"POST", "/v1/batch", `{"batch":[`, []string{"Authorization", basic("wrong:")}, 401, "unknown_write_key"},
		"a wrong key before a right one":   {"POST", "/v1/track", view, []string{"Authorization", basic("wrong:"), "X-Write-Key", writeKey}, 401, "unknown_write_key"},
		"a key that may only read":         {"POST", "/v1/track", view, []string{"X-Write-Key", readKey}, 401, "not_a_write_key"},
		"nothing there":                    {"POST", "/v1/nothing", view, key, 404, "not_found"},
		"another method":                   {"GET", "/v1/batch", ``, key, 405, "method_not_allowed"},
		"a body that is too large":         {"POST", "/v1/batch", big, key, 413, "too_large"},
		"a body of too many values":        {"POST", "/v1/batch", `{"batch":[` + strings.Repeat("0,", 1<<18) + `0]}`, key, 413, "too_large"},
		"one that is, once it is unpacked": {"POST", "/v1/batch", packed(t, big), zipped, 413, "too_large"},
		"too many events":                  {"POST", "/v1/batch", many, key, 413, "too_many_events"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			a := r.ask(t, test.method, test.path, test.body, test.header...)
			if a.status != test.status || a.Success || a.Code != test.code || a.Message == "" {
				t.Errorf("status %d: %s, want %d %s", a.status, a.body, test.status, test.code)
			}
			if len(r.log.records) > 0 || a.header.Get("Retry-After") != "" {
				t.Errorf("%d records, Retry-After %q", len(r.log.records), a.header.Get("Retry-After"))
			}
		})
	}
}

func TestAPackedBodyIsTaken(t *testing.T) {
	r := newRig(t)
	if a := r.send(t, "/v1/batch", packed(t, `{"batch":[`+view+`]}`), "Content-Encoding", "gzip"); a.status != http.StatusOK || a.Accepted != 1 {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestABatchOfNothingIsTaken(t *testing.T) {
	if a := newRig(t).send(t, "/v1/batch", `{"batch":[]}`); a.status != http.StatusOK || !a.Success {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestWhatCannotBeDoneNowIsToBeSentAgain(t *testing.T) {
	tests := map[string]struct {
		fail   func(*rig)
		key    string
		status int
		code   string
		down   bool
	}{
		"the log cannot be written":    {func(r *rig) { r.log.err = errors.New("the disk is full") }, writeKey, 503, "unavailable", true},
		"the log takes too long":       {func(r *rig) { r.log.err = context.DeadlineExceeded }, writeKey, 503, "unavailable", true},
		"too much waits for the log":   {func(r *rig) { r.log.err = fmt.Errorf("kafka: %w", kafka.ErrBusy) }, writeKey, 429, "overloaded", false},
		"the keys cannot be looked up": {func(r *rig) { r.keys.Fail(errors.New("the store is gone")) }, "gm_abc_def", 503, "unavailable", false},
		"something fails inside":       {func(r *rig) { r.log.before = func(context.Context) error { panic("a bug") } }, writeKey, 500, "internal", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			test.fail(r)
			a := r.ask(t, "POST", "/v1/track", view, "X-Write-Key", test.key, "X-Retry-Count", "2")
			if a.status != test.status || a.Success || a.Code != test.code || a.Message == "" || a.header.Get("Retry-After") != "1" {
				t.Errorf("status %d: %s, Retry-After %q", a.status, a.body, a.header.Get("Retry-After"))
			}
			s := r.Stats()
			if (s.Down != nil) != test.down || s.Sources["shop"].Accepted != 0 || s.Requests[test.status] != 1 {
				t.Errorf("counted: %+v", s)
			}
			if logged := r.said.Len() > 0; logged != (test.status != 429) {
				t.Errorf("logged: %s", &r.said)
			}
			r.log.err, r.log.before = nil, nil
			if a := r.send(t, "/v1/track", view, "X-Retry-Count", "3"); a.status != http.StatusOK {
				t.Errorf("afterwards: status %d", a.status)
			}
			if s := r.Stats(); s.Down != nil || s.Sources["shop"].Retries < 1 {
				t.Errorf("counted: %+v", s)
			}
		})
	}
}

func TestARequestDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.log.before = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		if a := r.send(t, "/v1/track", view); a.status != http.StatusServiceUnavailable {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
}

func TestMoreRequestsThanAreWorkedOnAreToldToComeBack(t *testing.T) {
	r := newRig(t, func(c *collector.Config) { c.Limits.Requests = 1 })
	inside, goOn, done := make(chan struct{}), make(chan struct{}), make(chan reply)
	r.log.before = func(context.Context) error {
		close(inside)
		<-goOn
		return nil
	}
	go func() { done <- r.send(t, "/v1/track", view) }()
	<-inside
	if a := r.send(t, "/v1/track", view); a.status != http.StatusTooManyRequests || a.Code != "overloaded" || a.header.Get("Retry-After") != "1" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	close(goOn)
	if a := <-done; a.status != http.StatusOK {
		t.Errorf("the first one: status %d: %s", a.status, a.body)
	}
}

func TestAKeyThatSendsTooMuchIsToldToComeBack(t *testing.T) {
	r := newRig(t, func(c *collector.Config) { c.Limits.PerSecond = 1000 })
	batch := `{"batch":[` + strings.Repeat(view+",", 1999) + view + `]}`
	if a := r.send(t, "/v1/batch", batch); a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if a := r.send(t, "/v1/batch", batch); a.status != http.StatusTooManyRequests || a.Code != "rate_limited" || a.header.Get("Retry-After") == "" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	r.at += 2000
	if a := r.send(t, "/v1/batch", batch); a.status != http.StatusOK {
		t.Errorf("two seconds later: status %d: %s", a.status, a.body)
	}
}

func TestAKeyMayHaveALimitOfItsOwn(t *testing.T) {
	const events = 2000
	batch := `{"batch":[` + strings.Repeat(view+",", events-1) + view + `]}`
	for name, test := range map[string]struct {
		general, own int64
		second       int // status of a second batch in the same second
	}{
		"less than others":        {0, 1000, http.StatusTooManyRequests},
		"more than others":        {1000, 10_000, http.StatusOK},
		"none, where others have": {1000, 0, http.StatusTooManyRequests},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *collector.Config) { c.Limits.PerSecond = test.general })
			k, text, err := keys.Issue("shop", []keys.Scope{keys.Ingest}, now.Std(), 0)
			if err != nil {
				t.Fatal(err)
			}
			k.Limit = test.own
			if err := r.keys.AddAPIKey(t.Context(), k); err != nil {
				t.Fatal(err)
			}
			for i, want := range []int{http.StatusOK, test.second} {
				a := r.ask(t, "POST", "/v1/batch", batch, "X-Write-Key", text)
				if a.status != want || want != http.StatusOK && !strings.Contains(a.Message, "more than 1000 events") {
					t.Errorf("batch %d: status %d, want %d: %s", i, a.status, want, a.body)
				}
			}
		})
	}
}

func TestPagesOfAnyOriginMaySend(t *testing.T) {
	r := newRig(t)
	a := r.ask(t, "OPTIONS", "/v1/t", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,x-retry-count")
	allowed := a.header.Get("Access-Control-Allow-Headers")
	if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: status %d, %v", a.status, a.header)
	}
	for _, name := range []string{"authorization", "content-type", "x-retry-count"} {
		if !strings.Contains(allowed, name) {
			t.Errorf("the preflight does not allow %s: %s", name, allowed)
		}
	}
	for _, path := range []string{"/v1/t", "/v1/nothing"} { // a page must be able to read errors too
		if a := r.send(t, path, view, "Origin", "https://shop.example"); a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

func TestTheBrowsersSDKIsToldToSendHere(t *testing.T) {
	a := newRig(t).ask(t, "GET", "http://collect.example:8010/v1/projects/abc/settings", "")
	want := `{"integrations":{"Segment.io":{"apiHost":"collect.example:8010/v1","apiKey":"abc","protocol":"http"}},"plan":{}}`
	if a.status != http.StatusOK || a.body != want {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestACollectorSaysWhatItLacks(t *testing.T) {
	_, err := collector.New(collector.Config{})
	for _, name := range []string{"Rules.Currency", "Now", "Log", "Keys", "Events"} {
		if err == nil || !strings.Contains(err.Error(), "Config."+name+": required") {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
