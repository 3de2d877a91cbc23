package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// BenchAPI is `globalmart bench api`.
type BenchAPI struct {
	Only        []string         `placeholder:"PART,..." help:"Measure only these: cached, memory, uncached, products, live."`
	Peer        string           `default:".cache/peers/fastapi" placeholder:"DIR" help:"Where \"make peers\" has put the FastAPI service (${default}); without it nothing is compared."`
	Connections int              `default:"64" placeholder:"N" help:"Connections, each of which asks again as soon as it is answered (${default})."`
	Time        time.Duration    `default:"10s" placeholder:"TIME" help:"How long each load is measured, whole seconds (${default}); the stream as long twice, without questions and with them."`
	Requests    int64            `default:"1000000" placeholder:"N" help:"Requests between two looks at the memory of the API (${default})."`
	Minutes     int              `default:"20" placeholder:"N" help:"Minutes of a shop with 500 events a second that the live tables hold (${default})."`
	Products    int              `default:"250000" placeholder:"N" help:"Products in the warehouse (${default})."`
	Rate        float64          `default:"5000" placeholder:"N" help:"Events a second of the stream (${default})."`
	Asked       float64          `default:"500" placeholder:"N" help:"Questions a second beside the stream (${default})."`
	Dir         string           `placeholder:"DIR" help:"Where to work; a temporary directory, removed afterwards, if not given."`
	Store       string           `placeholder:"URL" help:"Live tables for answers that are not kept: postgres://..., empty, which both services read; SQLite in the work directory, which FastAPI does not, if not given."`
	StorePID    int              `name:"store-pid" placeholder:"PID" help:"First process of that PostgreSQL if it is on this machine, to measure its CPU too."`
	Warehouse   telemetry.Secret `placeholder:"URL" help:"An empty MongoDB, mongodb://HOST:27017/DATABASE, that the products are answered from; files if not given."`
}

// Validate is called by kong.
func (c *BenchAPI) Validate() error {
	errs := []error{
		between("connections", c.Connections, 1, 10_000), between("minutes", c.Minutes, 1, 1440), between("products", c.Products, 1, 10_000_000), mongoURL(c.Warehouse),
	}
	for _, part := range c.Only {
		if !slices.Contains(app.BenchAPIParts, part) {
			errs = append(errs, fmt.Errorf("--only: %q: want %s", part, strings.Join(app.BenchAPIParts, ", ")))
		}
	}
	if c.Time < time.Second || c.Time%time.Second != 0 {
		errs = append(errs, fmt.Errorf("--time: %s: want whole seconds, as in 10s", c.Time))
	}
	if c.Rate <= 0 || c.Asked <= 0 || c.Requests < 1 {
		errs = append(errs, errors.New("--rate, --asked, --requests: want more than 0"))
	}
	if c.Store != "" && !strings.HasPrefix(c.Store, "postgres://") && !strings.HasPrefix(c.Store, "postgresql://") {
		errs = append(errs, errors.New("--store: want postgres://..., or nothing: SQLite is in the work directory")) // the rest may be a password
	}
	return errors.Join(errs...)
}

// Help shows examples.
func (*BenchAPI) Help() string {
	return "Needs the program wrk (Debian's package of that name), and redis-server for the FastAPI service. " +
		"A PostgreSQL or a MongoDB that is named has to be empty: what the bench makes stays there.\n\n" +
		examples("globalmart bench api -o json", "globalmart bench api --only cached,uncached --store postgres://bench@127.0.0.1/bench --time 30s",
			"globalmart bench api --only products --warehouse mongodb://127.0.0.1:27017/bench")
}

// Run measures the API.
func (c *BenchAPI) Run(ctx context.Context, in *invocation) error {
	return app.BenchAPI(ctx, in.env(), app.BenchAPIOptions{
		Dir: c.Dir, Only: c.Only, Store: c.Store, StorePID: c.StorePID, Warehouse: c.Warehouse, Peer: c.Peer, Connections: c.Connections, Time: c.Time,
		Requests: c.Requests, Minutes: c.Minutes, Products: c.Products, Rate: c.Rate, Asked: c.Asked,
	})
}
