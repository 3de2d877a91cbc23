package cli

import (
	"context"
	"fmt"

	"globalmart/internal/app"
)

// Bench is `globalmart bench`.
type Bench struct {
	Stream   BenchStream   `cmd:"" help:"Drain a backlog: events a second and per CPU-second, memory, allocations."`
	Generate BenchGenerate `cmd:"" help:"Make events as fast as it goes."`
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
}

// Validate is called by kong.
func (c *BenchStream) Validate() error { return c.check() }

// Run measures the stream engine.
func (c *BenchStream) Run(ctx context.Context, in *invocation) error {
	return app.BenchStream(ctx, in.env(), c.options())
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
