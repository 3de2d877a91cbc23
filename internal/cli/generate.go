package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/app"
)

// Generate is `globalmart generate`.
type Generate struct {
	source
	quietOperator
	Rate      app.Rate      `default:"500" placeholder:"RATE" help:"Events a second, split 1:3:1 into orders, views and cart actions; \"business\" or \"max\" (${default})."`
	For       time.Duration `default:"0s" placeholder:"TIME" help:"Stop by itself after this long; 0 = when it is stopped (${default})."`
	Seed      uint64        `default:"1" placeholder:"N" help:"Same seed and start, same events (${default})."`
	Start     time.Time     `placeholder:"TIME" help:"With --count: virtual time of the first event (RFC 3339)."`
	Count     int64         `default:"0" placeholder:"N" help:"Send this many events in virtual time, from --start on, as fast as it goes; 0 = live (${default})."`
	Truth     string        `placeholder:"FILE" help:"Write what each fault is to this file, as JSON lines."`
	Catalogue bool          `help:"Send the products, and what there is of each at first, too, if the log lacks them; live only."`
	faults    `group:"Faults on purpose:"`
}

// Validate is called by kong.
func (c *Generate) Validate() error {
	switch {
	case c.Count < 0:
		return fmt.Errorf("--count: %d: want 0 or more", c.Count)
	case (c.Count > 0) == c.Start.IsZero():
		return errors.New("--start and --count: want both (virtual time) or neither (live)")
	case c.Count > 0 && c.For != 0:
		return errors.New("--for: virtual time ends with --count")
	case c.Count > 0 && c.Catalogue:
		return errors.New("--catalogue: its products are of now; leave --count and --start away")
	}
	return errors.Join(notNegative("for", c.For), c.faults.check())
}

// Run sends events until there are enough.
func (c *Generate) Run(ctx context.Context, in *invocation) error {
	return app.Generate(ctx, in.env(), app.GenerateOptions{
		Source: c.source.options(),
		Rate:   c.Rate,
		For:    c.For,
		Seed:   c.Seed,
		Start:  c.Start,
		Count:  c.Count,
		Faults: c.faults.options(),
		Truth:  c.Truth,

		Catalogue:      c.Catalogue,
		OperatorListen: string(c.OperatorListen),
	})
}
