package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Publish sends a few records, partitioned by key as a [Producer] does, and waits until
// all are acknowledged. An error means that some may not be.
func Publish(ctx context.Context, cfg Config, records []*kgo.Record, extra ...kgo.Opt) error {
	client, err := cfg.client(append([]kgo.Opt{
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerBatchMaxBytes(maxBatchBytes),
	}, extra...)...)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("kafka: publish: %w", err)
	}
	return nil
}
