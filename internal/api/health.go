package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Component is the state of one part of the system.
type Component struct {
	Name   string `json:"name" doc:"For example store, kafka, stream."`
	Status string `json:"status" enum:"ok,degraded,down"`
	Detail string `json:"detail,omitempty" doc:"Why, if it is not ok; else more about it, where there is something to say."`
	// Elsewhere: a restart of this process would not mend it.
	Elsewhere bool `json:"elsewhere,omitempty" doc:"It runs in other processes, which said so; absent if it runs in this one."`
}

// The states of a component.
const (
	StatusOK       = "ok"
	StatusDegraded = "degraded"
	StatusDown     = "down"
)

// Health is the state of the process and its parts.
type Health struct {
	Status     string      `json:"status" enum:"ok,degraded" doc:"degraded if a component is not ok; the process itself is alive, else there would be no answer."`
	Version    string      `json:"version"`
	Components []Component `json:"components" nullable:"false"`
}

// Readiness is the answer of a process that takes requests.
type Readiness struct {
	Status string `json:"status" enum:"ready"`
}

type healthOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         Health
}

type readyOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         Readiness
}

func (a *API) addHealth() {
	registry := a.huma.OpenAPI().Components.Schemas
	health := huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: "/health", Tags: []string{"health"},
		Summary:     "Is the process alive, and how are its parts?",
		Description: "200 as long as the process answers, also if a part of the system is not well. No key.",
		Responses:   problems(registry, http.StatusUnprocessableEntity, http.StatusInternalServerError),
	}
	document(registry, &health, Health{Status: StatusDegraded, Version: a.cfg.Version, Components: []Component{
		{Name: "store", Status: StatusOK},
		{Name: "kafka", Status: StatusDown, Detail: "no broker answers at 127.0.0.1:9092"},
	}})
	huma.Register(a.huma, health, func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
		return &healthOutput{CacheControl: "no-store", Body: a.health(ctx)}, nil
	})

	ready := huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"health"},
		Summary:     "Can requests be answered now?",
		Description: "503 with the reason while the process starts or cannot reach what it reads. No key.",
		Responses:   problems(registry, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable),
	}
	document(registry, &ready, Readiness{Status: "ready"})
	huma.Register(a.huma, ready, func(ctx context.Context, _ *struct{}) (*readyOutput, error) {
		if a.deps.Ready != nil {
			if err := a.deps.Ready(ctx); err != nil {
				return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("Not ready: "+err.Error()), http.Header{"Retry-After": {"1"}})
			}
		}
		return &readyOutput{CacheControl: "no-store", Body: Readiness{Status: "ready"}}, nil
	})
}

// document adds the 200 response of an operation whose body is not an Answer.
func document[T any](r huma.Registry, op *huma.Operation, example T) {
	op.Responses["200"] = &huma.Response{
		Description: "The answer.",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: r.Schema(reflect.TypeFor[T](), true, op.OperationID), Example: example},
		},
	}
}
