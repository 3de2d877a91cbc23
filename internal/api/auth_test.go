package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// targets is a good request for every operation of the OpenAPI document.
var targets = map[string]string{
	"/health":               "/health",
	"/readyz":               "/readyz",
	"/api/v1/sales/metrics": "/api/v1/sales/metrics?limit=10",
	"/api/v1/sales/summary": "/api/v1/sales/summary?range=7d",

	"/api/v1/customers/segments":   "/api/v1/customers/segments?segment=Champions",
	"/api/v1/customers/cohorts":    "/api/v1/customers/cohorts",
	"/api/v1/products/performance": "/api/v1/products/performance?category=Electronics&sort_by=total_revenue",
	"/api/v1/sales/trends":         "/api/v1/sales/trends?granularity=week",

	"/api/v1/monitoring/anomalies":   "/api/v1/monitoring/anomalies?limit=2",
	"/api/v1/monitoring/alerts":      "/api/v1/monitoring/alerts",
	"/api/v1/monitoring/dashboard":   "/api/v1/monitoring/dashboard",
	"/api/v1/inventory":              "/api/v1/inventory?at_most=8",
	"/api/v1/inventory/{product_id}": "/api/v1/inventory/P4",
	"/api/v1/sessions":               "/api/v1/sessions?limit=1",
	"/api/v1/sessions/summary":       "/api/v1/sessions/summary",
	"/api/v1/carts":                  "/api/v1/carts",
	"/api/v1/carts/summary":          "/api/v1/carts/summary",
}

func TestEveryOperationChecksTheKeyItDocuments(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	paths := f.huma.OpenAPI().Paths
	if len(paths) != len(targets) {
		t.Fatalf("%d documented paths, %d targets in this test", len(paths), len(targets))
	}
	for path, item := range paths {
		open := scopeOf(item.Get) == ""
		if open == strings.HasPrefix(path, "/api/") {
			t.Errorf("%s: open is %v", path, open)
		}
		for name, tc := range map[string]struct {
			key  string
			want int
		}{
			"no key":         {"", http.StatusUnauthorized},
			"a wrong key":    {readKey + "x", http.StatusUnauthorized},
			"a wrong scope":  {ingestKey, http.StatusForbidden},
			"the good key":   {readKey, http.StatusOK},
			"a key's prefix": {readKey[:10], http.StatusUnauthorized},
		} {
			t.Run(path+" with "+name, func(t *testing.T) {
				want := tc.want
				if open {
					want = http.StatusOK
				}
				var headers []string
				if tc.key != "" {
					headers = []string{headerKey, tc.key}
				}
				w := f.do(t, http.MethodGet, targets[path], headers...)
				if w.Code != want {
					t.Fatalf("status %d, want %d: %s", w.Code, want, w.Body)
				}
				if want != http.StatusOK {
					problem(t, w)
				}
				if got := w.Header().Get("WWW-Authenticate") != ""; got != (want == http.StatusUnauthorized) {
					t.Errorf("challenge present: %v at status %d", got, want)
				}
			})
		}
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	f := newFixture(t)
	f.get(t, "/api/v1/sales/metrics?limit=3")
	f.do(t, http.MethodGet, "/api/v1/sales/metrics?api_key=in-the-query", headerKey, "wrong-secret")
	log := f.logs.String()
	for _, secret := range []string{readKey, "wrong-secret", "in-the-query"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	if !strings.Contains(log, `"key":"reader"`) {
		t.Errorf("the log does not name the key's id:\n%s", log)
	}
}

type brokenKeys struct{}

func (brokenKeys) Find(context.Context, string) (Key, error) {
	return Key{}, errors.New("key table is locked")
}

func TestAFailureToLookUpAKeyIsNotTheClientsError(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Keys = brokenKeys{} })
	w := f.get(t, "/api/v1/sales/metrics")
	if p := problem(t, w); p.Status != http.StatusInternalServerError || strings.Contains(w.Body.String(), "locked") {
		t.Errorf("answer %s", w.Body)
	}
	if !strings.Contains(f.logs.String(), "key table is locked") {
		t.Error("the cause is not in the log")
	}
}
