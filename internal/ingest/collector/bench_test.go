package collector_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"globalmart/internal/ingest/collector"
)

// batchOf is the body of n events as Node's SDK sends them: orders, cart actions and views,
// 1:1:3.
func batchOf(n int) string {
	b := []byte(`{"batch":[`)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"type":"track","messageId":"node-next-1772446830000-%08d","anonymousId":"visitor-%d","userId":"customer-%d","timestamp":"2026-03-02T10:20:30.000Z",`+
			`"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"integrations":{},"event":`, i, i, i)
		switch i % 5 {
		case 0:
			b = fmt.Appendf(b, `"Order Completed","properties":{"order_id":"order-%d","total":31.5,"shipping":3,"tax":2,"discount":2.5,"currency":"USD",`+
				`"products":[{"product_id":"product-1","category":"Clothes","price":19,"quantity":1},{"product_id":"product-7","category":"Clothes","price":5,"quantity":2}]}}`, i)
		case 1:
			b = fmt.Appendf(b, `"Product Added","properties":{"cart_id":"cart-%d","product_id":"product-1","category":"Clothes","price":19.9,"quantity":1}}`, i)
		default:
			b = append(b, `"Product Viewed","properties":{"product_id":"product-1","sku":"sku-1","category":"Clothes","name":"Shirt","brand":"Nordic","price":19.9,"currency":"USD"}}`...)
		}
	}
	return string(append(b, `],"sentAt":"2026-03-02T10:20:30.100Z"}`...))
}

// BenchmarkCollector is what a request costs without the network and the log.
func BenchmarkCollector(b *testing.B) {
	for _, events := range []int{1, 100} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			r := newRig(b, func(cfg *collector.Config) { cfg.Events = nowhere{} })
			body := batchOf(events)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/batch", strings.NewReader(body))
				request.SetBasicAuth(writeKey, "")
				answer := httptest.NewRecorder()
				r.ServeHTTP(answer, request)
				if answer.Code != http.StatusOK || strings.Contains(answer.Body.String(), "rejected") {
					b.Fatalf("status %d: %s", answer.Code, answer.Body)
				}
			}
			b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
