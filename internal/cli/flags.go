package cli

import (
	"errors"
	"fmt"
	"time"

	"globalmart/internal/app"
	"globalmart/internal/telemetry"
)

// source are the flags of commands that need the log and the live tables.
type source struct {
	Data        string `default:"data" placeholder:"DIR" help:"Data directory of the embedded profile (${default})."`
	Kafka       string `default:"embedded" placeholder:"BROKERS" help:"\"embedded\": the broker of the data directory, started if it is not running; or host:port,... of a cluster (${default})."`
	KafkaListen string `default:"127.0.0.1:0" placeholder:"ADDR" help:"Where an embedded broker that this command starts listens; port 0 picks a free one (${default})."`
	Store       string `placeholder:"URL" help:"Live tables: sqlite:PATH; those of the data directory if not given."`
}

func (s source) options() app.Source {
	return app.Source{Data: s.Data, Kafka: s.Kafka, KafkaListen: s.KafkaListen, Store: s.Store}
}

// faults are the flags of what the generator does wrong on purpose.
type faults struct {
	Anomalies  float64 `default:"0.002" placeholder:"P" help:"Share of orders of unusual value or quantity, or in bursts (${default})."`
	Late       float64 `default:"0" placeholder:"P" help:"Share of events sent after later ones (${default})."`
	Duplicates float64 `default:"0" placeholder:"P" help:"Share of events sent twice (${default})."`
	Corrupt    float64 `default:"0" placeholder:"P" help:"Share of events that no reader may take (${default})."`
}

func (f faults) options() app.Faults {
	return app.Faults{Anomalies: f.Anomalies, Late: f.Late, Duplicates: f.Duplicates, Corrupt: f.Corrupt}
}

// check reports every share that is none. Kong calls Validate of a command
// only, not of what is embedded in it.
func (f faults) check() error {
	return errors.Join(
		probability("anomalies", f.Anomalies),
		probability("late", f.Late),
		probability("duplicates", f.Duplicates),
		probability("corrupt", f.Corrupt),
	)
}

// operator is the flag of processes that run for long.
type operator struct {
	OperatorListen string `default:"127.0.0.1:9464" placeholder:"ADDR" help:"Where /metrics and /debug/pprof are served; port 0 picks a free one (${default})."`
}

// snapshots is the flag of processes that run a stream worker. It is for tests:
// nobody needs to choose it.
type snapshots struct {
	SnapshotEvery time.Duration `default:"1m" hidden:"" help:"Least time between two snapshots of a task (${default})."`
}

func (s snapshots) check() error {
	if s.SnapshotEvery <= 0 {
		return fmt.Errorf("--snapshot-every: %s: want more than 0", s.SnapshotEvery)
	}
	return nil
}

// apiKey is the flag of commands that serve or ask the API.
type apiKey struct {
	APIKey telemetry.Secret `name:"api-key" default:"globalmart-api-key-2024" placeholder:"KEY" help:"Key of the API. The default is for development and public."`
}
