package collector

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"globalmart/internal/event"
)

// waiting is the event at index of a batch: a refund whose order is to be looked up.
type waiting struct {
	index   int
	message message
	event   event.Event
}

// complete looks up the orders that refunds wait for, and writes the refunds.
func (c *Collector) complete(r *http.Request, t *intake) *answer {
	if len(t.waiting) == 0 {
		return nil
	}
	ids := make([]string, len(t.waiting))
	for i := range t.waiting {
		ids[i] = t.waiting[i].event.TransactionID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Limits.Wait)
	defer cancel()
	known, err := c.cfg.Orders.Orders(ctx, ids)
	if err != nil {
		c.complain(r, "orders", err)
		return refusal(http.StatusServiceUnavailable, "unavailable", "The order of a refund cannot be looked up now. Try again shortly: what was written nevertheless is recognised.")
	}
	written := len(t.records)
	for i := range t.waiting {
		t.settle(&t.waiting[i], known)
	}
	return c.write(r, t.records[written:])
}

// settle makes the record of a refund, given what is known of the orders by their ids, to
// which the refund is added.
func (t *intake) settle(w *waiting, known map[string][]event.Event) {
	e := &w.event
	err := Complete(e, known[e.TransactionID])
	if errors.Is(err, ErrNothingLeft) {
		t.keep(&w.message, e)
		return
	}
	t.put(w.index, &w.message, e)
	if err == nil {
		known[e.TransactionID] = append(known[e.TransactionID], *e)
	}
}
