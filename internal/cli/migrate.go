package cli

import (
	"context"

	"globalmart/internal/app"
)

// Migrate is `globalmart migrate`.
type Migrate struct {
	Data  string `default:"data" placeholder:"DIR" help:"Data directory of the embedded profile (${default})."`
	Store string `placeholder:"URL" help:"Live tables: sqlite:PATH or postgres://...; those of the data directory if not given."`
}

// Run brings the schema up to date.
func (c *Migrate) Run(ctx context.Context, in *invocation) error {
	return app.Migrate(ctx, in.env(), app.Source{Data: c.Data, Store: c.Store})
}
