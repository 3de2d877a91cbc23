package cli

import (
	"context"

	"globalmart/internal/app"
)

// Broker is `globalmart broker`.
type Broker struct {
	Data        string   `default:"data" placeholder:"DIR" help:"Data directory whose log is served (${default})."`
	KafkaListen loopback `default:"127.0.0.1:9092" placeholder:"ADDR" help:"Where the broker listens; port 0 picks a free one (${default})."`
}

// Run runs the broker until it is stopped.
func (c *Broker) Run(ctx context.Context, in *invocation) error {
	return app.Broker(ctx, in.env(), app.BrokerOptions{Data: c.Data, KafkaListen: string(c.KafkaListen)})
}
