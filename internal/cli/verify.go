package cli

import (
	"context"

	"globalmart/internal/app"
)

// Verify is `globalmart verify`.
type Verify struct {
	source
	Lake string  `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
	Deep bool    `help:"Read every row of the lake and make its files anew from the records in them."`
	API  address `name:"api" placeholder:"ADDR" help:"host:port of the API to ask too; that of the running up of the data directory if not given."`
	apiKey
	marts
}

// Validate is called by kong.
func (c *Verify) Validate() error { return c.apiKey.check() }

// Run checks every invariant.
func (c *Verify) Run(ctx context.Context, in *invocation) error {
	return app.Verify(ctx, in.env(), app.VerifyOptions{
		Source: c.source.options(), Lake: c.Lake, Warehouse: c.Warehouse, Deep: c.Deep, API: string(c.API), APIKey: c.APIKey,
	})
}
