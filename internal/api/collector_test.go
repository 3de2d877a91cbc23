package api

import (
	"net/http"
	"testing"
)

func TestWhatShopsSendGoesToTheCollector(t *testing.T) {
	asked := ""
	f := newFixture(t, func(_ *Config, d *Deps) {
		d.Collector = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked += r.Method + " " + r.URL.Path + " "
			w.WriteHeader(http.StatusTeapot)
		})
	})
	for path, want := range map[string]int{"/v1/batch": http.StatusTeapot, "/v1": http.StatusNotFound, "/api/v1/sales/summary": http.StatusOK} {
		if w := f.get(t, path); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
	if asked != "GET /v1/batch " {
		t.Errorf("the collector was asked %q", asked)
	}
	if w := newFixture(t).get(t, "/v1/batch"); w.Code != http.StatusNotFound {
		t.Errorf("without a collector: status %d", w.Code)
	}
}
