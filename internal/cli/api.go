package cli

import (
	"context"

	"globalmart/internal/app"
)

// API is `globalmart api`.
type API struct {
	Data   string  `default:"data" placeholder:"DIR" help:"Data directory whose live tables are shown (${default})."`
	Store  string  `placeholder:"URL" help:"Live tables: sqlite:PATH or postgres://...; those of the data directory if not given."`
	Listen address `default:"127.0.0.1:8000" placeholder:"ADDR" help:"Where the API listens; port 0 picks a free one (${default})."`
	operator
	apiKey
	answers
}

// Validate is called by kong.
func (c *API) Validate() error { return c.apiKey.check() }

// Run serves the API until it is stopped.
func (c *API) Run(ctx context.Context, in *invocation) error {
	return app.API(ctx, in.env(), app.APIOptions{
		Source:         app.Source{Data: c.Data, Store: c.Store},
		Listen:         string(c.Listen),
		OperatorListen: string(c.OperatorListen),
		APIKey:         c.APIKey,
		Cache:          c.Cache,
	})
}
