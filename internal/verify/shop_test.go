package verify

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// shopLog is a day and a half of a small shop: orders in three countries and
// three categories, refunds, views, carts, stock, products and customers, with
// duplicates, late events, and records that cannot be taken.
func shopLog() *memoryLog {
	log := &memoryLog{records: map[place][]*kgo.Record{}, starts: map[place]int64{}}
	for _, family := range store.Families {
		for _, topic := range family.Topics() {
			for p := range int32(partitions) {
				log.records[place{topic, p}] = nil
			}
		}
	}
	for i := range 120 {
		at := noon + event.Time(i)*18*minuteMS
		p := int32((i + i/10) % partitions) // so that each gets every fault
		for _, e := range shopEvents(i, at) {
			log.append(shopRecord(e, p, at))
		}
		switch i % 10 {
		case 3: // sent again
			records := log.records[place{event.TopicTransactions, p}]
			again := *records[len(records)-1]
			log.append(&again)
		case 5: // three hours late
			late := shopOrder(1000+i, at-3*hourMS)
			log.append(shopRecord(late, p, at))
		case 7: // broken
			log.append(&kgo.Record{Topic: event.TopicTransactions, Partition: p, Value: []byte(`{"event_id":`), Timestamp: at.Std()})
		case 9: // on the wrong topic
			r := shopRecord(shopOrder(2000+i, at), p, at)
			r.Topic = event.TopicCartEvents
			log.append(r)
		}
	}
	return log
}

func shopRecord(e event.Event, p int32, at event.Time) *kgo.Record {
	return &kgo.Record{Topic: e.Type.Topic(), Partition: p, Key: []byte(e.Key()), Value: e.AppendJSON(nil), Timestamp: at.Std()}
}

// shopEvents is what happens at one moment of the shop.
func shopEvents(i int, at event.Time) []event.Event {
	base := func(kind string, t event.Type) event.Event {
		return event.Event{
			ID: fmt.Sprintf("%s-%d", kind, i), Type: t, SchemaVersion: event.SchemaVersion, Timestamp: at, ReceivedAt: at,
			VisitorID: fmt.Sprintf("visitor-%d", i), Country: "DE",
		}
	}
	view := base("view", event.TypeProductView)
	view.ProductID = "p1"
	cart := base("cart", event.TypeCartEvent)
	cart.CartID, cart.Action, cart.ProductID, cart.Quantity = "c1", event.ActionAdd, "p1", 1
	stock := event.Event{ID: fmt.Sprintf("stock-%d", i), Type: event.TypeInventoryUpdate, SchemaVersion: event.SchemaVersion, Timestamp: at, ProductID: "p1", Delta: 5, StockReason: event.StockRestock}
	product := event.Event{ID: fmt.Sprintf("product-%d", i), Type: event.TypeProduct, SchemaVersion: event.SchemaVersion, Timestamp: at, ProductID: fmt.Sprintf("p%d", i%7), Name: "Lamp", PriceMinor: 100}
	customer := event.Event{ID: fmt.Sprintf("customer-%d", i), Type: event.TypeCustomer, SchemaVersion: event.SchemaVersion, Timestamp: at, UserID: fmt.Sprintf("u%d", i%5), RegisteredAt: at}
	events := []event.Event{view, cart, stock, product, customer, shopOrder(i, at)}
	if i%4 == 0 {
		refund := shopOrder(i, at)
		refund.ID, refund.Status, refund.RefundID = fmt.Sprintf("refund-%d", i), event.StatusRefunded, fmt.Sprintf("r%d", i)
		events = append(events, refund)
	}
	return events
}

func shopOrder(i int, at event.Time) event.Event {
	first, second := event.Minor(1000+i), event.Minor(333*(i%3+1))
	e := event.Event{
		ID: fmt.Sprintf("order-%d", i), Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: at, ReceivedAt: at,
		VisitorID: fmt.Sprintf("visitor-%d", i), Country: []string{"DE", "US", ""}[i%3],
		TransactionID: fmt.Sprintf("t%d", i), Status: event.StatusCompleted, Currency: "USD",
		Items: []event.Item{
			{ProductID: "p1", Category: []string{"Books", "Home & Garden"}[i%2], Quantity: 2, UnitPriceMinor: first, AmountMinor: first, BaseAmountMinor: first},
			{ProductID: "p2", Category: []string{"Books", "", "Toys"}[i%3], Quantity: 1, UnitPriceMinor: second, AmountMinor: second, BaseAmountMinor: second},
		},
		TaxMinor: 101, ShippingMinor: event.Minor(i % 5),
	}
	e.SubtotalMinor = first + second
	e.TotalMinor = e.SubtotalMinor + e.TaxMinor + e.ShippingMinor
	e.BaseTotalMinor = e.TotalMinor
	return e
}
