package app

import (
	"context"

	"globalmart/internal/fault"
)

// Broker runs the embedded broker of a data directory alone until ctx ends.
func Broker(ctx context.Context, env Env, o BrokerOptions) error {
	p, err := open(ctx, env, Source{Data: o.Data, Kafka: embeddedKafka, KafkaListen: o.KafkaListen}, "broker", nil)
	if err != nil {
		return err
	}
	defer p.close()
	if p.broker == nil {
		return fault.New(fault.Failed, "a broker already runs on "+o.Data, nil, "use it at "+p.run.Kafka)
	}
	env.Say("broker on %s, data in %s; Ctrl-C stops it", p.run.Kafka, o.Data)
	<-ctx.Done()
	return nil
}
