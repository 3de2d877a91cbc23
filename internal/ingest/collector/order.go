package collector

import "globalmart/internal/event"

// orderEvents are the events of orders that move revenue.
var orderEvents = map[string]fill{
	"Order Completed": completed,
	"Completed Order": completed,
	"Order Refunded":  refunded,
	"Order Cancelled": cancelled,
}

func completed(t *intake, m *message, e *event.Event) { t.order(m, e, event.StatusCompleted) }

// refunded is a refund of the lines that it gives back or, if it names none, of all that
// is left of its order.
func refunded(t *intake, m *message, e *event.Event) {
	e.Restock = m.properties.member("restock").isTrue()
	for range m.properties.member("products").elements() {
		t.order(m, e, event.StatusRefunded)
		if e.RefundID = first(m.properties, "refund_id"); e.RefundID == "" {
			e.RefundID = e.ID
		}
		return
	}
	t.whole(m, e)
	_, exponent := t.currency(m.properties)
	e.TotalMinor, _ = amount(m.properties.member("total"), 1, exponent)
}

// cancelled is a refund of all that is left, and the units go back into stock unless it
// says otherwise. What it says of the order's lines and amounts is what was bought.
func cancelled(t *intake, m *message, e *event.Event) {
	t.whole(m, e)
	restock := m.properties.member("restock")
	e.Restock = !restock.given() || restock.isTrue()
}

// whole begins a refund of all that is left of an order, which [Complete] completes.
func (t *intake) whole(m *message, e *event.Event) {
	e.Type, e.Status, e.RefundID = event.TypeTransaction, event.StatusRefunded, wholeRefund
	e.TransactionID = first(m.properties, "order_id")
	e.Currency, _ = t.currency(m.properties)
}

func (t *intake) order(m *message, e *event.Event, s event.Status) {
	p := m.properties
	e.Type, e.Status = event.TypeTransaction, s
	e.TransactionID, e.CartID = first(p, "order_id"), cartID(m, e)
	e.PaymentMethod = clip(first(p, "payment_method"), 32)
	code, exponent := t.currency(p)
	e.Currency = code
	for line := range p.member("products").elements() {
		if len(e.Items) > event.MaxItems {
			break // one more than may be is enough to be refused
		}
		e.Items = append(e.Items, item(line, exponent))
	}
	if settle(p, e, exponent) {
		e.SetBase(t.convert)
	}
}

func item(line value, exponent int) event.Item {
	it := event.Item{ProductID: productID(line), Category: category(line), Quantity: count(line.member("quantity"))}
	it.UnitPriceMinor, _ = amount(line.member("price"), 1, exponent)
	it.AmountMinor, _ = amount(line.member("price"), it.Quantity, exponent)
	return it
}

// settle sets the amounts of an order as the package says, and reports whether none is
// below 0, which it is refused for.
func settle(p value, e *event.Event, exponent int) bool {
	shipping, _ := amount(p.member("shipping"), 1, exponent)
	tax, _ := amount(p.member("tax"), 1, exponent)
	discount, stated := amount(p.member("discount"), 1, exponent)
	readable := shipping >= 0 && tax >= 0 && discount >= 0
	var lines event.Minor
	for i := range e.Items {
		readable = readable && e.Items[i].AmountMinor >= 0 && e.Items[i].UnitPriceMinor >= 0
		lines += e.Items[i].AmountMinor
	}
	paid, extras := paidFor(p, exponent), shipping+tax
	e.SubtotalMinor, e.DiscountMinor, e.ShippingMinor, e.TaxMinor = lines, discount, shipping, tax
	switch {
	case !readable:
		return false
	case paid.m < 0:
		e.TotalMinor = paid.m
		return false
	case !paid.given:
		e.TotalMinor = lines - discount + extras
		return true
	case paid.extras:
		paid.m -= extras
	}
	switch {
	case !stated:
		e.DiscountMinor = max(lines-paid.m, 0)
	case paid.m == lines: // the prices have the discount in them
		e.DiscountMinor = 0
	}
	e.TotalMinor = paid.m + extras
	return true
}

// paid is what an order says that was paid for its lines.
type paid struct {
	m      event.Minor
	given  bool
	extras bool // it is with shipping and tax
}

func paidFor(p value, exponent int) paid {
	for _, name := range []string{"total", "revenue", "subtotal"} {
		if m, given := amount(p.member(name), 1, exponent); given {
			return paid{m, true, name == "total"}
		}
	}
	return paid{}
}
