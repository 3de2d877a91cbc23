package cli

import (
	"context"

	"globalmart/internal/app"
)

// Stream is `globalmart stream`.
type Stream struct {
	Run     StreamRun     `cmd:"" default:"withargs" help:"Run the stream engine until it is stopped; without a subcommand too."`
	Rebuild StreamRebuild `cmd:"" help:"Make the live tables anew from the lake and the log."`
}

// StreamRun is `globalmart stream run`, and `globalmart stream`.
type StreamRun struct {
	source
	operator
	snapshots
	alerts `group:"Who is told of alerts:"`
}

// Validate is called by kong.
func (c *StreamRun) Validate() error { return c.snapshots.check() }

// Run runs the stream engine until it is stopped.
func (c *StreamRun) Run(ctx context.Context, in *invocation) error {
	return app.Stream(ctx, in.env(), app.StreamOptions{
		Source:         c.source.options(),
		OperatorListen: string(c.OperatorListen),
		SnapshotEvery:  c.SnapshotEvery,
		Alerts:         c.alerts.options(),
	})
}

// StreamRebuild is `globalmart stream rebuild`.
type StreamRebuild struct {
	source
	Lake string `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
}

// Run makes the live tables anew.
func (c *StreamRebuild) Run(ctx context.Context, in *invocation) error {
	return app.Rebuild(ctx, in.env(), app.RebuildOptions{Source: c.source.options(), Lake: c.Lake})
}
