package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/app"
)

// Bounds of a history.
const (
	maxHistoryDays = app.MaxDays
	maxDailyOrders = 100_000_000
)

// Backfill is `globalmart backfill`.
type Backfill struct {
	Data        string    `default:"data" placeholder:"DIR" help:"Data directory (${default})."`
	Lake        string    `placeholder:"DIR" help:"Directory of the lake; that of the data directory if not given."`
	Days        int       `default:"90" placeholder:"N" help:"How many whole days, in UTC (${default})."`
	End         time.Time `format:"2006-01-02" placeholder:"DATE" help:"The days before this one; if not given, before today, or up to where the history that is there ends."`
	DailyOrders int       `default:"100000" placeholder:"N" help:"Mean of a day's events of orders, follow-ups included; 12 views and 3 cart actions come with each (${default})."`
	OrdersOnly  bool      `help:"Leave views and cart actions out; the orders stay the same."`
	Seed        uint64    `default:"1" placeholder:"N" help:"Same seed, days and orders, same events (${default})."`
	Workers     int       `default:"0" placeholder:"N" help:"How many write at the same time, up to 4; 0 = one for each core (${default})."`
}

// Validate is called by kong.
func (c *Backfill) Validate() error {
	return errors.Join(
		between("days", c.Days, 1, maxHistoryDays),
		between("daily-orders", c.DailyOrders, 1, maxDailyOrders),
		between("workers", c.Workers, 0, 64),
	)
}

func between(flag string, n, least, most int) error {
	if n < least || n > most {
		return fmt.Errorf("--%s: %d: want %d to %d", flag, n, least, most)
	}
	return nil
}

// Help shows examples.
func (*Backfill) Help() string {
	return "A day is whole or not there: cut short, the same command goes on. More days can follow those that are there, not precede them.\n\n" +
		examples(
			"globalmart backfill --days 90 --data shop",
			"globalmart backfill --days 365 --orders-only --data shop -o json",
			"globalmart backfill --days 28 --end 2026-03-01 --daily-orders 5000 --seed 7 --data shop",
		)
}

// Run writes the history.
func (c *Backfill) Run(ctx context.Context, in *invocation) error {
	return app.Backfill(ctx, in.env(), app.BackfillOptions{
		Data:        c.Data,
		Lake:        c.Lake,
		Days:        c.Days,
		End:         c.End,
		DailyOrders: c.DailyOrders,
		OrdersOnly:  c.OrdersOnly,
		Seed:        c.Seed,
		Workers:     c.Workers,
	})
}
