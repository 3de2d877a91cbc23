package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"globalmart/internal/store"
)

func TestBadParametersAreNamed(t *testing.T) {
	f := newFixture(t)
	const metrics, summary = "/api/v1/sales/metrics?", "/api/v1/sales/summary?"
	const wantTime = "expected RFC 3339 with an offset (2026-03-01T10:00:00Z) or a day of the shop (2026-03-01)"
	const wantSpan = "expected today, yesterday, mtd, qtd, ytd, or a number and m (minutes), h, d, w or mo (months), at most 400 days or 13 months: 15m, 24h, 7d, 4w, 12mo"
	type entry = huma.ErrorDetail
	for name, tc := range map[string]struct {
		target string
		want   []*entry
	}{
		"limit 0":           {metrics + "limit=0", []*entry{{Location: "query.limit", Message: "expected number >= 1", Value: 0.0}}},
		"limit a million":   {metrics + "limit=1000000", []*entry{{Location: "query.limit", Message: "expected number <= 1000", Value: 1e6}}},
		"limit abc":         {metrics + "limit=abc", []*entry{{Location: "query.limit", Message: "invalid integer", Value: "abc"}}},
		"from after to":     {metrics + "from=2026-02-02&to=2026-02-01", []*entry{{Location: "query.from", Message: "must be before to (2026-02-01)", Value: "2026-02-02"}}},
		"an empty range":    {metrics + "from=2026-02-01&to=2026-02-01", []*entry{{Location: "query.from", Message: "must be before to (2026-02-01)", Value: "2026-02-01"}}},
		"no offset":         {metrics + "from=2026-02-01T00:00:00", []*entry{{Location: "query.from", Message: wantTime, Value: "2026-02-01T00:00:00"}}},
		"a zone by name":    {metrics + "to=2026-02-01T00:00:00%5BMars/Phobos%5D", []*entry{{Location: "query.to", Message: wantTime, Value: "2026-02-01T00:00:00[Mars/Phobos]"}}},
		"no such day":       {metrics + "from=2026-02-30", []*entry{{Location: "query.from", Message: wantTime, Value: "2026-02-30"}}},
		"500 days":          {metrics + "from=2024-01-01&to=2025-05-15", []*entry{{Location: "query.from", Message: "the range has 500 days; at most 400 are answered", Value: "2024-01-01"}}},
		"500 days to now":   {metrics + "from=2024-10-18", []*entry{{Location: "query.from", Message: "the range has 501 days; at most 400 are answered", Value: "2024-10-18"}}},
		"an unknown name":   {metrics + "limt=5", []*entry{{Location: "query.limt", Message: "unknown parameter; allowed: format, limit, from, to, granularity, country, category", Value: "5"}}},
		"a name twice":      {metrics + "limit=5&limit=6", []*entry{{Location: "query.limit", Message: "given 2 times; once is allowed", Value: "5, 6"}}},
		"a bad escape":      {metrics + "limit=%zz", []*entry{{Location: "query", Message: "not a well-formed query string"}}},
		"a bad country":     {metrics + "country=Germany", []*entry{{Location: "query.country", Message: "expected string to be an ISO 3166-1 alpha-2 code", Value: "Germany"}}},
		"a bad granularity": {metrics + "granularity=week", []*entry{{Location: "query.granularity", Message: `expected value to be one of "minute, hour, day"`, Value: "week"}}},
		"both filters by minute": {metrics + "country=DE&category=Books", []*entry{{
			Location: "query.granularity", Value: "minute",
			Message: "country and category together need hour or day: minutes are kept by country or by category",
		}}},
		"two things at once":  {metrics + "from=x&to=y", []*entry{{Location: "query.from", Message: wantTime, Value: "x"}, {Location: "query.to", Message: wantTime, Value: "y"}}},
		"a bad range":         {summary + "range=1y", []*entry{{Location: "query.range", Message: wantSpan, Value: "1y"}}},
		"a range of nothing":  {summary + "range=0d", []*entry{{Location: "query.range", Message: wantSpan, Value: "0d"}}},
		"a range of 401 days": {summary + "range=401d", []*entry{{Location: "query.range", Message: wantSpan, Value: "401d"}}},
		"a huge range":        {summary + "range=9999999999999h", []*entry{{Location: "query.range", Message: wantSpan, Value: "9999999999999h"}}},
		"range and from":      {summary + "range=7d&from=2026-01-01", []*entry{{Location: "query.range", Message: "not together with from or to", Value: "7d"}}},
		"to alone":            {summary + "to=2026-01-01", []*entry{{Location: "query.to", Message: "needs from", Value: "2026-01-01"}}},
		"minutes of both": {summary + "range=15m&country=DE&category=Books", []*entry{{
			Location: "query.range", Value: "15m", Message: "country and category together are kept by the hour: use hours, days or weeks",
		}}},
		"months of a summary": {summary + "range=12mo", []*entry{{
			Location: "query.range", Value: "12mo", Message: "here a period is compared with one of equal length: take m (minutes), h, d or w, or ask /api/v1/kpis",
		}}},
		"minutes of what is kept by the hour": {"/api/v1/kpis?range=12m", []*entry{{
			Location: "query.range", Value: "12m", Message: "m are minutes, and these figures are of whole hours: take h, d or w, or mo for months (12mo)",
		}}},
		"a range of both":       {"/api/v1/kpis?range=1y", []*entry{{Location: "query.range", Message: wantSpan, Value: "1y"}}},
		"a parameter of health": {"/health?verbose=1", []*entry{{Location: "query.verbose", Message: "unknown parameter; none is allowed here", Value: "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := problem(t, f.get(t, tc.target))
			if p.Status != http.StatusUnprocessableEntity {
				t.Errorf("status %d, want 422", p.Status)
			}
			if diff := cmp.Diff(tc.want, p.Errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if want := tc.want[0].Location + ": " + tc.want[0].Message; !strings.HasPrefix(p.Detail, want) {
				t.Errorf("detail %q, want it to start with %q", p.Detail, want)
			}
		})
	}
}

func TestErrorsOfTheMuxAreProblems(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		method, target string
		status         int
		detail         string
	}{
		"an unknown path":  {http.MethodGet, "/api/v1/nothing", 404, "There is nothing at /api/v1/nothing. GET / lists what there is."},
		"a wrong method":   {http.MethodDelete, "/api/v1/sales/metrics", 405, "DELETE is not allowed at /api/v1/sales/metrics. Allowed: GET, HEAD."},
		"below the root":   {http.MethodGet, "/index.php", 404, "There is nothing at /index.php. GET / lists what there is."},
		"options nowhere":  {http.MethodOptions, "/nothing", 404, "There is nothing at /nothing. GET / lists what there is."},
		"an unknown asset": {http.MethodGet, "/docs/../../etc/passwd%00", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.do(t, tc.method, tc.target)
			if w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusMovedPermanently {
				w = f.do(t, tc.method, w.Header().Get("Location"))
			}
			if p := problem(t, w); p.Status != tc.status || tc.detail != "" && p.Detail != tc.detail {
				t.Errorf("%d %q, want %d %q", p.Status, p.Detail, tc.status, tc.detail)
			}
		})
	}
}

func TestErrorsOfReadersGetTheirStatusInOnePlace(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		status int
		retry  string
	}{
		"anything":      {errors.New("disk I/O error at /var/secret/store.db"), http.StatusInternalServerError, ""},
		"unavailable":   {fmt.Errorf("sqlite: /var/secret/store.db: %w", store.ErrUnavailable), http.StatusServiceUnavailable, "1"},
		"took too long": {fmt.Errorf("sqlite: /var/secret/store.db: %w", context.DeadlineExceeded), http.StatusGatewayTimeout, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.store.err = tc.err
			for _, target := range []string{"/api/v1/sales/metrics", "/api/v1/sales/summary"} {
				w := f.get(t, target)
				if p := problem(t, w); p.Status != tc.status {
					t.Errorf("status %d, want %d", p.Status, tc.status)
				}
				if strings.Contains(w.Body.String(), "secret") {
					t.Errorf("the cause leaves: %s", w.Body)
				}
				if got := w.Header().Get("Retry-After"); got != tc.retry {
					t.Errorf("Retry-After %q, want %q", got, tc.retry)
				}
				id := w.Header().Get(headerRequestID)
				if log := f.logs.String(); !strings.Contains(log, "/var/secret/store.db") && tc.status == 500 || !strings.Contains(log, id) {
					t.Errorf("cause or request id %s is not in the log:\n%s", id, log)
				}
			}
		})
	}
}

func TestAPanicIsAProblem(t *testing.T) {
	f := newFixture(t)
	f.store.before = func(context.Context) { panic("secret state") }
	w := f.get(t, "/api/v1/sales/metrics", headerRequestID, "req-7")
	if p := problem(t, w); p.Status != http.StatusInternalServerError || p.Instance != "req-7" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("answer %s", w.Body)
	}
	log := f.logs.String()
	for _, want := range []string{"api: panic: secret state", "req-7", "finish.go", `"level":"ERROR"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	f.store.before = nil
	if w := f.get(t, "/api/v1/sales/metrics"); w.Code != http.StatusOK {
		t.Errorf("status %d after a panic", w.Code)
	}
}

func TestSlowWorkIsCutOff(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Limits.Timeout = time.Millisecond })
	f.store.before = func(ctx context.Context) { <-ctx.Done() }
	if p := problem(t, f.get(t, "/api/v1/sales/metrics")); p.Status != http.StatusGatewayTimeout || !strings.Contains(p.Detail, "1ms") {
		t.Errorf("problem %+v", p)
	}
}

func TestALargeBodyIsRefused(t *testing.T) {
	f := newFixture(t)
	for name, size := range map[string]int{"64 KiB": 64 << 10, "one byte more": 64<<10 + 1} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", strings.NewReader(strings.Repeat("x", size)))
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			if size <= 64<<10 {
				if w.Code != http.StatusOK {
					t.Errorf("status %d", w.Code)
				}
				return
			}
			if p := problem(t, w); p.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("problem %+v", p)
			}
		})
	}
}

func TestABodyThatDoesNotSayHowLargeItIsIsCut(t *testing.T) {
	f := newFixture(t)
	const body = `{"reason":"bad_json"}`
	for size, status := range map[int]int{64 << 10: http.StatusAccepted, 64<<10 + 1: http.StatusRequestEntityTooLarge, 1 << 20: http.StatusRequestEntityTooLarge} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/ops/redrives", io.MultiReader(strings.NewReader(body), strings.NewReader(strings.Repeat(" ", size-len(body)))))
		r.Header.Set(headerKey, adminKey)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != status || r.ContentLength != -1 {
			t.Errorf("%d bytes: status %d, want %d: %s", size, w.Code, status, w.Body)
		}
	}
}

func TestATargetThatIsTooLongIsRefused(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.KeepBytes = 1 << 20 })
	for _, path := range []string{"/health", "/nothing", "/api/v1/sales/metrics", "/api/v1/categories"} {
		room := DefaultLimits.Target - len(path) - len("more=")
		if w := f.get(t, path+"?more="+strings.Repeat("x", room)); w.Code == http.StatusRequestURITooLong {
			t.Errorf("%s: refused at the limit", path)
		}
		w := f.get(t, path+"?more="+strings.Repeat("x", room+1))
		if p := problem(t, w); p.Status != http.StatusRequestURITooLong || !strings.Contains(p.Detail, "4096 bytes") {
			t.Errorf("%s: problem %+v", path, p)
		}
	}
}

func TestReadinessSaysWhyNot(t *testing.T) {
	f := newFixture(t, func(_ *Config, d *Deps) {
		d.Ready = func(context.Context) error { return errors.New("replaying the log, 40 % done") }
		d.Components = func(context.Context) []Component {
			return []Component{{Name: "stream", Status: StatusDown, Detail: "starting"}}
		}
	})
	w := f.do(t, http.MethodGet, "/readyz")
	if p := problem(t, w); p.Status != http.StatusServiceUnavailable || p.Detail != "Not ready: replaying the log, 40 % done" {
		t.Errorf("problem %+v", p)
	}
	if line := f.logs.String(); !strings.Contains(line, `"level":"WARN"`) {
		t.Errorf("logged %s, want a warning: nothing has failed", line)
	}
	w = f.do(t, http.MethodGet, "/health")
	want := `{"status":"degraded","version":"1.2.3","components":[{"name":"stream","status":"down","detail":"starting"}]}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); w.Code != http.StatusOK || diff != "" {
		t.Errorf("status %d, body (-want +got):\n%s", w.Code, diff)
	}
}
