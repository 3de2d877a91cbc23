package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"globalmart/internal/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestTheDocumentIsTheGolden(t *testing.T) {
	f := newFixture(t)
	got := f.do(t, http.MethodGet, "/openapi.yaml").Body.Bytes()
	golden := filepath.Join("testdata", "openapi.yaml")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the contract changed; if that is meant, run go test -update (-want +got):\n%s", diff)
	}
}

// TestTheDocumentIsTheSameForAllWhoAskAtOnce: it is made at the first request, and both of
// its forms are made of the same parts.
func TestTheDocumentIsTheSameForAllWhoAskAtOnce(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	var answers [8]string
	for i := range answers {
		all.Go(func() {
			answers[i] = f.do(t, http.MethodGet, []string{"/openapi.json", "/openapi.yaml"}[i%2]).Body.String()
		})
	}
	all.Wait()
	for i, got := range answers {
		if got == "" || got != answers[i%2] {
			t.Errorf("answer %d is another one than answer %d", i, i%2)
		}
	}
	if !json.Valid([]byte(answers[0])) {
		t.Error("openapi.json is no JSON")
	}
}

func TestRoutesAreTheDocumentsOperations(t *testing.T) {
	f := newFixture(t)
	undocumented := []string{"GET /openapi.json", "GET /openapi.yaml", "GET /{$}"}
	for _, a := range assets {
		undocumented = append(undocumented, "GET "+a.path)
	}
	want := append(slices.Clone(undocumented), "GET "+streamPath, "GET "+tailPath, "POST "+sessionPath, "GET "+sessionPath, "DELETE "+sessionPath)
	for _, o := range operationsOf(f) {
		want = append(want, o.Method+" "+o.Path)
	}
	got := slices.Clone(f.Routes())
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-documented +served):\n%s", diff)
	}
}

func TestEveryOperationIsDocumented(t *testing.T) {
	f := newFixture(t)
	for _, op := range operationsOf(f) {
		path := op.Method + " " + op.Path
		if op.Summary == "" || op.Description == "" || op.OperationID == "" || len(op.Tags) == 0 {
			t.Errorf("%s lacks a summary, description, id or tag", path)
		}
		wanted := []string{"414", "422", "431", "500"}
		switch {
		case op.Method == http.MethodPost:
			wanted = append(wanted, "202", "401", "403", "409", "429", "503", "504")
		case scopeOf(op) == "":
			wanted = append(wanted, "200")
		default:
			wanted = append(wanted, "200", "401", "403", "429", "503", "504")
		}
		if strings.Contains(op.Path, "{") {
			wanted = append(wanted, "404")
		}
		if op.RequestBody != nil {
			wanted = append(wanted, "400", "408", "413", "415")
		}
		for _, status := range wanted {
			if op.Responses[status] == nil {
				t.Errorf("%s does not document %s", path, status)
			}
		}
		for status, r := range op.Responses {
			if r.Description == "" {
				t.Errorf("%s %s has no description", path, status)
			}
			if status == "304" || status == "431" {
				continue // has no body, or none of the API's
			}
			for contentType, media := range r.Content {
				if media.Schema == nil || media.Example == nil {
					t.Errorf("%s %s %s lacks a schema or an example", path, status, contentType)
				}
				if problem := contentType == problemType; problem != (status[0] >= '4') {
					t.Errorf("%s %s is %s", path, status, contentType)
				}
			}
			if n := len(r.Content); n != 1 && (n != 1+len(formats) || status != "200") {
				t.Errorf("%s %s has %d content types", path, status, len(r.Content))
			}
		}
		for _, p := range op.Parameters {
			if p.Description == "" {
				t.Errorf("%s: parameter %s has no description", path, p.Name)
			}
		}
	}
}

// schemas compiles schemas of the served document, which is an oracle that is
// not huma.
func schemas(t *testing.T, f *fixture) func(pointer string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.do(t, http.MethodGet, "/openapi.json").Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("http://test/openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(pointer string) *jsonschema.Schema {
		t.Helper()
		s, err := c.Compile("http://test/openapi.json#" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestResponsesAndExamplesFitTheirSchemas(t *testing.T) {
	f := newShopFixture(t, shopChanges())
	f.store.add(exampleNow, "DE", "Books", store.Sales{Orders: 3, Units: 4, RevenueMinor: 1000})
	f.store.add(exampleNow-2*minuteMS, "DE", "Books", store.Sales{Refunds: 1, UnitsReturned: 4, RefundedMinor: 1000})
	schema := schemas(t, f)
	fits := func(what string, s *jsonschema.Schema, body []byte) {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %s\ndoes not fit: %v", what, body, err)
		}
	}
	for _, op := range operationsOf(f) {
		path := op.Method + " " + op.Path
		pointer := "/paths/" + strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace(op.Path) + "/" + strings.ToLower(op.Method) + "/responses/"
		for status, r := range op.Responses {
			for contentType, media := range r.Content {
				s := schema(pointer + status + "/content/" + strings.ReplaceAll(contentType, "/", "~1") + "/schema")
				example, err := json.Marshal(media.Example)
				if err != nil {
					t.Fatal(err)
				}
				fits(path+" example "+status, s, example)
			}
		}
		w := f.good(t, op)
		fits(path, schema(pointer+strconv.Itoa(w.Code)+"/content/application~1json/schema"), w.Body.Bytes())
		fits(path+"?bad=1", schema(pointer+"422/content/application~1problem+json/schema"), f.call(t, op, goodTarget(op, "bad=1"), goodKey(op)).Body.Bytes())
	}
	f.store.asOf = 0
	fits("an empty store", schema("/components/schemas/SalesMetricsAnswer"), f.get(t, "/api/v1/sales/metrics?to=2020-01-01").Body.Bytes())
}
