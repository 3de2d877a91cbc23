package cli

import (
	"context"

	"globalmart/internal/app"
)

// Schedule is `globalmart schedule`.
type Schedule struct {
	warehouseDirs
	engine
	operator
	Kafka  string `placeholder:"BROKERS" help:"host:port,... of the log: with it, operators can have the numbers proved here from the page Proof."`
	access `group:"Access to a Kafka cluster:"`
}

// Validate is called by kong.
func (c *Schedule) Validate() error { return c.engine.check() }

// Help says what it is for.
func (*Schedule) Help() string {
	return "When each job is due is in rules.yaml. `globalmart up` does it by itself; this is for a cluster, or for a machine of its own. " +
		"Start as many as you like: one is at work, and another takes over when it ends. It also runs what operators start by hand at an API elsewhere.\n\n" +
		examples("globalmart schedule --data shop", "globalmart schedule --lake /srv/lake --warehouse /srv/warehouse --store sqlite:/var/lib/globalmart/store.db")
}

// Run runs the jobs when they are due, until it is stopped.
func (c *Schedule) Run(ctx context.Context, in *invocation) error {
	o := c.warehouseDirs.options()
	o.Engine = c.engineOptions()
	return app.Schedule(ctx, in.env(), app.ScheduleOptions{Batch: o, Kafka: c.Kafka, Access: c.access.options(), OperatorListen: string(c.OperatorListen)})
}
