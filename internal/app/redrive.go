package app

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// redriver sends dead letters to their topics again.
type redriver struct {
	cfg    kafka.Config
	orders *orderFinder
}

// Redrive implements what the API needs. The orders of refunds that name no lines are
// looked up again.
func (r *redriver) Redrive(ctx context.Context, letters []store.DeadLetter, value []byte) ([]error, error) {
	now := event.TimeOf(time.Now())
	refused := make([]error, len(letters))
	values := make([][]byte, len(letters))
	for i := range letters {
		values[i] = letters[i].Value
		if value != nil {
			values[i] = value
		}
		_, refused[i] = engine.Redriven(&letters[i], values[i], now)
	}
	if err := r.complete(ctx, values, refused, now); err != nil {
		return nil, err
	}
	var records []*kgo.Record
	for i := range letters {
		if refused[i] != nil {
			continue
		}
		var record *kgo.Record
		if record, refused[i] = engine.Redriven(&letters[i], values[i], now); refused[i] == nil {
			records = append(records, record)
		}
	}
	if len(records) == 0 {
		return refused, nil
	}
	return refused, kafka.Publish(ctx, r.cfg, records)
}

// complete completes the values that are refused for an order that was not known, and
// takes back the refusal of those whose order is known now.
func (r *redriver) complete(ctx context.Context, values [][]byte, refused []error, now event.Time) error {
	refunds := map[int]*event.Event{}
	var ids []string
	for i := range values {
		if invalid, ok := errors.AsType[*event.Invalid](refused[i]); !ok || invalid.Reason != event.UnknownOrder {
			continue
		}
		var d event.Decoder
		e := &event.Event{}
		_ = d.Decode(values[i], now, e) // it is what was refused, and all of it was read
		refunds[i] = e
		ids = append(ids, e.TransactionID)
	}
	if len(refunds) == 0 {
		return nil
	}
	known, err := r.orders.Orders(ctx, ids)
	if err != nil {
		return err
	}
	for i := range values {
		e := refunds[i]
		if e == nil {
			continue
		}
		if err := collector.Complete(e, known[e.TransactionID]); err != nil {
			refused[i] = &event.Invalid{Reason: event.UnknownOrder, Field: "items", Detail: "empty, and of order " + err.Error()}
			continue
		}
		known[e.TransactionID] = append(known[e.TransactionID], *e)
		values[i], refused[i] = e.AppendJSON(nil), nil
	}
	return nil
}
