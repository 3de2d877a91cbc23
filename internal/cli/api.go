package cli

import (
	"context"
	"errors"

	"globalmart/internal/app"
)

// API is `globalmart api`.
type API struct {
	Data   string  `default:"data" placeholder:"DIR" help:"Data directory whose live tables are shown (${default})."`
	Listen address `default:"127.0.0.1:8000" placeholder:"ADDR" help:"Where the API listens; port 0 picks a free one (${default})."`
	liveTables
	operator
	served
	collected
	answers
	marts
	Kafka  string `default:"embedded" placeholder:"BROKERS" help:"The log that the operators' pages show: \"embedded\", that of the process on the data directory; or host:port,... of a cluster (${default})."`
	access `group:"Access to a Kafka cluster:"`
}

// Validate is called by kong.
func (c *API) Validate() error { return errors.Join(c.served.check(), c.collected.check()) }

// Run serves the API until it is stopped.
func (c *API) Run(ctx context.Context, in *invocation) error {
	return app.API(ctx, in.env(), app.APIOptions{
		Source:         app.Source{Data: c.Data, Kafka: c.Kafka, Access: c.access.options(), Store: c.Store},
		Listen:         string(c.Listen),
		OperatorListen: string(c.OperatorListen),
		Access:         c.served.options(),
		Collector:      c.collected.options(c.DevKey),
		Cache:          c.cacheOptions(),
		Warehouse:      c.Warehouse,
	})
}
