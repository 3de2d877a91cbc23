package collector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
)

// logOrders finds orders in the log of a rig, and those that were there before it.
type logOrders struct {
	*memoryLog
	before []event.Event
	asked  [][]string
	err    error
}

func (o *logOrders) Orders(_ context.Context, ids []string) (map[string][]event.Event, error) {
	o.asked = append(o.asked, ids)
	if o.err != nil {
		return nil, o.err
	}
	found := map[string][]event.Event{}
	for _, e := range o.before {
		found[e.TransactionID] = append(found[e.TransactionID], e)
	}
	for _, record := range o.records {
		if e, err := decode(record); err == nil && slices.Contains(ids, e.TransactionID) {
			found[e.TransactionID] = append(found[e.TransactionID], e)
		}
	}
	return found, nil
}

// withOrders is a rig that looks orders up.
func withOrders(t tester, before ...event.Event) (*rig, *logOrders) {
	orders := &logOrders{before: before}
	r := newRig(t, func(c *collector.Config) { c.Orders = orders })
	orders.memoryLog = r.log
	return r, orders
}

// about is a tracked event of an order, by a clerk.
func about(name, id, properties string) string {
	return `{"type":"track","event":"` + name + `","messageId":"` + id + `","userId":"clerk","properties":{"order_id":"o1"` + properties + `}}`
}

// types are the events in the log by what the stream says of them.
func (r *rig) types() (all []string) {
	for _, record := range r.log.records {
		if record.Topic == event.TopicOtherEvents {
			all = append(all, "kept")
			continue
		}
		e, err := decode(record)
		if invalid, ok := errors.AsType[*event.Invalid](err); ok {
			all = append(all, string(invalid.Reason))
			continue
		}
		all = append(all, fmt.Sprintf("%s %d %s restock=%v", e.Status, e.BaseTotalMinor, e.VisitorID, e.Restock))
	}
	return all
}

func TestARefundOfAnOrderThatIsLookedUp(t *testing.T) {
	const order = `{"type":"track","event":"Order Completed","messageId":"m1","anonymousId":"v1","properties":{"order_id":"o1","total":12,"shipping":2,"products":[{"product_id":"p1","price":10}]}}`
	known := bought()
	tests := map[string]struct {
		before []event.Event
		batch  string
		want   []string
	}{
		"was made before":                 {[]event.Event{known}, about("Order Refunded", "m2", ""), []string{"refunded 3025 v1 restock=false"}},
		"and its units come back":         {[]event.Event{known}, about("Order Refunded", "m2", `,"restock":true`), []string{"refunded 3025 v1 restock=true"}},
		"no products are no lines":        {[]event.Event{known}, about("Order Refunded", "m2", `,"products":[]`), []string{"refunded 3025 v1 restock=false"}},
		"for less than all":               {[]event.Event{known}, about("Order Refunded", "m2", `,"total":"5.00"`), []string{"bad_amount"}},
		"for what cannot be read":         {[]event.Event{known}, about("Order Refunded", "m2", `,"total":"all"`), []string{"bad_amount"}},
		"is cancelled":                    {[]event.Event{known}, about("Order Cancelled", "m2", `,"total":99,"products":[{"product_id":"p1","price":1}]`), []string{"refunded 3025 v1 restock=true"}},
		"is cancelled when it is shipped": {[]event.Event{known}, about("Order Cancelled", "m2", `,"restock":false`), []string{"refunded 3025 v1 restock=false"}},
		"is in the same request":          {nil, about("Order Cancelled", "m2", "") + "," + order, []string{"completed 1200 v1 restock=false", "refunded 1200 v1 restock=true"}},
		"is refunded, then cancelled":     {[]event.Event{known}, about("Order Refunded", "m2", "") + "," + about("Order Cancelled", "m3", ""), []string{"refunded 3025 v1 restock=false", "kept"}},
		"was refunded before":             {[]event.Event{known, refundOf("r1", known.Items...)}, about("Order Cancelled", "m2", ""), []string{"kept"}},
		"is not known":                    {nil, about("Order Cancelled", "m2", "") + "," + about("Order Refunded", "m3", `,"total":5`), []string{"unknown_order", "unknown_order"}},
		"has no id":                       {nil, `{"type":"track","event":"Order Cancelled","userId":"u1"}`, []string{"missing_key"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, _ := withOrders(t, test.before...)
			a := r.send(t, "/v1/batch", `{"batch":[`+test.batch+`]}`)
			if got := r.types(); a.status != http.StatusOK || !cmp.Equal(got, test.want) {
				t.Errorf("status %d, %q, want %q: %s", a.status, got, test.want, a.body)
			}
			if s := r.Stats().Sources["shop"]; s.Accepted != int64(a.Accepted) || int(s.Accepted)+a.RejectedCount != len(test.want) {
				t.Errorf("counted %+v, told %s", s, a.body)
			}
		})
	}
}

func TestOrdersOfARequestAreLookedUpTogetherAndOnlyIfNeeded(t *testing.T) {
	r, orders := withOrders(t)
	r.send(t, "/v1/batch", `{"batch":[`+view+`,`+about("Order Refunded", "m2", `,"products":[{"product_id":"p1","price":1}]`)+`]}`)
	if len(orders.asked) > 0 {
		t.Errorf("looked up: %q", orders.asked)
	}
	second := `{"type":"track","event":"Order Cancelled","userId":"u1","properties":{"order_id":"o0"}}`
	r.send(t, "/v1/batch", `{"batch":[`+about("Order Refunded", "m3", "")+`,`+second+`,`+about("Order Cancelled", "m4", "")+`]}`)
	if want := [][]string{{"o0", "o1"}}; !cmp.Equal(orders.asked, want) {
		t.Errorf("looked up: %q, want %q", orders.asked, want)
	}
}

func TestWhileOrdersCannotBeLookedUpNothingIsTakenForUnknown(t *testing.T) {
	r, orders := withOrders(t, bought())
	orders.err = errors.New("the lake is gone")
	body := `{"batch":[` + about("Order Cancelled", "m2", "") + `,` + view + `]}`
	if a := r.send(t, "/v1/batch", body); a.status != http.StatusServiceUnavailable || a.Code != "unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	if len(r.log.records) != 1 || r.log.records[0].Topic != event.TopicProductViews || r.said.Len() == 0 {
		t.Errorf("%d records; logged: %s", len(r.log.records), &r.said)
	}
	orders.err = nil
	if a := r.send(t, "/v1/batch", body); a.status != http.StatusOK || a.Accepted != 2 {
		t.Errorf("afterwards: status %d: %s", a.status, a.body)
	}
	if got := r.types()[2]; got != "refunded 3025 v1 restock=true" {
		t.Errorf("got %s", got)
	}
}

func TestWithoutALookUpARefundWithoutLinesIsADeadLetter(t *testing.T) {
	r := newRig(t)
	r.one(t, "/v1/track", about("Order Cancelled", "m2", ""))
	if got := r.types(); got[0] != string(event.UnknownOrder) {
		t.Errorf("got %q", got)
	}
}
