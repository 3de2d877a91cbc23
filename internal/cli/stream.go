package cli

import (
	"context"

	"globalmart/internal/app"
)

// Stream is `globalmart stream`.
type Stream struct {
	source
	operator
	snapshots
	alerts `group:"Who is told of alerts:"`
}

// Validate is called by kong.
func (c *Stream) Validate() error { return c.snapshots.check() }

// Run runs the stream engine until it is stopped.
func (c *Stream) Run(ctx context.Context, in *invocation) error {
	return app.Stream(ctx, in.env(), app.StreamOptions{
		Source:         c.source.options(),
		OperatorListen: string(c.OperatorListen),
		SnapshotEvery:  c.SnapshotEvery,
		Alerts:         c.alerts.options(),
	})
}
