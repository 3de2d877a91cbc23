package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// fixedSales answers every question with the same windows at no cost, so that
// the benchmark measures this package.
type fixedSales []store.SalesWindow

func (f fixedSales) SalesWindows(_ context.Context, q store.SalesQuery) ([]store.SalesWindow, error) {
	return f[:q.Limit], nil
}

func (f fixedSales) SalesTotals(context.Context, event.Time, event.Time, string, string) (store.Sales, error) {
	return f[0].Sales, nil
}

func (f fixedSales) SalesSplit(context.Context, store.SplitQuery) ([]store.SalesPart, error) {
	return []store.SalesPart{{Name: "DE", Sales: f[0].Sales}}, nil
}

func BenchmarkMetrics(b *testing.B) {
	windows := make(fixedSales, 1000)
	for i := range windows {
		windows[i] = store.SalesWindow{Start: exampleNow - event.Time(i)*minuteMS, Sales: exampleSales}
	}
	for name, target := range map[string]string{
		"10 windows": "/api/v1/sales/metrics?limit=10", "1000 windows": "/api/v1/sales/metrics?limit=1000",
	} {
		b.Run(name, func(b *testing.B) {
			f := newFixture(b, func(c *Config, d *Deps) {
				c.Limits.Requests = 1 << 30
				c.Log = slog.New(slog.DiscardHandler)
				d.Sales = windows
			})
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, target, nil)
			r.Header.Set(headerKey, readKey)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				f.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkHit is what an answer from memory costs: the key, the quota, the headers,
// the log line and the figures of the operator included.
func BenchmarkHit(b *testing.B) {
	f := newFixture(b, keeps, func(c *Config, _ *Deps) {
		c.Limits.Requests = 1 << 30
		c.Log = slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // making the line is part of the cost
	})
	f.store.busy(10)
	for name, accept := range map[string]string{"plain": "", "packed": "gzip, deflate, br, zstd"} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, metrics+"?limit=10", nil)
			r.Header.Set(headerKey, readKey)
			r.Header.Set("Accept-Encoding", accept)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				f.ServeHTTP(w, r)
				if w.status != http.StatusOK {
					b.Fatal(w.status)
				}
			}
		})
	}
}

// discard is a client that costs nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
