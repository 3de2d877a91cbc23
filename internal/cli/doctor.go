package cli

import (
	"context"

	"globalmart/internal/app"
)

// Doctor is `globalmart doctor`.
type Doctor struct {
	Data           string   `default:"data" placeholder:"DIR" help:"Data directory to examine (${default})."`
	Store          string   `placeholder:"URL" help:"Live tables: sqlite:PATH or postgres://...; those of the data directory if not given."`
	Listen         address  `default:"127.0.0.1:8000" placeholder:"ADDR" help:"Where the API of up would listen; seen to be free if nothing runs (${default})."`
	KafkaListen    loopback `default:"127.0.0.1:9092" placeholder:"ADDR" help:"Where its broker would (${default})."`
	OperatorListen address  `default:"127.0.0.1:9464" placeholder:"ADDR" help:"Where its metrics would (${default})."`
}

// Help says what is done and what is not.
func (*Doctor) Help() string {
	return "It looks at the directory, disk, memory, rules, ports, the running process, live tables, clock, dead letters, snapshots, lag and lake, and says of each what it found and what to do. " +
		"It starts nothing and changes nothing; a file of 80 KiB is written and removed to measure the disk. Exit code 1 if something is wrong; a warning (!) is not.\n\n" +
		examples("globalmart doctor --data shop", "globalmart doctor --data shop -o json")
}

// Run examines the directory.
func (c *Doctor) Run(ctx context.Context, in *invocation) error {
	return app.Doctor(ctx, in.env(), app.DoctorOptions{
		Data: c.Data, Store: c.Store, Listen: string(c.Listen), KafkaListen: string(c.KafkaListen), OperatorListen: string(c.OperatorListen),
	})
}
