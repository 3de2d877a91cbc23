package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// Bench is `globalmart bench`.
type Bench struct {
	Stream    BenchStream    `cmd:"" help:"Drain a backlog: events a second and per CPU-second, memory, allocations."`
	Generate  BenchGenerate  `cmd:"" help:"Make events as fast as it goes."`
	Collect   BenchCollect   `cmd:"" help:"Send events over HTTP: events a second in batches and one by one, how long requests take, memory."`
	Recovery  BenchRecovery  `cmd:"" help:"Kill the platform, and workers, under load: seconds until the numbers are up to date."`
	Anomalies BenchAnomalies `cmd:"" help:"Look for unusual orders: precision and recall of each rule."`
	Batch     BenchBatch     `cmd:"" help:"Run the batch jobs over days of history, then for one new day, then ask the warehouse: seconds, CPU, memory."`
	API       BenchAPI       `cmd:"" name:"api" help:"Ask the API as fast as it answers, beside a FastAPI service that answers the same; with a stream beside it; over many products."`
}

// workload are the flags of every bench.
type workload struct {
	Events     int64   `default:"2000000" placeholder:"N" help:"Events to work through (${default})."`
	Seed       uint64  `default:"1" placeholder:"N" help:"Same seed, same events (${default})."`
	Duplicates float64 `default:"0.005" placeholder:"P" help:"Share of events that come twice (${default})."`
	Dir        string  `placeholder:"DIR" help:"Where to work; a temporary directory, removed afterwards, if not given."`
	Kafka      string  `default:"embedded" placeholder:"BROKERS" help:"\"embedded\": a broker of its own; or host:port,... of a cluster, whose topics it makes and removes (${default})."`
	BrokerPID  int     `name:"broker-pid" placeholder:"PID" help:"Process of that cluster's broker if it is on this machine, to measure its CPU too."`
	access
}

func (w workload) check() error {
	if w.Events < 1 {
		return fmt.Errorf("--events: %d: want 1 or more", w.Events)
	}
	return probability("duplicates", w.Duplicates)
}

func (w workload) options() app.BenchOptions {
	return app.BenchOptions{
		Events: w.Events, Seed: w.Seed, Duplicates: w.Duplicates, Dir: w.Dir,
		Kafka: w.Kafka, Access: w.access.options(), BrokerPID: w.BrokerPID,
	}
}

// BenchStream is `globalmart bench stream`.
type BenchStream struct {
	workload
	Store    string `placeholder:"URL" help:"Live tables to fill: sqlite:PATH or postgres://..., empty; SQLite in the work directory if not given."`
	StorePID int    `name:"store-pid" placeholder:"PID" help:"First process of that PostgreSQL if it is on this machine, to measure its CPU too."`
	Profile  string `placeholder:"DIR" help:"Write a CPU profile and one of allocations to this directory, for go tool pprof."`
}

// Validate is called by kong.
func (c *BenchStream) Validate() error { return c.check() }

// Run measures the stream engine.
func (c *BenchStream) Run(ctx context.Context, in *invocation) error {
	o := c.options()
	o.Profile, o.Store, o.StorePID = c.Profile, c.Store, c.StorePID
	return app.BenchStream(ctx, in.env(), o)
}

// BenchGenerate is `globalmart bench generate`.
type BenchGenerate struct {
	workload
}

// Validate is called by kong.
func (c *BenchGenerate) Validate() error { return c.check() }

// Run measures the generator.
func (c *BenchGenerate) Run(ctx context.Context, in *invocation) error {
	return app.BenchGenerate(ctx, in.env(), c.options())
}

// BenchCollect is `globalmart bench collect`.
type BenchCollect struct {
	For         time.Duration `default:"20s" placeholder:"TIME" help:"How long each of the runs lasts (${default})."`
	Connections int           `default:"16" placeholder:"N" help:"Connections that send at once (${default})."`
	Dir         string        `placeholder:"DIR" help:"Where to work; a temporary directory, removed afterwards, if not given."`
	Kafka       string        `default:"embedded" placeholder:"BROKERS" help:"\"embedded\": a broker of its own; or host:port,... of a cluster, whose topics it makes and removes (${default})."`
	BrokerPID   int           `name:"broker-pid" placeholder:"PID" help:"Process of that cluster's broker if it is on this machine, to measure its CPU too."`
	access
}

// Validate is called by kong.
func (c *BenchCollect) Validate() error {
	if c.For <= 0 {
		return fmt.Errorf("--for: %s: want more than 0", c.For)
	}
	return between("connections", c.Connections, 1, 1000)
}

// Run measures the collector.
func (c *BenchCollect) Run(ctx context.Context, in *invocation) error {
	return app.BenchCollect(ctx, in.env(), app.BenchCollectOptions{
		BenchOptions: app.BenchOptions{Dir: c.Dir, Kafka: c.Kafka, Access: c.access.options(), BrokerPID: c.BrokerPID},
		For:          c.For, Connections: c.Connections,
	})
}

// BenchRecovery is `globalmart bench recovery`.
type BenchRecovery struct {
	Rate   float64       `default:"5000" placeholder:"N" help:"Events a second (${default})."`
	Rounds int           `default:"3" placeholder:"N" help:"Kills of each kind (${default})."`
	Warm   time.Duration `default:"10s" placeholder:"TIME" help:"Time under that load before each kill (${default})."`
	Dir    string        `placeholder:"DIR" help:"Where to work; a temporary directory, removed afterwards, if not given."`
	Kafka  string        `default:"embedded" placeholder:"BROKERS" help:"Of the two workers. \"embedded\": a broker of its own; or host:port,... of a cluster, whose topics it makes and removes (${default})."`
	Store  string        `placeholder:"URL" help:"Of the two workers: sqlite:PATH or postgres://..., empty; SQLite in the work directory if not given."`
	access
}

// Validate is called by kong.
func (c *BenchRecovery) Validate() error {
	switch {
	case c.Rate <= 0:
		return fmt.Errorf("--rate: %g: want more than 0", c.Rate)
	case c.Rounds < 1:
		return fmt.Errorf("--rounds: %d: want 1 or more", c.Rounds)
	case c.Warm < 0:
		return fmt.Errorf("--warm: %s: want 0 or more", c.Warm)
	}
	return nil
}

// Run measures how long recoveries take.
func (c *BenchRecovery) Run(ctx context.Context, in *invocation) error {
	return app.BenchRecovery(ctx, in.env(), app.BenchRecoveryOptions{
		BenchOptions: app.BenchOptions{Dir: c.Dir, Kafka: c.Kafka, Access: c.access.options(), Store: c.Store},
		Rate:         c.Rate, Rounds: c.Rounds, Warm: c.Warm,
	})
}

// BenchAnomalies is `globalmart bench anomalies`.
type BenchAnomalies struct {
	Days       int      `default:"4" placeholder:"N" help:"Virtual days (${default}). On the first one there are no baselines, or young ones."`
	Rate       app.Rate `default:"business" placeholder:"RATE" help:"Events a second, split 1:3:1 into orders, views and cart actions; or \"business\" (${default})."`
	Seed       uint64   `default:"1" placeholder:"N" help:"Same seed, same events (${default})."`
	Rules      string   `placeholder:"FILE" help:"Rules to try; the built-in ones if not given."`
	Late       float64  `default:"0.02" placeholder:"P" help:"Share of events sent after later ones (${default})."`
	Duplicates float64  `default:"0.01" placeholder:"P" help:"Share of events sent twice (${default})."`
	Anomalies  float64  `default:"0.002" placeholder:"P" help:"Share of orders of unusual value or quantity, or in bursts (${default})."`
}

// Validate is called by kong.
func (c *BenchAnomalies) Validate() error {
	if c.Days < 1 || c.Days > 60 {
		return fmt.Errorf("--days: %d: want 1 to 60", c.Days)
	}
	if c.Rate.Max || !c.Rate.Business && c.Rate.PerSecond == 0 {
		return errors.New("--rate: want more than 0 events a second, or business: days pass at a rate")
	}
	return errors.Join(probability("anomalies", c.Anomalies), probability("late", c.Late), probability("duplicates", c.Duplicates))
}

// Run measures how well unusual orders are found.
func (c *BenchAnomalies) Run(ctx context.Context, in *invocation) error {
	return app.BenchAnomalies(ctx, in.env(), app.BenchAnomaliesOptions{
		Days: c.Days, Rate: c.Rate, Seed: c.Seed, Rules: c.Rules,
		Faults: app.Faults{Anomalies: c.Anomalies, Late: c.Late, Duplicates: c.Duplicates},
	})
}

// BenchBatch is `globalmart bench batch`.
type BenchBatch struct {
	Days        []int            `default:"90" placeholder:"N,..." help:"Days of history before the new one, one or more lengths to measure on (${default})."`
	DailyOrders int              `default:"100000" placeholder:"N" help:"Mean of a day's events of orders, follow-ups included (${default})."`
	AllEvents   bool             `help:"With views and cart actions: 12 and 3 for each of those."`
	Seed        uint64           `default:"1" placeholder:"N" help:"Same seed, days and orders, same events (${default})."`
	Questions   int              `default:"1000" placeholder:"N" help:"Questions of each kind that the warehouse is asked (${default})."`
	Customers   int              `placeholder:"N" help:"Measure rfm alone, over a made-up year of so many customers."`
	Lines       int              `default:"50000000" placeholder:"N" help:"Order lines of those customers (${default})."`
	Dir         string           `placeholder:"DIR" help:"Where to work; lakes that are there are used again. A temporary directory, removed afterwards, if not given."`
	Store       string           `placeholder:"URL" help:"Live tables in PostgreSQL, postgres://...: what it takes to copy the marts to them is measured too; none if not given."`
	Warehouse   telemetry.Secret `place:"" placeholder:"URL" help:"An empty MongoDB, mongodb://HOST:27017/DATABASE: what it takes to copy the warehouse to it is measured too, and it answers the questions; the files do if not given."`
	EnginePID   []int            `name:"engine-pid" placeholder:"PID,..." help:"With --engine: processes of that Spark on this machine, the Thrift server and the worker whose executors it uses, to measure their CPU and memory too."`
	engine
}

// Validate is called by kong.
func (c *BenchBatch) Validate() error {
	errs := []error{
		between("daily-orders", c.DailyOrders, 1, maxDailyOrders), between("questions", c.Questions, 1, 1_000_000),
		mongoURL(c.Warehouse), c.engine.check(), between("customers", c.Customers, 0, 100_000_000), between("lines", c.Lines, app.SegmentDays, 1_000_000_000),
	}
	for _, days := range c.Days {
		errs = append(errs, between("days", days, 1, maxHistoryDays-1))
	}
	return errors.Join(errs...)
}

// mongoURL refuses a warehouse that is in no MongoDB: the bench has files of its own.
func mongoURL(where telemetry.Secret) error {
	if url := where.Reveal(); url != "" && !strings.HasPrefix(url, "mongodb://") && !strings.HasPrefix(url, "mongodb+srv://") {
		return errors.New("--warehouse: want mongodb://HOST:27017/DATABASE, or nothing: the files are in the work directory")
	}
	return nil
}

// Help shows examples.
func (*BenchBatch) Help() string {
	return "90 days of 100,000 orders take 2 GB and some minutes to write; 365 days four times that. " +
		"With --customers, the warehouse of a year is made up without a lake, and only rfm is measured; with --warehouse too, its segments are copied there, all and then what a day has changed.\n\n" +
		examples("globalmart bench batch -o json", "globalmart bench batch --days 30,90,365 --dir bench -o json", "globalmart bench batch --days 7 --daily-orders 5000",
			"globalmart bench batch --customers 10000000 -o json")
}

// Run measures the batch jobs.
func (c *BenchBatch) Run(ctx context.Context, in *invocation) error {
	o := app.BenchBatchOptions{
		Dir: c.Dir, Days: c.Days, DailyOrders: c.DailyOrders, AllEvents: c.AllEvents, Seed: c.Seed, Questions: c.Questions,
		Customers: c.Customers, Lines: c.Lines, Store: c.Store, Warehouse: c.Warehouse, Engine: c.engineOptions(), EnginePIDs: c.EnginePID,
	}
	if c.Customers > 0 {
		return app.BenchSegments(ctx, in.env(), o)
	}
	return app.BenchBatch(ctx, in.env(), o)
}
