package app

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	records, refused := make([]*kgo.Record, len(letters)), make([]error, len(letters))
	refunds := map[int]*event.Event{} // by the index of their letters
	for i := range letters {
		if records[i], refused[i] = engine.Redriven(&letters[i], value, now); lacksOrder(refused[i]) {
			text := letters[i].Value
			if value != nil {
				text = value
			}
			var d event.Decoder
			refunds[i] = &event.Event{}
			_ = d.Decode(text, now, refunds[i]) // it is what was refused, and all of it was read
		}
	}
	completed, err := r.complete(ctx, refunds)
	if err != nil {
		return nil, err
	}
	for i, invalid := range completed {
		if refused[i] = invalid; invalid == nil {
			records[i], refused[i] = engine.Redriven(&letters[i], refunds[i].AppendJSON(nil), now)
		}
	}
	records = slices.DeleteFunc(records, func(r *kgo.Record) bool { return r == nil })
	if len(records) == 0 {
		return refused, nil
	}
	return refused, kafka.Publish(ctx, r.cfg, records)
}

// lacksOrder reports whether an event was refused for an order that was not known.
func lacksOrder(err error) bool {
	invalid, ok := errors.AsType[*event.Invalid](err)
	return ok && invalid.Reason == event.UnknownOrder
}

// complete completes refunds with what is known of their orders by now. It returns why
// that cannot be, by the keys of refunds, nil for one that is complete.
func (r *redriver) complete(ctx context.Context, refunds map[int]*event.Event) (map[int]error, error) {
	if len(refunds) == 0 {
		return nil, nil
	}
	var ids []string
	for _, e := range refunds {
		ids = append(ids, e.TransactionID)
	}
	known, err := r.orders.Orders(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := map[int]error{}
	for _, i := range slices.Sorted(maps.Keys(refunds)) { // of two of one order the first one counts
		e := refunds[i]
		if err := collector.Complete(e, known[e.TransactionID]); err != nil {
			found[i] = &event.Invalid{Reason: event.UnknownOrder, Field: "items", Detail: "empty, and of order " + err.Error()}
			continue
		}
		known[e.TransactionID] = append(known[e.TransactionID], *e)
		found[i] = nil
	}
	return found, nil
}
