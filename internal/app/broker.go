package app

import (
	"context"
	"os"
)

// Broker runs the embedded broker of a data directory alone until ctx ends.
func Broker(ctx context.Context, env Env, o BrokerOptions) error {
	if err := refuseSecond(o.Data); err != nil {
		return err
	}
	p, err := openOwn(ctx, env, Source{Data: o.Data, Kafka: embeddedKafka, KafkaListen: o.KafkaListen}, "broker", nil)
	if err != nil {
		return err
	}
	defer p.close()
	r := struct {
		PID   int    `json:"pid"`
		Kafka string `json:"kafka"`
		Data  string `json:"data"`
	}{os.Getpid(), p.run.Kafka, o.Data}
	if err := env.tell(r, func() { env.Say("broker on %s, data in %s; Ctrl-C stops it", r.Kafka, r.Data) }); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
