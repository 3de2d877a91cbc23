package collector

import (
	"errors"
	"fmt"
	"slices"

	"globalmart/internal/event"
)

// wholeRefund is the refund_id of what gives back all that is left of an order. There is
// one of an order, so that a refund and a cancellation of it are the same.
const wholeRefund = "whole"

// What keeps a refund from being completed. The messages are of [Complete].
var (
	ErrUnknownOrder = errors.New("the order is not known, or was not completed")
	ErrNothingLeft  = errors.New("all of the order was given back before")
)

// Complete makes e, a refund that names no lines, one of all that is left of its order,
// given every event that is known of that order. It is the order's own, whoever sent it:
// of its visitor, customer, country and currency, so that what was added is taken away
// where it was added, to the cent and at the order's own rate.
//
// Of a line, the units are left that no refund has given back, at what was paid for them.
// If refunds before gave back more than that, the order's other lines make up for it.
//
// If e states a total, it must be that of what is left, or that without shipping and tax;
// else e keeps it, and is refused for it. The error is ErrUnknownOrder or ErrNothingLeft,
// and e is as it was.
func Complete(e *event.Event, known []event.Event) error {
	at := slices.IndexFunc(known, func(k event.Event) bool { return k.Status == event.StatusCompleted })
	if at < 0 {
		return fmt.Errorf("%s: %w", e.TransactionID, ErrUnknownOrder)
	}
	order := &known[at]
	r := remainderOf(order)
	for i := range known {
		if known[i].Status == event.StatusRefunded {
			r.giveBack(&known[i])
		}
	}
	if !r.settle(e, e.TotalMinor) {
		return fmt.Errorf("%s: %w", e.TransactionID, ErrNothingLeft)
	}
	e.VisitorID, e.Country, e.Device = order.VisitorID, order.Country, order.Device
	if order.UserID != "" {
		e.UserID = order.UserID
	}
	e.Currency, e.PaymentMethod, e.CartID = order.Currency, order.PaymentMethod, order.CartID
	return nil
}

// remainder is what is left of an order.
type remainder struct {
	currency             string
	lines                []remaining
	goods, shipping, tax event.Minor // in the order's currency
	base                 event.Minor // of the goods, in the reporting currency
	baseExtras           event.Minor // of shipping and tax
}

// remaining is what is left of a line.
type remaining struct {
	event.Item
	paid event.Minor // after its share of the order's discount, in the order's currency
}

func remainderOf(order *event.Event) *remainder {
	base, extras := baseOf(order)
	return &remainder{
		currency: order.Currency, lines: linesOf(order),
		goods: order.SubtotalMinor - order.DiscountMinor, shipping: order.ShippingMinor, tax: order.TaxMinor,
		base: base, baseExtras: extras,
	}
}

// baseOf returns what the goods of e cost, and its shipping and tax, in the reporting
// currency.
func baseOf(e *event.Event) (goods, extras event.Minor) {
	for i := range e.Items {
		goods += e.Items[i].BaseAmountMinor
	}
	return goods, e.BaseTotalMinor - goods
}

// linesOf are the lines of an order, or of a refund.
func linesOf(e *event.Event) []remaining {
	amounts, paid := make([]event.Minor, len(e.Items)), make([]event.Minor, len(e.Items))
	for i := range e.Items {
		amounts[i] = e.Items[i].AmountMinor
	}
	event.Share(e.SubtotalMinor-e.DiscountMinor, amounts, paid)
	lines := make([]remaining, len(e.Items))
	for i := range e.Items {
		lines[i] = remaining{e.Items[i], paid[i]}
	}
	return lines
}

// giveBack takes away what a refund gave back.
func (r *remainder) giveBack(refund *event.Event) {
	base, extras := baseOf(refund)
	r.base -= base
	r.baseExtras -= extras
	own := refund.Currency == r.currency // else its amounts say nothing here
	if own {
		r.goods -= refund.SubtotalMinor - refund.DiscountMinor
		r.shipping -= refund.ShippingMinor
		r.tax -= refund.TaxMinor
	}
	for _, given := range linesOf(refund) {
		if !own {
			given.AmountMinor, given.DiscountMinor, given.paid = 0, 0, 0
		}
		for i := range r.lines {
			if r.lines[i].ProductID == given.ProductID && given.Quantity > 0 {
				r.lines[i].give(&given)
			}
		}
	}
}

// give takes the units of given from l, as many as it has; what is left of given is for
// other lines.
func (l *remaining) give(given *remaining) {
	n := min(l.Quantity, given.Quantity)
	for _, m := range []struct{ have, given *event.Minor }{
		{&l.AmountMinor, &given.AmountMinor}, {&l.BaseAmountMinor, &given.BaseAmountMinor}, {&l.DiscountMinor, &given.DiscountMinor}, {&l.paid, &given.paid},
	} {
		var parts [2]event.Minor
		event.Share(*m.given, []event.Minor{event.Minor(n), event.Minor(given.Quantity - n)}, parts[:])
		*m.have, *m.given = max(*m.have-parts[0], 0), parts[1]
	}
	l.Quantity -= n
	given.Quantity -= n
}

// settle gives e the lines that are left, and the amounts. It reports whether there are
// any. stated is the total that e came with, 0 if none.
func (r *remainder) settle(e *event.Event, stated event.Minor) bool {
	var items []event.Item
	var bases []event.Minor
	var amounts, paid, base event.Minor
	for _, l := range r.lines {
		if l.Quantity > 0 {
			items, bases = append(items, l.Item), append(bases, l.BaseAmountMinor)
			amounts, paid, base = amounts+l.AmountMinor, paid+l.paid, base+l.BaseAmountMinor
		}
	}
	if len(items) == 0 {
		return false
	}
	// No more than was paid for these lines, and no more than is left of the order.
	goods := min(paid, amounts, max(r.goods, 0))
	base = min(base, max(r.base, 0))
	parts := make([]event.Minor, len(bases))
	event.Share(base, bases, parts)
	for i := range items {
		items[i].BaseAmountMinor = parts[i]
	}
	e.Items, e.SubtotalMinor, e.DiscountMinor = items, amounts, amounts-goods
	if e.ShippingMinor, e.TaxMinor = max(r.shipping, 0), max(r.tax, 0); stated != 0 && stated == goods {
		e.ShippingMinor, e.TaxMinor = 0, 0
	}
	e.BaseTotalMinor = base
	if e.ShippingMinor+e.TaxMinor > 0 {
		e.BaseTotalMinor += max(r.baseExtras, 0)
	}
	if e.TotalMinor = goods + e.ShippingMinor + e.TaxMinor; stated != 0 {
		e.TotalMinor = stated
	}
	return true
}
