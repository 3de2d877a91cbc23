package engine

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Redriven returns the record by which the event of a dead letter enters the stream
// again, as one that arrives now and is never too old: with value instead of its own,
// unless that is nil. The error is an *[event.Invalid] if it would be refused again.
func Redriven(d *store.DeadLetter, value []byte, now event.Time) (*kgo.Record, error) {
	if value == nil {
		value = d.Value
	}
	var dec event.Decoder
	var e event.Event
	if err := dec.Decode(value, now, &e); err != nil {
		return nil, err
	}
	if topic := e.Type.Topic(); topic != d.Topic {
		return nil, &event.Invalid{Reason: event.BadSchema, Field: "event_type", Detail: fmt.Sprintf("%q does not belong on topic %s", e.Type, d.Topic)}
	}
	return &kgo.Record{
		Topic: d.Topic, Key: []byte(e.Key()), Value: value, Timestamp: now.Std(),
		Headers: []kgo.RecordHeader{{Key: HeaderRedriven, Value: []byte(DeadLetterKey(d.Topic, d.Partition, d.Offset))}},
	}, nil
}
