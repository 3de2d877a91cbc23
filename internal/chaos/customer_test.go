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
)

// customer orders something every other millisecond, through everything that
// happens to the broker, from a country that nobody else orders from. So it is
// known to the cent what the platform must show in the end.
type customer struct {
	t        *testing.T
	producer *kafka.Producer
	cancel   context.CancelFunc
	stopped  chan struct{}

	want sales // written until stopped
}

const (
	customerCountry  = "AQ"
	customerVisitors = 64
)

// newCustomer starts ordering at the broker, which need not run yet.
func newCustomer(t *testing.T, broker string) *customer {
	t.Helper()
	producer, err := kafka.NewProducer(configOf(broker), kafka.Live)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := &customer{t: t, producer: producer, cancel: cancel, stopped: make(chan struct{})}
	t.Cleanup(func() {
		cancel()
		<-c.stopped
		producer.Close()
	})
	go c.order(ctx)
	return c
}

func (c *customer) order(ctx context.Context) {
	defer close(c.stopped)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		amount := event.Minor(1000 + c.want.Orders%977)
		e := orderOf(c.want.Orders, amount)
		if err := c.producer.Send(ctx, event.TopicTransactions, e.VisitorID, e.AppendJSON(nil), e.ReceivedAt); err != nil {
			return
		}
		c.want.Orders++
		c.want.Revenue += int64(amount)
	}
}

// orderOf is the customer's nth order.
func orderOf(n int64, amount event.Minor) event.Event {
	now := event.TimeOf(time.Now())
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

// acked is how many orders the broker has confirmed.
func (c *customer) acked() int64 { return c.producer.Counts()[event.TopicTransactions].Acked }

// leave stops ordering and waits until every order is confirmed.
func (c *customer) leave() {
	c.t.Helper()
	c.cancel()
	<-c.stopped
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.producer.Flush(ctx); err != nil {
		c.t.Fatal(err)
	}
	if n := c.acked(); n != c.want.Orders || n == 0 {
		c.t.Fatalf("%d orders were confirmed of %d", n, c.want.Orders)
	}
}

// expectAnswered waits until the API shows exactly the customer's orders.
func (c *customer) expectAnswered(api string) {
	c.t.Helper()
	var got sales
	eventually(c.t, "the API shows every order", func() bool {
		got = ask(c.t, api, customerCountry)
		return got.Orders >= c.want.Orders
	})
	if got != c.want {
		c.t.Errorf("API: %+v, want %+v", got, c.want)
	}
}

// expectLogged checks that every order is in the log, and returns how many are in
// it more than once: a broker that was killed forgets what it has seen, so that a
// producer's retry may be written again.
func (c *customer) expectLogged(broker string) (repeated int) {
	c.t.Helper()
	found := map[string]int{}
	scan(c.t, broker, func(r *kgo.Record, e *event.Event) {
		if r.Topic == event.TopicTransactions && e.Country == customerCountry {
			found[string([]byte(e.ID))]++
		}
	}, event.TopicTransactions)
	for n := range c.want.Orders {
		if found[orderID(n)] == 0 {
			c.t.Errorf("order %d was confirmed and is not in the log", n)
		}
	}
	for _, times := range found {
		if times > 1 {
			repeated++
		}
	}
	return repeated
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
