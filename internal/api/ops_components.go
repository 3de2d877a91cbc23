package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func (a *API) addComponents() {
	op := huma.Operation{
		OperationID: "ops-components", Method: http.MethodGet, Path: "/api/v1/ops/components",
		Summary:     "The parts of the system and how they are",
		Description: "What this process sees: the same as /health, for operators.",
	}
	example := Health{Status: StatusDegraded, Version: a.cfg.Version, Components: []Component{
		{Name: "store", Status: StatusOK}, {Name: "lake", Status: StatusDegraded, Detail: "no space left on device"},
	}}
	operate(a, op, example, func(ctx context.Context, _ *struct{}) (seen[Health], error) {
		return seen[Health]{data: a.health(ctx)}, nil
	})
}

// health is the state of the process and its parts.
func (a *API) health(ctx context.Context) Health {
	h := Health{Status: StatusOK, Version: a.cfg.Version, Components: []Component{}}
	if a.deps.Components != nil {
		h.Components = append(h.Components, a.deps.Components(ctx)...)
	}
	for _, c := range h.Components {
		if c.Status != StatusOK {
			h.Status = StatusDegraded
		}
	}
	return h
}
