package shop

import (
	"globalmart/internal/event"
)

// part is how much of an order a return gives back. The first and the second
// are disjoint and together everything.
type part uint8

const (
	whole part = iota
	firstHalf
	secondHalf
)

// held is an order that something will happen to, minutes or days later.
type held struct {
	order
	purchase bool // an abandoned cart is bought after all; else a return
	quick    bool // cancelled soon after: shipping is given back too
	again    bool // the rest comes back later
	part     part
}

const (
	returned  = 0.05 // of the completed orders, wholly or in part
	recovered = 0.08 // of the abandoned carts are bought later
)

// mayReturn holds an order whose cart was abandoned, if it will be bought later.
func (r *run) mayReturn(s *session) {
	if s.cart == 0 || s.number != 0 || s.n == 0 || s.step == stepClear || r.rng.Float64() >= recovered {
		return
	}
	o := s.order
	r.number(&o)
	r.hold(held{order: o, purchase: true}, r.later(0.3))
}

// completed does what follows from r.e completing o: stock goes out, and some
// orders will come back.
func (r *run) completed(o *order) {
	for i := range r.e.Items {
		r.stock.sell(r.s.catalogue.number(r.e.Items[i].ProductID), r.e.Items[i].Quantity, r.now)
	}
	d := dice(hash(r.refundKey, o.number))
	if o.anomaly != normalOrder || !d.chance(returned) {
		return
	}
	h := held{order: *o}
	switch u := d.float(); {
	case u < 0.3:
		h.quick = true
		r.hold(h, event.Time(60_000+r.rng.ExpFloat64()*8*60_000))
		return
	case u < 0.7:
	case o.n > 1 || o.lines[0].quantity > 1:
		h.part = firstHalf
		h.again = d.chance(0.25)
	}
	r.hold(h, r.later(1))
}

// later draws the time until a return or a late purchase, at least ten minutes
// unless the rate forces haste.
func (r *run) later(factor float64) event.Time {
	least := min(10*60_000, r.s.pace.delay/4)
	return event.Time(least + factor*r.s.pace.delay*min(r.rng.ExpFloat64(), 8))
}

// hold keeps h until it is due; what finds no room never happens.
func (r *run) hold(h held, wait event.Time) {
	if ref, ok := r.held.take(); ok {
		r.held.items[ref] = h
		r.due.push(r.now+wait, ref)
	}
}

// settle makes the event of the held order that is due.
func (r *run) settle() {
	ref := r.due.pop().ref
	h := r.held.items[ref]
	r.held.put(ref)
	if h.purchase {
		h.visit.number = r.count(&r.visits)
		r.transaction(&h.order, event.StatusCompleted)
		return
	}
	r.orderCredit-- // it takes the slot of an order
	r.refund(&h)
	if h.again {
		h.part, h.again = secondHalf, false
		r.hold(h, r.later(0.5))
	}
}

// refund makes the event that gives back a part of an order.
func (r *run) refund(h *held) {
	if r.fault != corrupt {
		r.fault = sound // a return is never dated before its order
	}
	o := h.order
	o.visit.number = 0 // the shop's office does it, not a visitor
	r.begin(&o.visit, event.TypeTransaction, true)
	r.invoice(&o)
	e := &r.e
	r.give(h)
	e.Status = event.StatusRefunded
	e.TransactionID = r.ids.id('t', hash(r.orderKey, o.number))
	e.RefundID = r.ids.id('r', hash(r.refundKey, o.number<<1|uint64(h.part>>1)))
	if o.cart != 0 {
		e.CartID = r.ids.id('c', hash(r.cartKey, o.cart))
	}
	d := dice(hash(r.refundKey^forRefund, o.number))
	e.PaymentMethod = r.payment(&o)
	e.Restock = h.quick || d.chance(0.7)
	if e.Restock && r.fault != corrupt {
		r.restock()
	}
}

// give cuts the invoice in r.e down to the part that is given back.
func (r *run) give(h *held) {
	e := &r.e
	if h.part == whole {
		if !h.quick {
			e.TotalMinor -= e.ShippingMinor
			e.ShippingMinor = 0
			e.BaseTotalMinor = r.base(e.TotalMinor, e.Currency)
		}
		return
	}
	subtotal, discount, tax := e.SubtotalMinor, e.DiscountMinor, e.TaxMinor
	if len(e.Items) == 1 {
		halve(&e.Items[0], h.part)
	} else if half := len(e.Items) / 2; h.part == firstHalf {
		e.Items = e.Items[:half]
	} else {
		e.Items = e.Items[half:]
	}
	e.SubtotalMinor, e.ShippingMinor = 0, 0
	var most event.Minor // that may be given back, in the reporting currency
	for i := range e.Items {
		e.SubtotalMinor += e.Items[i].AmountMinor
		most += e.Items[i].BaseAmountMinor
	}
	// Rounding is in the shop's favour, so that two halves never exceed the order.
	e.DiscountMinor = e.SubtotalMinor - mulDiv(subtotal-discount, e.SubtotalMinor, subtotal)
	e.TaxMinor = mulDiv(tax, e.SubtotalMinor, subtotal)
	goods := r.base(e.SubtotalMinor-e.DiscountMinor, e.Currency)
	for goods > most {
		e.DiscountMinor++
		goods = r.base(e.SubtotalMinor-e.DiscountMinor, e.Currency)
	}
	for i := len(e.Items) - 1; most > goods; i-- {
		less := min(most-goods, e.Items[i].BaseAmountMinor)
		e.Items[i].BaseAmountMinor -= less
		most -= less
	}
	e.TotalMinor = e.SubtotalMinor - e.DiscountMinor + e.TaxMinor
	e.BaseTotalMinor = r.base(e.TotalMinor, e.Currency)
}

// halve cuts a line of several units down to one of its halves; the two add up
// to the line.
func halve(it *event.Item, p part) {
	quantity := it.Quantity / 2
	amount := mulDiv(it.AmountMinor, event.Minor(quantity), event.Minor(it.Quantity))
	base := mulDiv(it.BaseAmountMinor, event.Minor(quantity), event.Minor(it.Quantity))
	if p == secondHalf {
		quantity, amount, base = it.Quantity-quantity, it.AmountMinor-amount, it.BaseAmountMinor-base
	}
	it.Quantity, it.AmountMinor, it.BaseAmountMinor = quantity, amount, base
	it.DiscountMinor = it.UnitPriceMinor*event.Minor(quantity) - amount
}

// restock puts the units of r.e back.
func (r *run) restock() {
	for i := range r.e.Items {
		r.stock.add(r.s.catalogue.number(r.e.Items[i].ProductID), r.e.Items[i].Quantity)
	}
}
