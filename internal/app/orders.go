package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/lake/lookup"
)

const (
	// orderAge is how long ago an order may have been made that is looked up.
	orderAge = 400 * 24 * time.Hour
	// ordersAtOnce are looked up at once; more wait.
	ordersAtOnce = 2
)

// orderFinder finds what the log and the lake have of orders: all that was ever
// acknowledged, for what the lake lacks is in the log.
type orderFinder struct {
	kafka kafka.Config
	dir   string // of the lake
	lake  orderArchive

	slots    chan struct{}
	searches orderSearches
}

// orderArchive is the lake.
type orderArchive interface {
	// OrderEvents returns the events of some orders that happened within [from, to).
	OrderEvents(ctx context.Context, ids []string, from, to event.Time) ([]lookup.Order, error)
}

// newOrderFinder returns one over p's log and the lake that openLake opened.
func (p *platform) newOrderFinder(dir string) *orderFinder {
	return &orderFinder{kafka: p.kafka, dir: dir, lake: p.lookup, slots: make(chan struct{}, ordersAtOnce)}
}

// Orders implements what the collector needs. The tail of the log is read first: of an
// order that is there the lake has nothing that happened before it.
func (f *orderFinder) Orders(ctx context.Context, ids []string) (map[string][]event.Event, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("look orders up: others are looked up: %w", ctx.Err())
	}
	ends, err := kafka.LogEnds(ctx, f.kafka, event.TopicTransactions)
	if err != nil {
		return nil, fmt.Errorf("look orders up: %w", err)
	}
	ids = slices.Sorted(slices.Values(ids))
	search, err := f.searches.of(ids, time.Now(), func() (map[int32]int64, error) {
		return lake.Ends(f.dir, event.TopicTransactions, written(ends[event.TopicTransactions]))
	})
	if err != nil {
		return nil, fmt.Errorf("look orders up: %w", err)
	}
	found := foundOrders{}
	for _, id := range ids {
		found[id] = nil
	}
	if err := kafka.Scan(ctx, f.kafka, kafka.Offsets{event.TopicTransactions: search.held}, ends, found.record()); err != nil {
		return nil, fmt.Errorf("look orders up: %w", err)
	}
	now := event.TimeOf(time.Now())
	fresh, others, oldest := found.split(now)
	for _, q := range []struct {
		ids  []string
		from event.Time
	}{{fresh, oldest.Add(-24 * time.Hour)}, {others, now.Add(-orderAge)}} {
		if len(q.ids) == 0 {
			continue
		}
		rows, err := search.find(ctx, q.ids, func(ctx context.Context) ([]lookup.Order, error) {
			return f.lake.OrderEvents(ctx, q.ids, q.from, now.Add(24*time.Hour))
		})
		if err != nil {
			return nil, fmt.Errorf("look orders up: %w", err)
		}
		for i := range slices.Backward(rows) { // the first one that was received counts
			found.add(orderEvent(&rows[i]))
		}
	}
	return found, nil
}

// written are the partitions that ever had a record.
func written(ends map[int32]int64) []int32 {
	ends = maps.Clone(ends)
	maps.DeleteFunc(ends, func(_ int32, end int64) bool { return end == 0 })
	return slices.Sorted(maps.Keys(ends))
}

// foundOrders are the events of orders, by the ids of those that are looked up.
type foundOrders map[string][]event.Event

// record takes the records of those orders. What no reader would take is passed over: it
// is a dead letter.
func (f foundOrders) record() func(*kgo.Record) error {
	var d event.Decoder
	var e event.Event
	return func(r *kgo.Record) error {
		if d.Decode(r.Value, event.TimeOf(r.Timestamp), &e) == nil && e.Type == event.TypeTransaction {
			if _, wanted := f[e.TransactionID]; wanted {
				own := e // its texts share the record's memory, which is kept
				own.Items = slices.Clone(e.Items)
				f.add(own)
			}
		}
		return nil
	}
}

// add takes an event unless it says what another one said, as the stream does.
func (f foundOrders) add(e event.Event) {
	said := func(have event.Event) bool { return have.Status == e.Status && have.RefundID == e.RefundID }
	if !slices.ContainsFunc(f[e.TransactionID], said) {
		f[e.TransactionID] = append(f[e.TransactionID], e)
	}
}

// split returns the ids of the orders that were found, and when the oldest of them was
// made, now if there is none; and the others.
func (f foundOrders) split(now event.Time) (fresh, others []string, oldest event.Time) {
	oldest = now
	for _, id := range slices.Sorted(maps.Keys(f)) {
		at := slices.IndexFunc(f[id], func(e event.Event) bool { return e.Status == event.StatusCompleted })
		if at < 0 {
			others = append(others, id)
			continue
		}
		fresh = append(fresh, id)
		oldest = min(oldest, f[id][at].Time())
	}
	return fresh, others, oldest
}

// orderEvent is the event of which the lake says o.
func orderEvent(o *lookup.Order) event.Event {
	e := event.Event{
		ID: o.EventID, Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: o.At, ReceivedAt: o.ReceivedAt,
		VisitorID: o.VisitorID, UserID: o.UserID, Country: o.Country, Device: o.Device,
		TransactionID: o.TransactionID, Status: o.Status, RefundID: o.RefundID,
		SubtotalMinor: o.SubtotalMinor, DiscountMinor: o.DiscountMinor, ShippingMinor: o.ShippingMinor, TaxMinor: o.TaxMinor,
		TotalMinor: o.TotalMinor, BaseTotalMinor: o.BaseTotalMinor, Currency: o.Currency, PaymentMethod: o.Payment, CartID: o.CartID,
	}
	for _, l := range o.Lines {
		e.Items = append(e.Items, event.Item{
			ProductID: l.ProductID, Category: l.Category, Quantity: l.Quantity, UnitPriceMinor: l.UnitPriceMinor,
			DiscountMinor: l.DiscountMinor, AmountMinor: l.AmountMinor, BaseAmountMinor: l.BaseAmountMinor,
		})
	}
	return e
}
