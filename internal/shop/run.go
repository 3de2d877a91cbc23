package shop

import (
	"math/rand/v2"

	"globalmart/internal/event"
)

// run is what has happened since the start: the state of one iterator.
type run struct {
	s     *Shop
	rng   *rand.Rand
	yield func(Emission) bool
	now   event.Time

	schedule schedule
	sessions pool[session]
	queues   [slots]queue // sessions by their next step
	held     pool[held]
	due      queue // of held
	stock    *warehouse
	copies   copies

	orderCredit, cartCredit float64 // slots that sessions may still be planned for
	nextCart                intent

	visits, carts, orders, events                    uint64 // given so far, by count
	visitKey, cartKey, orderKey, refundKey, eventKey uint64

	e           event.Event // what is being made
	items       []event.Item
	preferences []string
	weights     []event.Minor // what a base amount is shared by
	parts       []event.Minor
	ids         slab
	single      session // a visit of one event
	truth       Truth
	label       *Truth // of r.e; nil if nothing is wrong
	raw         []byte
	profile     visit // whose profile follows r.e, if profiled
	profiled    bool
	fault       fault // of r.e, decided before it is made

	want      Selection
	silent    bool // what happens now is not made, beyond what others depend on
	faultless bool
	skipped   int
}

func newRun(s *Shop, yield func(Emission) bool) *run {
	key := s.key
	if s.shard > 0 {
		key = hash(key, s.shard)
	}
	r := &run{
		s:        s,
		rng:      rand.New(rand.NewPCG(key, derive(key, forFault))),
		yield:    yield,
		schedule: schedule{pace: &s.pace, rhythm: s.rhythm, start: s.cfg.Start},
		sessions: pool[session]{most: s.cfg.MaxSessions},
		held:     pool[held]{most: s.cfg.MaxSessions},
		stock:    newWarehouse(s.catalogue, key),
		copies:   copies{pool: pool[event.Event]{most: mostCopies}},
		visits:   s.shard, carts: s.shard, orders: s.shard, events: s.shard,
		visitKey:  derive(s.key, forSession),
		cartKey:   derive(s.key, forCart),
		orderKey:  derive(s.key, forOrder),
		refundKey: derive(s.key, forRefund),
		eventKey:  derive(s.key, forEvent),
	}
	r.nextCart = r.drawCart()
	return r
}

// forever emits slot after slot until the consumer has had enough.
func (r *run) forever() {
	for {
		var slot int
		r.now, slot = r.schedule.next()
		r.choose(slotOrder)
		if !r.skip() || !r.deliveries() || !r.repeats() {
			return
		}
		r.choose(slot)
		r.label, r.profiled = nil, false
		r.fault = r.drawFault()
		switch slot {
		case slotView:
			r.view()
		case slotCart:
			r.cart()
		case slotOrder:
			r.order()
		}
		if !r.send() || !r.profiles() {
			return
		}
	}
}

// view fills a view slot: somebody comes in, or looks on.
func (r *run) view() {
	q := &r.queues[slotView]
	if r.rng.Float64() < r.s.pace.startShare {
		if ref, ok := r.sessions.take(); ok {
			s := &r.sessions.items[ref]
			r.open(s)
			r.plan(s)
			s.views--
			r.look(s)
			r.advance(ref)
			return
		}
	} else if q.ready(r.now) {
		ref := q.pop().ref
		r.look(&r.sessions.items[ref])
		r.advance(ref)
		return
	}
	r.open(&r.single)
	r.look(&r.single)
}

// cart fills a cart slot.
func (r *run) cart() {
	q := &r.queues[slotCart]
	if q.ready(r.now) {
		ref := q.pop().ref
		r.act(&r.sessions.items[ref])
		r.advance(ref)
		return
	}
	r.open(&r.single)
	r.single.order.cart = r.count(&r.carts)
	r.single.step = stepAdd
	r.single.rank = r.browse()
	r.act(&r.single)
}

// order fills a slot of the topic transactions.
func (r *run) order() {
	if r.due.ready(r.now) {
		r.settle()
		return
	}
	q := &r.queues[slotOrder]
	if q.ready(r.now) {
		ref := q.pop().ref
		r.pay(&r.sessions.items[ref])
		r.advance(ref)
		return
	}
	s := &r.single
	r.open(s)
	s.order.number = r.count(&r.orders)
	r.buyNow(&s.order, int(r.browse()))
	r.transaction(&s.order, event.StatusCompleted)
}

// browse returns the rank of a product that somebody finds, by popularity. What
// is sold out is passed over, mostly.
func (r *run) browse() uint32 {
	c := r.s.catalogue
	rank := c.popularity.pick(r.rng.Uint64())
	for tries := 0; tries < 3 && r.stock.onHand[c.product(rank)] <= 0; tries++ {
		rank = c.popularity.pick(r.rng.Uint64())
	}
	return uint32(rank)
}

// send emits r.e, or the bytes that stand for it.
func (r *run) send() bool {
	if r.silent {
		return true
	}
	emission := Emission{At: r.now, Topic: r.e.Type.Topic(), Key: r.e.Key(), Event: &r.e}
	if r.fault == sound {
		r.mayRepeat()
	} else {
		r.spoil(&emission)
	}
	if r.label != nil {
		r.attest(&emission, &r.e)
	}
	return r.emit(emission)
}
