package cli

import (
	"context"

	"globalmart/internal/app"
)

// Import is `globalmart import`.
type Import struct {
	OnlineRetail ImportOnlineRetail `cmd:"" name:"online-retail" help:"The Online Retail data set (UCI), as CSV, plain or .xz: orders and refunds of a British shop, 2010 and 2011."`
}

// ImportOnlineRetail is `globalmart import online-retail`.
type ImportOnlineRetail struct {
	File string `arg:"" help:"The CSV file; .xz is read as it is."`
	source
}

// Run imports the file and waits until the stream engine has applied all of it.
func (c *ImportOnlineRetail) Run(ctx context.Context, in *invocation) error {
	return app.ImportOnlineRetail(ctx, in.env(), app.ImportOptions{Source: c.source.options(), File: c.File})
}
