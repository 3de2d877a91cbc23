package cli

import (
	"context"

	"globalmart/internal/app"
)

// API is `globalmart api`.
type API struct {
	source
	Listen string `default:"127.0.0.1:8000" placeholder:"ADDR" help:"Where the API listens; port 0 picks a free one (${default})."`
	operator
	apiKey
}

// Run serves the API until it is stopped.
func (c *API) Run(ctx context.Context, in *invocation) error {
	return app.API(ctx, in.env(), app.APIOptions{
		Source:         c.source.options(),
		Listen:         c.Listen,
		OperatorListen: c.OperatorListen,
		APIKey:         c.APIKey,
	})
}
