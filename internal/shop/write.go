package shop

import "globalmart/internal/event"

// begin clears r.e and fills what every event of a visitor has.
func (r *run) begin(v *visit, t event.Type, user bool) {
	if r.silent {
		r.stamp(t)
		return
	}
	visitor := r.s.population.visitorID(v.shopper, v.device)
	happened := max(r.now-event.Time(v.latency), r.s.cfg.Start)
	ahead := clockError(visitor)
	r.stamp(t)
	r.e.Timestamp = happened + event.Time(ahead)
	r.e.ClockSkewMS = -ahead
	r.e.VisitorID = r.ids.id('v', visitor)
	r.e.Country = r.s.cfg.Countries[v.country].Code
	if user && v.account {
		r.e.UserID = r.ids.id('u', r.s.population.userID(v.shopper))
	}
	if v.number != 0 {
		r.e.SessionID = r.ids.id('s', hash(r.visitKey, v.number))
		r.e.Device = devices[scale(visitor, uint64(len(devices)))]
	}
}

// stamp clears r.e and fills what every event has.
func (r *run) stamp(t event.Type) {
	number := r.count(&r.events)
	if r.silent {
		r.e = event.Event{Type: t}
		return
	}
	unique := hash(r.eventKey, number)
	r.e = event.Event{
		ID:            r.ids.uuid(r.now, unique, number),
		Type:          t,
		SchemaVersion: event.SchemaVersion,
		Timestamp:     r.now,
		ReceivedAt:    r.now,
		Source:        source,
	}
}

// look makes the event of s looking at a product.
func (r *run) look(s *session) {
	c := r.s.catalogue
	if s.first || r.rng.Float64() >= 0.25 {
		s.rank = r.browse()
	} else {
		s.rank = uint32(c.companion(int(s.rank)))
	}
	first := s.first
	s.first = false
	s.step = stepView
	r.begin(&s.visit, event.TypeProductView, s.login)
	if r.silent {
		return
	}
	p := c.product(int(s.rank))
	r.e.ProductID = c.id(p)
	r.e.Category = c.categoryOf(p)
	r.e.UnitPriceMinor = event.Minor(c.price[p])
	if first {
		r.e.Referrer = referrers[scale(hash(r.visitKey^forVisitor, s.visit.number), uint64(len(referrers)))]
	}
}

// act makes the event of s's step at its cart.
func (r *run) act(s *session) {
	r.begin(&s.visit, event.TypeCartEvent, s.login)
	r.e.CartID = r.ids.id('c', hash(r.cartKey, s.order.cart))
	switch s.step {
	case stepAdd:
		r.add(s)
	case stepChange:
		r.change(s)
	case stepClear:
		r.e.Action = event.ActionClear
	default:
		r.e.Action = event.ActionCheckout
	}
}

// add puts what was looked at into the cart.
func (r *run) add(s *session) {
	d := dice(r.rng.Uint64())
	quantity := drawQuantity(&d)
	p := uint32(r.s.catalogue.product(int(s.rank)))
	if !s.put(p, quantity) {
		p = s.lines[0].product
		s.put(p, quantity)
	}
	r.product(event.ActionAdd, p, int64(quantity))
}

// change takes a line out, or changes its quantity by one. A cart that will be
// bought never gets empty.
func (r *run) change(s *session) {
	i := r.rng.IntN(int(s.n))
	l := &s.lines[i]
	switch {
	case r.rng.Float64() < 0.6 && (s.n > 1 || !s.buys && !s.checksOut && !s.clears):
		r.product(event.ActionRemove, l.product, int64(l.quantity))
		s.remove(i)
	case l.quantity > 1 && r.rng.Float64() < 0.5:
		l.quantity--
		r.product(event.ActionUpdate, l.product, -1)
	default:
		l.quantity++
		r.product(event.ActionUpdate, l.product, 1)
	}
}

// product fills what a cart event says of its product.
func (r *run) product(action event.Action, p uint32, quantity int64) {
	c := r.s.catalogue
	r.e.Action = action
	r.e.ProductID = c.id(int(p))
	r.e.Category = c.categoryOf(int(p))
	r.e.UnitPriceMinor = event.Minor(c.price[p])
	r.e.Quantity = quantity
}

// pay makes the next transaction of s's order.
func (r *run) pay(s *session) {
	o := &s.order
	if s.paid == 0 {
		if o.cart == 0 {
			rank := int(s.rank)
			if s.inBurst > 0 {
				rank = int(r.browse())
			}
			r.buyNow(o, rank)
		}
		r.mayBeAnomalous(s)
	}
	if o.anomaly != normalOrder {
		r.fault = sound // an event has one fault
	}
	statuses := r.outcome(o)
	status := statuses[s.paid]
	r.transaction(o, status)
	s.paid++
	if int(s.paid) == len(statuses) {
		s.buys = false
		r.continueBurst(s)
	}
}

// transaction makes the event of an order reaching a status.
func (r *run) transaction(o *order, status event.Status) {
	r.begin(&o.visit, event.TypeTransaction, true)
	r.invoice(o)
	e := &r.e
	e.Status = status
	e.TransactionID = r.ids.id('t', hash(r.orderKey, o.number))
	if o.cart != 0 {
		e.CartID = r.ids.id('c', hash(r.cartKey, o.cart))
	}
	e.PaymentMethod = r.payment(o)
	// A record that nobody can read sells nothing.
	if status == event.StatusCompleted && r.fault != corrupt {
		r.completed(o)
		if o.account && r.rng.Float64() < profileSent {
			r.profile, r.profiled = o.visit, true
		}
	}
	r.labelAnomaly(o, status)
}

// payment is how the shopper pays: mostly the same way.
func (r *run) payment(o *order) string {
	h := mix(o.shopper ^ forOrder)
	if o.number/r.s.shards%5 == 0 {
		h = mix(h ^ o.number)
	}
	return payments[scale(h, uint64(len(payments)))]
}
