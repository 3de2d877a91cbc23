package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// humaConfig leaves out huma's own pages: its documentation loads from a CDN,
// and its OpenAPI handlers build their bytes without a lock.
func (a *API) humaConfig() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "GlobalMart",
				Version: a.cfg.Version,
				Description: "Live figures of the shop. Amounts are integers in minor units of `meta.currency` (1299 is 12.99); " +
					"windows are half open, `[start, end)`; days are days of `meta.time_zone`. " +
					"Every error is a problem (RFC 9457) whose `instance` is the request id.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					schemeKey:     {Type: "apiKey", In: "header", Name: headerKey, Description: "An API key. Its scopes are read, ingest and admin."},
					schemeSession: {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The session of a page, begun with a key by POST " + sessionPath + "."},
				},
			},
			Tags: []*huma.Tag{
				{Name: "sales", Description: "Orders, units and revenue."},
				{Name: "orders", Description: "Single orders and refunds, from the lake."},
				{Name: "customers", Description: "Segments and cohorts, from the last batch run."},
				{Name: "products", Description: "How products did, from the last batch run."},
				{Name: "monitoring", Description: "Unusual orders, alerts, and the shop on one screen."},
				{Name: "inventory", Description: "Stock, to the unit."},
				{Name: "sessions", Description: "Visits, conversion and the funnel."},
				{Name: "carts", Description: "Carts by status, and what is at risk in them."},
				{Name: "operations", Description: "The log, the stream, the batch jobs and the warehouse, for those who run them."},
				{Name: "live", Description: "What changes, as it does."},
				{Name: "session", Description: "Signing pages in and out."},
				{Name: "health", Description: "Whether the process is alive and ready. No key."},
			},
		},
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{complete},
	}
}

// schemaName names a schema after its type; an answer is named after its data.
func schemaName(t reflect.Type, hint string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if t == reflect.TypeFor[huma.ErrorModel]() {
		return "Problem"
	}
	if t == reflect.TypeFor[huma.ErrorDetail]() {
		return "ProblemError"
	}
	if data, ok := strings.CutPrefix(name, "Answer"); ok {
		return data + "Answer"
	}
	return name
}

// explained are the problems that an operation documents: what each means and
// an example.
var explained = map[int]struct{ means, detail string }{
	http.StatusUnauthorized:          {"The key is missing or not known.", "No API key. Send it in the header X-API-Key."},
	http.StatusForbidden:             {"The key lacks the scope.", "The API key lacks the scope read."},
	http.StatusNotFound:              {"It is not known.", "Nothing is known of the stock of product P0001234."},
	http.StatusBadRequest:            {"The body is not JSON.", "unexpected end of JSON input"},
	http.StatusRequestTimeout:        {"The body came too slowly.", "request body read timeout"},
	http.StatusConflict:              {"It is under way already.", "Not started: it is under way already."},
	http.StatusRequestEntityTooLarge: {"The body is too large.", "The body has 70000 bytes; at most 65536 are taken."},
	http.StatusRequestURITooLong:     {"The path with its query is too long.", "The path with its query has more than 4096 bytes."},
	http.StatusUnsupportedMediaType:  {"The body is of another type than JSON.", "unknown content type: text/plain"},
	http.StatusUnprocessableEntity:   {"A parameter is wrong.", "query.limit: expected number <= 1000"},
	http.StatusTooManyRequests:       {"The key's quota is used up; see Retry-After.", "The quota of 60000 requests in 1m0s is used up. Try again in 1 s."},
	http.StatusInternalServerError:   {"Something failed inside.", detailInternal},
	http.StatusServiceUnavailable:    {"Not now: busy, starting, or the store cannot be reached; see Retry-After.", "The live store cannot be reached now. Try again shortly."},
	http.StatusGatewayTimeout:        {"The answer took too long.", "No answer within 5s. Ask for a shorter range or a coarser granularity."},
}

// problems documents these, and those of every operation.
func problems(r huma.Registry, statuses ...int) map[string]*huma.Response {
	schema := r.Schema(reflect.TypeFor[huma.ErrorModel](), true, "Problem")
	out := map[string]*huma.Response{}
	for _, status := range append(statuses, http.StatusRequestURITooLong) {
		example := huma.ErrorModel{
			Title: http.StatusText(status), Status: status, Detail: explained[status].detail,
			Instance: "5VQ2TJ4ZKXHCF3ZQ6X5N7W2MPA",
		}
		if status == http.StatusUnprocessableEntity {
			example.Errors = []*huma.ErrorDetail{{Location: "query.limit", Message: "expected number <= 1000", Value: 1000000}}
		}
		out[strconv.Itoa(status)] = &huma.Response{
			Description: explained[status].means,
			Content:     map[string]*huma.MediaType{problemType: {Schema: schema, Example: example}},
		}
	}
	out[strconv.Itoa(http.StatusRequestHeaderFieldsTooLarge)] = &huma.Response{
		Description: "The request line and the header fields have more than 20 KB together: the server says so in a line of text, and closes the connection.",
	}
	return out
}

// addSpec serves the OpenAPI document of the operations added so far.
func (a *API) addSpec() {
	spec := a.huma.OpenAPI()
	if p := spec.Components.Schemas.Map()["Problem"]; p != nil {
		p.Properties["instance"].Format = "" // the request id, which is no URI
		p.Properties["instance"].Description = "The request id: also in the header X-Request-Id and in the log."
		p.Properties["instance"].Examples = []any{"5VQ2TJ4ZKXHCF3ZQ6X5N7W2MPA"}
	}
	a.serveOnceMade("/openapi.json", "application/openapi+json", func() ([]byte, error) { return json.MarshalIndent(spec, "", "  ") })
	a.serveOnceMade("/openapi.yaml", "application/openapi+yaml", spec.YAML)
}

// serveOnceMade serves the same bytes at GET path whenever they are asked for. They are
// made at the first request: a start does not wait for them.
func (a *API) serveOnceMade(path, contentType string, encode func() ([]byte, error)) {
	made := sync.OnceValues(encode)
	a.routes.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		body, err := made()
		if err != nil {
			http.Error(w, fmt.Sprintf("encode %s: %v", path, err), http.StatusInternalServerError) // which becomes a problem
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body) // held in memory
	})
}
