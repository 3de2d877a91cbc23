package cli

import (
	"context"
	"errors"
	"fmt"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// collected are the flags of commands that take events over HTTP.
type collected struct {
	WriteKey   telemetry.Secret `default:"globalmart-write-key-dev" placeholder:"KEY" help:"Key that shops send events with, beside those of globalmart keys create --scope ingest. The default is for development and public."`
	WriteLimit int64            `default:"0" placeholder:"N" help:"Events a second that are taken with one write key that has no limit of its own; 0 = as many as come (${default})."`
}

func (c collected) options(dev bool) app.CollectorOptions {
	return app.CollectorOptions{WriteKey: c.WriteKey, Development: dev, PerSecond: c.WriteLimit}
}

func (c collected) check() error {
	var errs []error
	if c.WriteKey == "" {
		errs = append(errs, errors.New("--write-key: it is empty: want a key"))
	}
	if c.WriteLimit < 0 {
		errs = append(errs, fmt.Errorf("--write-limit: %d: want 0 or more", c.WriteLimit))
	}
	return errors.Join(errs...)
}

// Collect is `globalmart collect`.
type Collect struct {
	source
	Listen address `default:"127.0.0.1:8010" placeholder:"ADDR" help:"Where shops send events; port 0 picks a free one (${default})."`
	Lake   string  `placeholder:"DIR" help:"Lake in which the orders are looked up of refunds and cancellations that name no lines, which takes up to 256 MB of memory; without it they become dead letters, to be sent again from an API that has the lake."`
	DevKey bool    `name:"dev-key" help:"Take the development key, which is public, also where this listens beyond this machine."`
	operator
	collected
}

// Validate is called by kong.
func (c *Collect) Validate() error { return c.collected.check() }

// Help says what may send.
func (*Collect) Help() string {
	return "Segment's HTTP API, for the SDKs of Segment, RudderStack and Jitsu: their host is this address. `up` takes the same on the address of its API.\n\n" +
		examples(
			"globalmart collect --data shop",
			"globalmart collect --kafka kafka-1:9092,kafka-2:9092 --store 'postgres://globalmart@db/globalmart?sslmode=verify-full' --listen 0.0.0.0:8010",
		)
}

// Run takes events until it is stopped.
func (c *Collect) Run(ctx context.Context, in *invocation) error {
	return app.Collect(ctx, in.env(), app.CollectOptions{
		Source: c.source.options(), Listen: string(c.Listen), OperatorListen: string(c.OperatorListen), Lake: c.Lake, Collector: c.collected.options(c.DevKey),
	})
}
