package cli

import (
	"context"

	"globalmart/internal/app"
)

// Lake is `globalmart lake`.
type Lake struct {
	source
	Lake string `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
}

// Run writes the lake until it is stopped.
func (c *Lake) Run(ctx context.Context, in *invocation) error {
	return app.Lake(ctx, in.env(), app.LakeOptions{Source: c.source.options(), Lake: c.Lake})
}
