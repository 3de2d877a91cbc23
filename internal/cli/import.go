package cli

import (
	"context"
	"errors"

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
	lakeOnly
	source
}

// Validate is called by kong.
func (c *ImportOnlineRetail) Validate() error { return c.check() }

// Run imports the file and waits until the stream engine has applied all of it, or
// the lake holds it.
func (c *ImportOnlineRetail) Run(ctx context.Context, in *invocation) error {
	return app.ImportOnlineRetail(ctx, in.env(), c.request(c.File, c.source))
}

// ImportCDNOW is `globalmart import cdnow`.
type ImportCDNOW struct {
	File string `arg:"" help:"CDNOW_master.txt; .xz and .gz are read as they are."`
	lakeOnly
	source
}

// Validate is called by kong.
func (c *ImportCDNOW) Validate() error { return c.check() }

// Run imports the file and waits until the stream engine has applied all of it, or
// the lake holds it.
func (c *ImportCDNOW) Run(ctx context.Context, in *invocation) error {
	return app.ImportCDNOW(ctx, in.env(), c.request(c.File, c.source))
}

// ImportJSONL is `globalmart import jsonl`.
type ImportJSONL struct {
	File string `arg:"" help:"The JSON Lines file; .xz and .gz are read as they are."`
	lakeOnly
	source
}

// Validate is called by kong.
func (c *ImportJSONL) Validate() error { return c.check() }

// Run imports the file and waits until the stream engine has applied all of it, or
// the lake holds it.
func (c *ImportJSONL) Run(ctx context.Context, in *invocation) error {
	return app.ImportJSONL(ctx, in.env(), c.request(c.File, c.source))
}

// lakeOnly are the flags of an import that bypasses the log.
type lakeOnly struct {
	LakeOnly bool   `help:"Write the events straight to the lake, as a source of its own: no broker, no live tables."`
	Lake     string `placeholder:"DIR" help:"With --lake-only: directory of the lake; that of the data directory if not given."`
}

func (l lakeOnly) check() error {
	if l.Lake != "" && !l.LakeOnly {
		return errors.New("--lake: only with --lake-only")
	}
	return nil
}

func (l lakeOnly) request(file string, s source) app.ImportOptions {
	return app.ImportOptions{Source: s.options(), File: file, LakeOnly: l.LakeOnly, Lake: l.Lake}
}
