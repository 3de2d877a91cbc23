package cli

import (
	"context"
	"errors"
	"time"

	"globalmart/internal/app"
)

// Top is `globalmart top`.
type Top struct {
	Data     string        `default:"data" placeholder:"DIR" help:"Watch the process that runs on this data directory (${default})."`
	Operator address       `placeholder:"ADDR" help:"Watch the process whose metrics are here, instead: host:port."`
	API      address       `name:"api" placeholder:"ADDR" help:"Where the API is, for the figures of the shop; that of the process on --data if not given."`
	Every    time.Duration `default:"0s" placeholder:"TIME" help:"Time between two looks; 0 = 1s, and 5s for lines for people that do not move (${default})."`
	Count    int           `default:"0" placeholder:"N" help:"End after so many looks; 0 = when it is stopped (${default})."`
	For      time.Duration `default:"0s" placeholder:"TIME" help:"End after this long; 0 = when it is stopped (${default})."`
	apiKey
}

// Validate is called by kong.
func (c *Top) Validate() error {
	var count error
	if c.Count < 0 {
		count = errors.New("--count: want 0 or more")
	}
	return errors.Join(notNegative("every", c.Every), notNegative("for", c.For), count, c.apiKey.check())
}

// Help says what is shown where.
func (*Top) Help() string {
	return "On a terminal the view is drawn anew; elsewhere, and with -o json, every look is a line. Rates and latencies are of the time since the look before.\n\n" +
		examples(
			"globalmart top --data shop",
			"globalmart top --operator 127.0.0.1:9464 --api 127.0.0.1:8000",
			"globalmart top --data shop --count 60 -o json",
		)
}

// Run watches until it is stopped.
func (c *Top) Run(ctx context.Context, in *invocation) error {
	return app.Top(ctx, in.env(), app.TopOptions{
		Data: c.Data, Operator: string(c.Operator), API: string(c.API), APIKey: c.APIKey,
		Every: c.Every, Count: c.Count, For: c.For,
	})
}
