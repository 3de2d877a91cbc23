package shop

import "globalmart/internal/event"

// step is one thing that a shopper does.
type step uint8

const (
	stepView step = iota
	stepAdd
	stepChange // something less or more in the cart
	stepClear
	stepCheckout
	stepPay
	stepLeave
)

// slot returns the topic that carries the events of a step.
func (s step) slot() int {
	switch s {
	case stepView:
		return slotView
	case stepPay:
		return slotOrder
	default:
		return slotCart
	}
}

// visit is who is there.
type visit struct {
	shopper uint64
	number  uint64 // of the session, within the run; 0 if not in a session
	country uint8
	device  uint8 // which of the shopper's devices
	account bool  // the shopper is a known customer when ordering
	login   bool  // ... and from the start
	latency uint8 // milliseconds until the ingest has an event
}

// session is a visit in flight: what is left of its plan.
type session struct {
	order // what is in the cart or about to be bought

	rank    uint32 // of the product that was looked at last
	step    step   // done last
	views   uint8  // still to do
	first   bool   // nothing was looked at yet
	intent         // consumed as it goes
	paid    uint8  // statuses of the order that were sent
	burst   uint8  // orders to come that make a burst
	inBurst uint8  // orders of the burst that were sent
}

// intent is what a session is about, beyond looking.
type intent struct {
	adds      uint8
	changes   bool
	clears    bool
	checksOut bool
	buys      bool
}

// cost is how many cart slots the intent takes.
func (i intent) cost() float64 {
	n := float64(i.adds)
	for _, does := range []bool{i.changes, i.clears, i.checksOut} {
		if does {
			n++
		}
	}
	return n
}

// next returns the step after the last one and takes it off the plan. What was
// looked at is put into the cart before the next look.
func (s *session) next() step {
	switch s.step {
	case stepView, stepAdd:
		if s.adds > 0 && (s.step == stepView || s.views == 0) {
			s.adds--
			return stepAdd
		}
		if s.views > 0 {
			s.views--
			return stepView
		}
		if s.changes {
			s.changes = false
			return stepChange
		}
	case stepCheckout, stepPay:
		if s.buys {
			return stepPay
		}
		return stepLeave
	case stepClear, stepLeave:
		return stepLeave
	case stepChange: // only the end is left
	}
	switch {
	case s.clears:
		return stepClear
	case s.checksOut:
		return stepCheckout
	case s.buys:
		return stepPay
	}
	return stepLeave
}

// Times before each step: at least, and how much more on average, milliseconds.
var thinking = [...]struct{ least, more float64 }{
	stepView:     {2_000, lookTime - 2_000},
	stepAdd:      {2_000, 12_000},
	stepChange:   {3_000, 15_000},
	stepClear:    {5_000, 30_000},
	stepCheckout: {5_000, 30_000},
	stepPay:      {10_000, 40_000},
}

// thinkTime returns how long a shopper takes for what has least and more as
// times, at least a millisecond.
func (r *run) thinkTime(least, more float64) event.Time {
	t := least + more*min(r.rng.ExpFloat64(), 8)
	t *= r.s.pace.haste * min(1, float64(r.now-r.s.cfg.Start)/r.s.pace.ramp)
	return max(1, event.Time(t))
}

// open makes s a new visit by somebody who is awake.
func (r *run) open(s *session) {
	number := r.count(&r.visits)
	country := r.s.rhythm.at(r.now).country(r.rng.Float64())
	shopper := r.s.population.pick(country, r.rng.Float64(), r.s.shard, r.s.shards)
	d := dice(hash(r.visitKey, number))
	habits := r.s.population.dice(shopper)
	_, account := r.s.population.registered(shopper, r.now)
	*s = session{order: order{visit: visit{
		shopper: shopper,
		number:  number,
		country: uint8(country),
		account: account,
		login:   account && d.chance(0.8),
		latency: uint8(20 + d.below(200)),
	}}, first: true}
	if unit(hash(uint64(habits), forVisitor)) < secondDevice && d.chance(0.3) {
		s.device = 1
	}
}

// plan decides what a new session will do. Credits, which every look earns,
// keep what is planned in step with the rate.
func (r *run) plan(s *session) {
	looks := 1
	for more := 1 - 1/r.s.pace.views; looks < 40 && r.rng.Float64() < more; {
		looks++
	}
	s.views = uint8(looks)
	r.orderCredit = min(r.orderCredit+float64(looks)*r.s.pace.ordersPerView, 100)
	r.cartCredit = min(r.cartCredit+float64(looks)*r.s.pace.cartsPerView, 100)
	if cost := r.nextCart.cost(); r.cartCredit >= cost {
		r.cartCredit -= cost
		s.intent = r.nextCart
		r.nextCart = r.drawCart()
		s.cart = r.count(&r.carts)
	} else if r.orderCredit >= 1 {
		s.buys = true
	}
	if s.buys {
		r.number(&s.order)
	}
}

// number makes o the next order.
func (r *run) number(o *order) {
	o.number = r.count(&r.orders)
	r.orderCredit -= float64(len(r.outcome(o)))
}

// drawCart returns an intent with a cart. Seven carts of ten are abandoned, the
// usual share in surveys of shops.
func (r *run) drawCart() intent {
	i := intent{adds: 1}
	for i.adds < maxLines && r.rng.Float64() < 0.35 {
		i.adds++
	}
	i.changes = r.rng.Float64() < 0.15
	switch u := r.rng.Float64(); {
	case u < 0.30:
		i.checksOut, i.buys = true, true
	case u < 0.45:
		i.checksOut = true
	case u < 0.50:
		i.clears = true
	}
	return i
}

// advance puts the session back into the queue of its next step, or ends it.
func (r *run) advance(ref uint32) {
	s := &r.sessions.items[ref]
	next := s.next()
	if next == stepLeave {
		r.mayReturn(s)
		r.sessions.put(ref)
		return
	}
	wait := r.thinkTime(thinking[next].least, thinking[next].more)
	switch {
	case s.inBurst > 0:
		wait = event.Time(1_000 + r.rng.IntN(2_500))
	case s.step == stepPay:
		wait = r.thinkTime(20_000, 120_000)
	}
	s.step = next
	r.queues[next.slot()].push(r.now+wait, ref)
}
