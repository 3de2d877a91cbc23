package chaos_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/testenv/process"
	"globalmart/internal/verify"
)

// customer orders something every other millisecond, through everything that
// happens to the broker, from a country that nobody else orders from, and repeats
// some of it. So it is known to the cent what the platform must show in the end.
type customer struct {
	t        *testing.T
	producer *kafka.Producer
	cancel   context.CancelFunc
	stopped  chan struct{}

	// Written until stopped.
	want sales
	sent map[string]int // times, by event id
}

const (
	customerCountry  = "AQ"
	customerVisitors = 64
	// repeatEvery is after how many orders an old one is sent again, in turns as
	// the same event and as another event of the same order.
	repeatEvery = 20
)

// newCustomer starts ordering at the broker, which need not run yet.
func newCustomer(t *testing.T, broker string) *customer {
	t.Helper()
	producer, err := kafka.NewProducer(configOf(broker), kafka.Live)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := &customer{t: t, producer: producer, cancel: cancel, stopped: make(chan struct{}), sent: map[string]int{}}
	t.Cleanup(func() {
		cancel()
		<-c.stopped
		producer.Close()
	})
	go c.orderUntil(ctx)
	return c
}

func (c *customer) orderUntil(ctx context.Context) {
	defer close(c.stopped)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n := c.want.Orders
		e := orderOf(n)
		if !c.send(ctx, &e) {
			return
		}
		c.want.Orders++
		c.want.Revenue += int64(e.TotalMinor)
		if n%repeatEvery > 0 {
			continue
		}
		again := orderOf(n / 2)
		if n/repeatEvery%2 == 0 {
			again.ID += "-again"
		}
		if !c.send(ctx, &again) {
			return
		}
	}
}

// send reports whether e is on its way, which it is not if ctx ends before.
func (c *customer) send(ctx context.Context, e *event.Event) bool {
	if err := c.producer.Send(ctx, event.TopicTransactions, e.VisitorID, e.AppendJSON(nil), e.ReceivedAt); err != nil {
		return false
	}
	c.sent[e.ID]++
	return true
}

// orderOf is the customer's nth order.
func orderOf(n int64) event.Event {
	now := event.TimeOf(time.Now())
	amount := event.Minor(1000 + n%977)
	return event.Event{
		ID: orderID(n), Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion,
		Timestamp: now, ReceivedAt: now, Source: "chaos",
		VisitorID: fmt.Sprintf("customer-%d", n%customerVisitors), Country: customerCountry,
		TransactionID: orderID(n), Status: event.StatusCompleted, Currency: rules.Default().Currency,
		Items: []event.Item{{
			ProductID: "ice", Category: "Groceries", Quantity: 1,
			UnitPriceMinor: amount, AmountMinor: amount, BaseAmountMinor: amount,
		}},
		SubtotalMinor: amount, TotalMinor: amount, BaseTotalMinor: amount,
	}
}

func orderID(n int64) string { return fmt.Sprintf("order-%d", n) }

// acked is how many records the broker has confirmed.
func (c *customer) acked() int64 { return c.producer.Counts()[event.TopicTransactions].Acked }

// leave stops ordering and waits until every order is confirmed.
func (c *customer) leave() {
	c.t.Helper()
	c.cancel()
	<-c.stopped
	ctx, cancel := context.WithTimeout(c.t.Context(), process.Patience)
	defer cancel()
	if err := c.producer.Flush(ctx); err != nil {
		c.t.Fatal(err)
	}
	var sent int64
	for _, times := range c.sent {
		sent += int64(times)
	}
	if n := c.acked(); n != sent || n == 0 {
		c.t.Fatalf("%d records were confirmed of %d", n, sent)
	}
}

// expectAnswered waits until the API shows exactly the customer's orders.
func (c *customer) expectAnswered(api string) {
	c.t.Helper()
	var got sales
	process.Eventually(c.t, "the API shows every order", func() bool {
		got = ask(c.t, api, customerCountry)
		return got.Orders >= c.want.Orders
	})
	if got != c.want {
		c.t.Errorf("API: %+v, want %+v", got, c.want)
	}
}

// expectLogged checks that everything sent is in the log, and returns how much of
// it is there too often: a broker that was killed forgets what it has seen, so
// that a producer's retry may be written again.
func (c *customer) expectLogged(broker string) (repeated int) {
	c.t.Helper()
	found := map[string]int{}
	scan(c.t, broker, func(r *kgo.Record, e *event.Event) {
		if r.Topic == event.TopicTransactions && e.Country == customerCountry {
			found[string([]byte(e.ID))]++
		}
	}, event.TopicTransactions)
	for id, times := range c.sent {
		if found[id] < times {
			c.t.Errorf("%s was confirmed %d times and is in the log %d times", id, times, found[id])
		}
		repeated += max(0, found[id]-times)
	}
	return repeated
}

// expectDuplicates checks that what the customer repeated, and what the broker
// wrote again, was recognised.
func (c *customer) expectDuplicates(r verify.Report, repeated int) {
	c.t.Helper()
	var got int64
	for _, p := range r.Cut.Positions {
		got += p.Counts.Duplicate
	}
	if least := c.acked() - c.want.Orders + int64(repeated); got < least {
		c.t.Errorf("%d records count as duplicates, of %d at least", got, least)
	}
}

// scan calls fn with each valid event of topics.
func scan(t *testing.T, broker string, fn func(*kgo.Record, *event.Event), topics ...string) {
	t.Helper()
	cfg := configOf(broker)
	ends, err := kafka.LogEnds(t.Context(), cfg, topics...)
	if err != nil {
		t.Fatal(err)
	}
	var d event.Decoder
	var e event.Event
	err = kafka.Scan(t.Context(), cfg, nil, ends, func(r *kgo.Record) error {
		if d.Decode(r.Value, event.TimeOf(r.Timestamp), &e) == nil {
			fn(r, &e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
