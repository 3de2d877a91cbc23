package cli

import (
	"context"
	"errors"
	"time"

	"globalmart/internal/app"
)

// Up is `globalmart up`.
type Up struct {
	Data        string        `default:"data" placeholder:"DIR" help:"Where everything is kept (${default})."`
	Rate        app.Rate      `default:"500" placeholder:"RATE" help:"Events a second, split 1:3:1 into orders, views and cart actions; \"business\", \"max\", or 0 for none (${default})."`
	For         time.Duration `default:"0s" placeholder:"TIME" help:"Stop by itself after this long, as in 30s; 0 = when it is stopped (${default})."`
	Seed        uint64        `default:"1" placeholder:"N" help:"Same seed, same shoppers (${default})."`
	History     app.Days      `default:"0d" placeholder:"DAYS" help:"Write the shop's past to the lake in the background: this many whole days before the first live one, as in 28d (${default})."`
	DailyOrders int           `default:"100000" placeholder:"N" help:"With --history: orders a day, as in backfill (${default})."`
	Listen      address       `default:"127.0.0.1:8000" placeholder:"ADDR" help:"Where the API listens; port 0 picks a free one (${default})."`
	KafkaListen loopback      `default:"127.0.0.1:9092" placeholder:"ADDR" help:"Where the broker listens (${default})."`
	liveTables
	operator
	served
	collected
	answers
	engine
	marts
	snapshots
	storage
	alerts `group:"Who is told of alerts:"`
	faults `group:"Faults on purpose:"`
}

// Validate is called by kong.
func (c *Up) Validate() error {
	return errors.Join(notNegative("for", c.For), between("daily-orders", c.DailyOrders, 1, maxDailyOrders), c.served.check(), c.collected.check(), c.faults.check(), c.snapshots.check(), c.storage.check(), c.engine.check())
}

// Run runs the platform until it is stopped.
func (c *Up) Run(ctx context.Context, in *invocation) error {
	return app.Up(ctx, in.env(), app.UpOptions{
		Data:           c.Data,
		Rate:           c.Rate,
		For:            c.For,
		Seed:           c.Seed,
		History:        c.History,
		HistoryOrders:  c.DailyOrders,
		Faults:         c.faults.options(),
		Listen:         string(c.Listen),
		KafkaListen:    string(c.KafkaListen),
		Store:          c.Store,
		OperatorListen: string(c.OperatorListen),
		SnapshotEvery:  c.SnapshotEvery,
		LakeRollAfter:  c.LakeRollAfter,
		Trim:           app.TrimOptions{Every: c.TrimEvery, Large: c.TrimTo},
		Access:         c.served.options(),
		Collector:      c.collected.options(c.DevKey),
		Cache:          c.cacheOptions(),
		Engine:         c.engineOptions(),
		Warehouse:      c.Warehouse,
		Alerts:         c.alerts.options(),
	})
}
