package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/warehouse"
)

// Names are what a filter can be set to.
type Names struct {
	Names []string `json:"names" nullable:"false" doc:"In order."`
}

// addNames adds the endpoints that say what filters can be set to.
func (a *API) addNames() {
	for _, n := range []struct {
		what, tag, summary, example string
		ask                         func(context.Context, string) (warehouse.Answer[string], error)
	}{
		{"categories", "products", "Categories that were sold or are in the catalogue", "Books", a.deps.Warehouse.Categories},
		{"countries", "sales", "Countries that were sold to", "DE", a.deps.Warehouse.Countries},
	} {
		op := huma.Operation{
			OperationID: n.what, Path: "/api/v1/" + n.what, Tags: []string{n.tag},
			Summary: n.summary, Description: "What the filter of that name can be set to, as of the last batch run.",
		}
		answerFrom(a, op, sourceWarehouse, Names{[]string{n.example}}, func(ctx context.Context, _ *struct{}) (reply[Names], error) {
			found, err := n.ask(ctx, "")
			if err != nil {
				return reply[Names]{}, warehouseProblem(n.what, err)
			}
			return fromWarehouse(a, found.State, Names{append([]string{}, found.Rows...)})
		})
	}
}
