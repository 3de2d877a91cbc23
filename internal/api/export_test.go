package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// manyProducts is a warehouse of n products.
func manyProducts(n int) *fakeWarehouse {
	w := newFakeWarehouse()
	name := `=HYPERLINK("http://evil")`
	w.products = make([]warehouse.Product, n)
	for i := range w.products {
		w.products[i] = warehouse.Product{ID: fmt.Sprintf("p%d", i), Name: &name, NetMinor: event.Minor(-i), Orders: int64(i)}
	}
	return w
}

func TestAnExportHasAllThatIsSelected(t *testing.T) {
	f := newWarehouseFixture(t, manyProducts(2500))
	w := f.get(t, "/api/v1/products/performance?limit=3&format=csv")
	if got := w.Header().Get("Content-Disposition"); w.Code != http.StatusOK || got != `attachment; filename="globalmart-product-performance-2026-03-02.csv"` {
		t.Fatalf("status %d, %q", w.Code, got)
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 2501 {
		t.Fatalf("%d lines, want a header and 2500: %v", len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	row := rows[2002]
	for column, want := range map[string]string{
		"product_id": "p2001", "name": `'=HYPERLINK("http://evil")`, "total_revenue_minor": "-2001", "currency": "USD", "brand": "", "orders": "2001",
	} {
		if got := row[at[column]]; got != want {
			t.Errorf("%s is %q, want %q", column, got, want)
		}
	}

	lines := strings.Split(strings.TrimSpace(f.get(t, "/api/v1/products/performance", "Accept", "application/x-ndjson").Body.String()), "\n")
	var last ProductPerformance
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 2500 || last.ProductID != "p2499" {
		t.Errorf("%d lines, the last is %+v: %v", len(lines), last, err)
	}
}

func TestAnExportStopsAtItsBoundAndSaysWhereToGoOn(t *testing.T) {
	f := newWarehouseFixture(t, manyProducts(maxExport+1500))
	server := httptest.NewServer(f)
	defer server.Close()
	fetch := func(query string) (lines int, next string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/products/performance?format=ndjson"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(headerKey, readKey)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(body), "\n"), answer.Trailer.Get(headerNext)
	}
	lines, next := fetch("")
	if lines != maxExport || next == "" {
		t.Fatalf("%d lines, then %q", lines, next)
	}
	if lines, next = fetch("&cursor=" + next); lines != 1500 || next != "" {
		t.Errorf("%d lines after it, then %q", lines, next)
	}
}

func TestEveryListCanBeExported(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	exports := 0
	for path, item := range f.huma.OpenAPI().Paths {
		if item.Get == nil || item.Get.Responses["200"].Content["text/csv"] == nil {
			continue
		}
		exports++
		joint := "?"
		if strings.Contains(targets[path], "?") {
			joint = "&"
		}
		w := f.get(t, targets[path]+joint+"format=csv")
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || w.Code != http.StatusOK || len(rows) == 0 || len(rows[0]) < 2 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
			t.Errorf("%s: status %d, %v: %v", path, w.Code, rows, err)
		}
		if w := f.get(t, targets[path]+joint+"format=json", "Accept", "text/csv"); w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: format=json is %s", path, w.Header().Get("Content-Type"))
		}
	}
	if exports != 25 {
		t.Errorf("%d lists can be exported", exports)
	}
	if p := problem(t, f.get(t, "/api/v1/orders?format=xlsx")); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != "query.format" {
		t.Errorf("got %+v", p)
	}
	if p := problem(t, f.get(t, "/api/v1/orders?range=soon&format=csv", "Accept", "text/csv")); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("got %+v", p)
	}
}

func TestAnExportThatFailsBreaksOff(t *testing.T) {
	w := manyProducts(1500)
	f := newWarehouseFixture(t, w)
	w.failAfter = 1
	server := httptest.NewServer(f)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/products/performance?format=csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(headerKey, readKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("%d bytes look like all of it", len(body))
	}
	if !strings.Contains(f.logs.String(), "export") {
		t.Errorf("the log does not say why:\n%s", f.logs)
	}
}
