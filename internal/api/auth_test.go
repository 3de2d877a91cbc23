package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"globalmart/internal/keys"
)

// targets is a good request for every operation of the OpenAPI document.
var targets = map[string]string{
	"/health":               "/health",
	"/readyz":               "/readyz",
	"/api/v1/session":       "/api/v1/session",
	"/api/v1/stream":        "/api/v1/stream",
	"/api/v1/sales/metrics": "/api/v1/sales/metrics?limit=10",
	"/api/v1/sales/summary": "/api/v1/sales/summary?range=7d",

	"/api/v1/customers/segments":   "/api/v1/customers/segments?segment=Champions",
	"/api/v1/customers/cohorts":    "/api/v1/customers/cohorts",
	"/api/v1/products/performance": "/api/v1/products/performance?category=Electronics&sort_by=total_revenue",
	"/api/v1/sales/trends":         "/api/v1/sales/trends?granularity=week",

	"/api/v1/kpis":              "/api/v1/kpis?range=today&compare=yoy",
	"/api/v1/sales/timeseries":  "/api/v1/sales/timeseries?range=7d&compare=prev&granularity=day",
	"/api/v1/sales/by-country":  "/api/v1/sales/by-country?range=today",
	"/api/v1/sales/by-category": "/api/v1/sales/by-category?sort=name",
	"/api/v1/sales/heatmap":     "/api/v1/sales/heatmap?range=28d",
	"/api/v1/sales/funnel":      "/api/v1/sales/funnel?range=today",
	"/api/v1/sales/payments":    "/api/v1/sales/payments?range=28d",

	"/api/v1/customers/rfm-matrix":  "/api/v1/customers/rfm-matrix?by=rfm",
	"/api/v1/customers/worth":       "/api/v1/customers/worth?segment=Champions&country=DE",
	"/api/v1/customers/migration":   "/api/v1/customers/migration?days=30",
	"/api/v1/customers/{user_id}":   "/api/v1/customers/u1",
	"/api/v1/products/{product_id}": "/api/v1/products/P4",
	"/api/v1/products/pareto":       "/api/v1/products/pareto?period=90d",
	"/api/v1/products/affinity":     "/api/v1/products/affinity?sort=-orders&limit=1",
	"/api/v1/products/stock-risk":   "/api/v1/products/stock-risk",
	"/api/v1/categories":            "/api/v1/categories",
	"/api/v1/countries":             "/api/v1/countries",

	"/api/v1/orders":                       "/api/v1/orders?range=7d&limit=2",
	"/api/v1/orders/{transaction_id}":      "/api/v1/orders/t1",
	"/api/v1/customers/{user_id}/timeline": "/api/v1/customers/u1/timeline",

	"/api/v1/monitoring/anomalies":   "/api/v1/monitoring/anomalies?limit=2",
	"/api/v1/monitoring/alerts":      "/api/v1/monitoring/alerts",
	"/api/v1/monitoring/dashboard":   "/api/v1/monitoring/dashboard",
	"/api/v1/inventory":              "/api/v1/inventory?at_most=8",
	"/api/v1/inventory/{product_id}": "/api/v1/inventory/P4",
	"/api/v1/sessions":               "/api/v1/sessions?limit=1",
	"/api/v1/sessions/summary":       "/api/v1/sessions/summary",
	"/api/v1/carts":                  "/api/v1/carts",
	"/api/v1/carts/summary":          "/api/v1/carts/summary",

	"/api/v1/ops/components":              "/api/v1/ops/components",
	"/api/v1/ops/topics":                  "/api/v1/ops/topics",
	"/api/v1/ops/topics/{topic}":          "/api/v1/ops/topics/transactions",
	"/api/v1/ops/topics/{topic}/messages": "/api/v1/ops/topics/transactions/messages?limit=2",
	"/api/v1/ops/groups":                  "/api/v1/ops/groups",
	"/api/v1/ops/groups/{group}":          "/api/v1/ops/groups/globalmart-stream",
	"/api/v1/ops/processors":              "/api/v1/ops/processors",
	"/api/v1/ops/sources":                 "/api/v1/ops/sources",
	"/api/v1/ops/dead-letters":            "/api/v1/ops/dead-letters?reason=bad_json",
	"/api/v1/ops/dead-letters/{id}":       "/api/v1/ops/dead-letters/transactions-1-7",
	"/api/v1/ops/jobs":                    "/api/v1/ops/jobs",
	"/api/v1/ops/runs":                    "/api/v1/ops/runs?job=rfm",
	"/api/v1/ops/runs/{run}":              "/api/v1/ops/runs/42",
	"/api/v1/ops/warehouse":               "/api/v1/ops/warehouse",
	"/api/v1/ops/warehouse/{table}":       "/api/v1/ops/warehouse/mart_segment?sort=-customers",
	"/api/v1/ops/verify":                  "/api/v1/ops/verify",
}

// posts is a good request for every operation that does something: its target and body.
var posts = map[string]struct{ target, body string }{
	"/api/v1/ops/dead-letters/{id}/redrive": {"/api/v1/ops/dead-letters/transactions-1-7/redrive", "{}"},
	"/api/v1/ops/redrives":                  {"/api/v1/ops/redrives", `{"reason":"bad_json"}`},
	"/api/v1/ops/jobs/{job}/runs":           {"/api/v1/ops/jobs/rfm/runs", ""},
	"/api/v1/ops/groups/{group}/offsets":    {"/api/v1/ops/groups/my-reports/offsets", `{"topic":"transactions","to":"earliest"}`},
	"/api/v1/ops/verify/runs":               {"/api/v1/ops/verify/runs", ""},
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

var errKeys = errors.New("key table is locked")

func (brokenKeys) Find(context.Context, string) (keys.Key, error) { return keys.Key{}, errKeys }

func (brokenKeys) Check(context.Context, keys.Key) error { return errKeys }

func TestAFailureToLookUpAKeyIsNotTheClientsError(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Keys = brokenKeys{} })
	w := f.get(t, "/api/v1/sales/metrics")
	if p := problem(t, w); p.Status != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "locked") {
		t.Errorf("answer %s", w.Body)
	}
	if !strings.Contains(f.logs.String(), "key table is locked") {
		t.Error("the cause is not in the log")
	}
}
