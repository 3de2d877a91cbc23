package shop

import (
	"testing"

	"globalmart/internal/event"
)

// wrong returns what does not add up in the amounts of a transaction.
func wrong(e *event.Event) string {
	var sum, base event.Minor
	for _, it := range e.Items {
		if it.Quantity <= 0 || it.DiscountMinor < 0 || it.AmountMinor < 0 || it.BaseAmountMinor < 0 {
			return "a line has a negative figure"
		}
		if it.AmountMinor != it.UnitPriceMinor*event.Minor(it.Quantity)-it.DiscountMinor {
			return "line amount"
		}
		sum += it.AmountMinor
		base += it.BaseAmountMinor
	}
	goods, _ := testConvert(e.SubtotalMinor-e.DiscountMinor, e.Currency)
	total, _ := testConvert(e.TotalMinor, e.Currency)
	switch {
	case len(e.Items) == 0:
		return "no lines"
	case sum != e.SubtotalMinor:
		return "subtotal"
	case e.DiscountMinor < 0 || e.TaxMinor < 0 || e.ShippingMinor < 0 || e.DiscountMinor > e.SubtotalMinor:
		return "discount, tax or shipping"
	case e.TotalMinor != e.SubtotalMinor-e.DiscountMinor+e.ShippingMinor+e.TaxMinor:
		return "total"
	case base != goods:
		return "base amounts"
	case total != e.BaseTotalMinor:
		return "base total"
	}
	return ""
}

func TestAmountsAddUp(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults.Anomalies = 0.01 })
	currencies := map[string]int{}
	var discounted, free, long int
	first(s, 400_000, func(e Emission) {
		if e.Event.Type != event.TypeTransaction {
			return
		}
		if err := e.Event.Validate(); err != nil {
			t.Fatalf("%v: %+v", err, *e.Event)
		}
		if what := wrong(e.Event); what != "" {
			t.Fatalf("%s: %+v", what, *e.Event)
		}
		currencies[e.Event.Currency]++
		if e.Event.DiscountMinor > 0 {
			discounted++
		}
		if e.Event.ShippingMinor == 0 {
			free++
		}
		if len(e.Event.Items) > maxLines {
			long++
		}
	})
	if len(currencies) != 4 || discounted == 0 || free == 0 || long == 0 {
		t.Errorf("currencies %v, %d discounts, %d without shipping, %d long orders: want some of each", currencies, discounted, free, long)
	}
}

// ledger is what a test remembers of an order.
type ledger struct {
	at                   event.Time
	units                map[string]int64
	base                 map[string]event.Minor
	total, tax, shipping event.Minor
	refunds              int
}

func TestReturnsNeverExceedTheirOrder(t *testing.T) {
	// A quarter of an hour of load in which goods come back within minutes.
	s := testShop(t, func(c *Config) { c.MaxSessions = 1 << 12 })
	orders := map[string]*ledger{}
	var refunds, partial, repeated, restocked int
	first(s, 300_000, func(e Emission) {
		ev := e.Event
		switch ev.Status {
		case event.StatusCompleted:
			if orders[ev.TransactionID] != nil {
				t.Fatalf("order %s is completed twice", ev.TransactionID)
			}
			l := &ledger{at: ev.Time(), units: map[string]int64{}, base: map[string]event.Minor{}, total: ev.TotalMinor, tax: ev.TaxMinor, shipping: ev.ShippingMinor}
			for _, it := range ev.Items {
				l.units[it.ProductID] = it.Quantity
				l.base[it.ProductID] = it.BaseAmountMinor
			}
			orders[ev.TransactionID] = l
		case event.StatusRefunded:
			l := orders[ev.TransactionID]
			if l == nil || ev.Time() <= l.at {
				t.Fatalf("refund %s comes before order %s", ev.RefundID, ev.TransactionID)
			}
			if err := ev.Validate(); err != nil {
				t.Fatalf("%v: %+v", err, *ev)
			}
			if what := wrong(ev); what != "" {
				t.Fatalf("%s: %+v", what, *ev)
			}
			refunds++
			if l.refunds++; l.refunds > 1 {
				repeated++
			}
			if ev.Restock {
				restocked++
			}
			l.take(t, ev)
			for _, left := range l.units {
				if left > 0 {
					partial++
					break
				}
			}
		}
	})
	if refunds < 500 || partial == 0 || repeated == 0 || restocked == 0 || restocked == refunds {
		t.Errorf("%d refunds, %d partial, %d repeated, %d restocked: want some of each", refunds, partial, repeated, restocked)
	}
}

// take takes a refund off what can still be given back.
func (l *ledger) take(t *testing.T, ev *event.Event) {
	t.Helper()
	l.total -= ev.TotalMinor
	l.tax -= ev.TaxMinor
	l.shipping -= ev.ShippingMinor
	for _, it := range ev.Items {
		l.units[it.ProductID] -= it.Quantity
		l.base[it.ProductID] -= it.BaseAmountMinor
		if l.units[it.ProductID] < 0 || l.base[it.ProductID] < 0 {
			t.Fatalf("refund %s exceeds order %s on %s", ev.RefundID, ev.TransactionID, it.ProductID)
		}
	}
	if l.total < 0 || l.tax < 0 || l.shipping < 0 {
		t.Fatalf("refunds of order %s exceed its total, tax or shipping", ev.TransactionID)
	}
}

func TestOrdersGoThroughPlausibleStates(t *testing.T) {
	s := testShop(t, nil)
	last := map[string]event.Status{}
	counts := map[event.Status]float64{}
	first(s, 300_000, func(e Emission) {
		ev := e.Event
		if ev.Type != event.TypeTransaction {
			return
		}
		before, again := last[ev.TransactionID]
		ok := false
		switch ev.Status {
		case event.StatusPending, event.StatusFailed:
			ok = !again
		case event.StatusCompleted:
			ok = !again || before == event.StatusPending || before == event.StatusFailed
		case event.StatusCancelled:
			ok = before == event.StatusPending
		case event.StatusRefunded:
			ok = before == event.StatusCompleted || before == event.StatusRefunded
		}
		if !ok {
			t.Fatalf("order %s goes from %q to %q", ev.TransactionID, before, ev.Status)
		}
		last[ev.TransactionID] = ev.Status
		counts[ev.Status]++
	})
	for status, want := range map[event.Status][2]float64{
		event.StatusFailed: {0.02, 0.06}, event.StatusPending: {0.04, 0.10}, event.StatusCancelled: {0.005, 0.03}, event.StatusRefunded: {0.002, 0.1},
	} {
		if share := counts[status] / counts[event.StatusCompleted]; share < want[0] || share > want[1] {
			t.Errorf("%s: %.3f for each completed one, want %v", status, share, want)
		}
	}
}
