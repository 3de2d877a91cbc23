package cli

import (
	"context"
	"errors"
	"time"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// Health is `globalmart health`.
type Health struct {
	source
	Operator address          `placeholder:"ADDR" help:"Check one process alone, whose metrics are here, host:port; and its API, if --api is given."`
	API      address          `name:"api" placeholder:"ADDR" help:"host:port of the API; that of the running up of the data directory if not given."`
	Engine   telemetry.Secret `place:"" default:"duckdb" placeholder:"duckdb|URL" help:"What runs the batch jobs; a Spark, spark://HOST:10000, is asked too."`
	answers
	marts
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
	return app.Health(ctx, in.env(), app.HealthOptions{
		Source: c.source.options(), Operator: string(c.Operator), API: string(c.API), Cache: c.cacheOptions(), Warehouse: c.Warehouse, Engine: c.Engine, Timeout: c.Timeout,
	})
}
