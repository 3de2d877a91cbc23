package collector_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
)

// bought is the example of the spec: 25.00 of goods, 2.50 off, 3.00 of shipping, 2.00 of
// tax, in euros at 1.10 of the shop's dollars.
func bought() event.Event {
	e := event.Event{
		ID: "m1", Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: now - 60_000, ReceivedAt: now - 60_000, Source: "shop",
		VisitorID: "v1", UserID: "u1", Country: "DE", Device: "mobile", TransactionID: "o1", Status: event.StatusCompleted,
		Items: []event.Item{
			{ProductID: "p1", Category: "Shirts", Quantity: 1, UnitPriceMinor: 1900, AmountMinor: 1900},
			{ProductID: "p2", Quantity: 2, UnitPriceMinor: 300, AmountMinor: 600},
		},
		SubtotalMinor: 2500, DiscountMinor: 250, ShippingMinor: 300, TaxMinor: 200, TotalMinor: 2750, Currency: "EUR", PaymentMethod: "card", CartID: "c1",
	}
	e.SetBase(atOneTen)
	return e
}

func atOneTen(m event.Minor, _ string) (event.Minor, bool) { return (m*11 + 5) / 10, true }

// refundOf is a refund that names its lines, of units at their price.
func refundOf(id string, items ...event.Item) event.Event {
	e := bought()
	e.ID, e.Status, e.RefundID, e.Items = id, event.StatusRefunded, id, items
	e.SubtotalMinor, e.DiscountMinor, e.ShippingMinor, e.TaxMinor = 0, 0, 0, 0
	for i := range e.Items {
		it := &e.Items[i]
		it.AmountMinor = it.UnitPriceMinor * event.Minor(it.Quantity)
		e.SubtotalMinor += it.AmountMinor
	}
	e.TotalMinor = e.SubtotalMinor
	e.SetBase(atOneTen)
	return e
}

// refund is one that names no lines, as a server sends it that knows nobody.
func refund(total event.Minor) event.Event {
	return event.Event{
		ID: "m9", Type: event.TypeTransaction, SchemaVersion: event.SchemaVersion, Timestamp: now, ReceivedAt: now, Source: "backend",
		VisitorID: "user:clerk", UserID: "clerk", Country: "US", TransactionID: "o1", Status: event.StatusRefunded, RefundID: "whole", Currency: "USD", TotalMinor: total,
	}
}

func TestARefundThatNamesNoLinesGivesBackWhatIsLeft(t *testing.T) {
	one := event.Item{ProductID: "p2", Quantity: 1, UnitPriceMinor: 300}
	shirt := event.Item{ProductID: "p1", Quantity: 1, UnitPriceMinor: 1900}
	tests := map[string]struct {
		stated  event.Minor
		refunds []event.Event
		goods   event.Minor // in the order's currency
		total   event.Minor
		base    event.Minor // of the lines
		units   int64
		reason  event.Reason // "" = it is taken
		err     error
	}{
		"all of it":                         {goods: 2250, total: 2750, base: 2475, units: 3},
		"all of it, as is stated":           {stated: 2750, goods: 2250, total: 2750, base: 2475, units: 3},
		"the goods, as is stated":           {stated: 2250, goods: 2250, total: 2250, base: 2475, units: 3},
		"an amount that is something else":  {stated: 500, reason: event.BadAmount},
		"what one refund has left":          {refunds: []event.Event{refundOf("r1", one)}, goods: 1950, total: 2450, base: 2475 - 330, units: 2},
		"what two refunds have left":        {refunds: []event.Event{refundOf("r1", one), refundOf("r2", one)}, goods: 1650, total: 2150, base: 2475 - 660, units: 1},
		"what the dearest line has left":    {refunds: []event.Event{refundOf("r1", shirt)}, goods: 350, total: 850, base: 2475 - 2090, units: 2},
		"a product that was not in it":      {refunds: []event.Event{refundOf("r1", event.Item{ProductID: "p9", Quantity: 1})}, goods: 2250, total: 2750, base: 2475, units: 3},
		"more units than were bought":       {refunds: []event.Event{refundOf("r1", event.Item{ProductID: "p2", Quantity: 5, UnitPriceMinor: 1})}, goods: 1710, total: 2210, base: 1881, units: 1},
		"nothing, for all was given back":   {refunds: []event.Event{refundOf("r1", shirt, one, one)}, err: collector.ErrNothingLeft},
		"nothing, for it was not completed": {refunds: []event.Event{}, err: collector.ErrUnknownOrder},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			known := test.refunds
			if !errors.Is(test.err, collector.ErrUnknownOrder) {
				known = append([]event.Event{bought()}, known...)
			}
			e := refund(test.stated)
			if err := collector.Complete(&e, known); !errors.Is(err, test.err) || err == nil != (test.err == nil) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if test.err != nil {
				if diff := cmp.Diff(refund(test.stated), e); diff != "" {
					t.Errorf("it was changed (-before +after):\n%s", diff)
				}
				return
			}
			if invalid, ok := errors.AsType[*event.Invalid](e.Validate()); ok || test.reason != "" {
				if !ok || invalid.Reason != test.reason {
					t.Fatalf("refused for %v, want %q", invalid, test.reason)
				}
				return
			}
			base, units := event.Minor(0), int64(0)
			for _, i := range e.Items {
				base, units = base+i.BaseAmountMinor, units+i.Quantity
			}
			if e.SubtotalMinor-e.DiscountMinor != test.goods || e.TotalMinor != test.total || base != test.base || units != test.units {
				t.Errorf("goods %d, total %d, base %d, %d units: %s", e.SubtotalMinor-e.DiscountMinor, e.TotalMinor, base, units, e.AppendJSON(nil))
			}
			if e.VisitorID != "v1" || e.UserID != "u1" || e.Country != "DE" || e.Currency != "EUR" || e.CartID != "c1" || e.ID != "m9" || e.Source != "backend" {
				t.Errorf("it is not the order's: %s", e.AppendJSON(nil))
			}
		})
	}
}

// TestNothingIsLeftOfAnOrderThatIsGivenBack gives orders back in parts at their prices,
// then what is left of them: it is valid, of no more units than were bought, and nothing
// of the money is left where any line was.
func TestNothingIsLeftOfAnOrderThatIsGivenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := bought()
		order.Items = nil
		left := map[string]int64{}
		order.SubtotalMinor = 0
		for i := range rapid.IntRange(1, 5).Draw(t, "lines") {
			it := event.Item{ProductID: fmt.Sprint("p", i/2), Quantity: rapid.Int64Range(1, 4).Draw(t, "units"), UnitPriceMinor: event.Minor(rapid.Int64Range(0, 9999).Draw(t, "price"))}
			it.AmountMinor = it.UnitPriceMinor * event.Minor(it.Quantity)
			order.Items = append(order.Items, it)
			order.SubtotalMinor += it.AmountMinor
			left[it.ProductID] += it.Quantity
		}
		order.DiscountMinor = event.Minor(rapid.Int64Range(0, int64(order.SubtotalMinor)).Draw(t, "discount"))
		order.TotalMinor = order.SubtotalMinor - order.DiscountMinor + order.ShippingMinor + order.TaxMinor
		order.SetBase(atOneTen)
		if err := order.Validate(); err != nil {
			t.Fatalf("the order: %v", err)
		}
		known := []event.Event{order}
		money := func(e *event.Event) (m event.Minor) {
			for _, i := range e.Items {
				m += i.BaseAmountMinor
			}
			return m
		}
		rest := money(&order)
		for i := range rapid.IntRange(0, 3).Draw(t, "refunds") {
			line := rapid.SampledFrom(order.Items).Draw(t, "line")
			if line.Quantity = rapid.Int64Range(0, left[line.ProductID]).Draw(t, "given"); line.Quantity == 0 {
				continue
			}
			r := refundOf(fmt.Sprint("r", i), line)
			left[line.ProductID] -= line.Quantity
			rest -= money(&r)
			known = append(known, r)
		}
		e := refund(0)
		err := collector.Complete(&e, known)
		units := int64(0)
		for _, n := range left {
			units += n
		}
		if units == 0 {
			if !errors.Is(err, collector.ErrNothingLeft) {
				t.Fatalf("error %v, want %v", err, collector.ErrNothingLeft)
			}
			return
		}
		if err != nil || e.Validate() != nil {
			t.Fatalf("%v, %v: %s", err, e.Validate(), e.AppendJSON(nil))
		}
		for _, i := range e.Items {
			units -= i.Quantity
		}
		if units != 0 || money(&e) > max(rest, 0) {
			t.Errorf("%d units and %d of %d are left: %s", units, rest-money(&e), rest, e.AppendJSON(nil))
		}
		if len(known) == 1 && (money(&e) != rest || e.BaseTotalMinor != order.BaseTotalMinor || e.TotalMinor != order.TotalMinor) {
			t.Errorf("the whole of an order is something else: %s", e.AppendJSON(nil))
		}
		known = append(known, e)
		again := refund(0)
		if err := collector.Complete(&again, known); !errors.Is(err, collector.ErrNothingLeft) {
			t.Errorf("it is given back twice: %v", err)
		}
	})
}
