package cli

import (
	"context"
	"errors"
	"time"

	"globalmart/internal/app"
)

// Health is `globalmart health`.
type Health struct {
	source
	Timeout time.Duration `default:"5s" placeholder:"TIME" help:"How long a component may take to answer (${default})."`
}

// Validate is called by kong.
func (c *Health) Validate() error {
	if c.Timeout <= 0 {
		return errors.New("--timeout: want a duration above 0")
	}
	return nil
}

// Run checks every component.
func (c *Health) Run(ctx context.Context, in *invocation) error {
	return app.Health(ctx, in.env(), app.HealthOptions{Source: c.source.options(), Timeout: c.Timeout})
}
