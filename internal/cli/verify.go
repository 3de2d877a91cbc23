package cli

import (
	"context"

	"globalmart/internal/app"
)

// Verify is `globalmart verify`.
type Verify struct {
	source
	API address `name:"api" placeholder:"ADDR" help:"host:port of the API to ask too; that of the running up of the data directory if not given."`
	apiKey
}

// Run checks every invariant.
func (c *Verify) Run(ctx context.Context, in *invocation) error {
	return app.Verify(ctx, in.env(), app.VerifyOptions{Source: c.source.options(), API: string(c.API), APIKey: c.APIKey})
}
