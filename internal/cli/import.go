package cli

import (
	"context"

	"globalmart/internal/app"
)

// Import is `globalmart import`.
type Import struct {
	OnlineRetail ImportOnlineRetail `cmd:"" name:"online-retail" help:"The Online Retail data set (UCI), as CSV, plain or .xz: orders and refunds of a British shop, 2010 and 2011."`
	CDNOW        ImportCDNOW        `cmd:"" name:"cdnow" help:"The CDNOW data set, as its text file: orders of a web shop for CDs, 1997 and 1998, dated 17 years later."`
	JSONL        ImportJSONL        `cmd:"" name:"jsonl" help:"Events of GlobalMart's own contract, one JSON object on each line, of any topic."`
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

// ImportCDNOW is `globalmart import cdnow`.
type ImportCDNOW struct {
	File string `arg:"" help:"CDNOW_master.txt; .xz and .gz are read as they are."`
	source
}

// Run imports the file and waits until the stream engine has applied all of it.
func (c *ImportCDNOW) Run(ctx context.Context, in *invocation) error {
	return app.ImportCDNOW(ctx, in.env(), app.ImportOptions{Source: c.source.options(), File: c.File})
}

// ImportJSONL is `globalmart import jsonl`.
type ImportJSONL struct {
	File string `arg:"" help:"The JSON Lines file; .xz and .gz are read as they are."`
	source
}

// Run imports the file and waits until the stream engine has applied all of it.
func (c *ImportJSONL) Run(ctx context.Context, in *invocation) error {
	return app.ImportJSONL(ctx, in.env(), app.ImportOptions{Source: c.source.options(), File: c.File})
}
