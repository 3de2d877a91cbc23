package shop

import "globalmart/internal/event"

// fault is what is wrong with how an event arrives.
type fault uint8

const (
	sound fault = iota
	outOfOrder
	late
	tooOld
	corrupt
)

// How late faults are, milliseconds: least and less than. tooOld begins past the
// horizon of the live tables, 2 h.
var lateness = [...]struct {
	kind        Kind
	least, most int64
}{
	outOfOrder: {OutOfOrder, 5_000, 120_000},
	late:       {Late, 2 * 60_000, 110 * 60_000},
	tooOld:     {TooOld, 125 * 60_000, 480 * 60_000},
}

// drawFault decides what will be wrong with the next event.
func (r *run) drawFault() fault {
	f := &r.s.cfg.Faults
	if f.Corrupt+f.Late == 0 {
		return sound
	}
	u := r.rng.Float64()
	if u < f.Corrupt {
		return corrupt
	}
	u -= f.Corrupt
	switch {
	case u < 0.5*f.Late:
		return outOfOrder
	case u < 0.9*f.Late:
		return late
	case u < f.Late:
		return tooOld
	}
	return sound
}

// spoil does to r.e what its fault says.
func (r *run) spoil(emission *Emission) {
	if r.fault == corrupt {
		r.corrupt(emission)
		return
	}
	l := &lateness[r.fault]
	r.e.Timestamp -= event.Time(l.least + r.rng.Int64N(l.most-l.least))
	r.truth = Truth{Kind: l.kind, LateMS: int64(r.e.ReceivedAt - r.e.Time())}
	r.label = &r.truth
}

// anomaly is what is unusual about an order.
type anomaly uint8

const (
	normalOrder anomaly = iota
	highValue
	unusualQuantity
	velocity
)

var anomalyKinds = [...]Kind{highValue: HighValue, unusualQuantity: UnusualQuantity, velocity: Velocity}

// mayBeAnomalous turns some orders that are about to begin into anomalies. Of
// those, bursts are few, because each makes a dozen labelled orders.
func (r *run) mayBeAnomalous(s *session) {
	if s.inBurst > 0 || r.fault != sound || r.s.cfg.Faults.Anomalies == 0 || r.rng.Float64() >= r.s.cfg.Faults.Anomalies {
		return
	}
	switch u := r.rng.Float64(); {
	case u < 0.48:
		s.anomaly = highValue
	case u < 0.96:
		s.anomaly = unusualQuantity
	default:
		s.anomaly = velocity
		s.burst = uint8(7 + r.rng.IntN(8))
		s.inBurst, s.sequence = 1, 1
	}
}

// continueBurst makes a session whose order is done begin the next one of its
// burst.
func (r *run) continueBurst(s *session) {
	if s.burst == 0 {
		return
	}
	s.burst--
	s.inBurst++
	s.sequence = s.inBurst
	s.order.cart = 0
	s.paid, s.buys = 0, true
	r.number(&s.order)
}

// exaggerate makes the first line of an anomalous order what it is labelled.
func (r *run) exaggerate(o *order, d *dice) {
	it := &r.e.Items[0]
	switch o.anomaly {
	case highValue:
		// Far above what is usual in the category, whatever the product costs.
		median := r.s.catalogue.median[r.s.catalogue.category[o.lines[0].product]]
		it.UnitPriceMinor = r.s.localAmount(float64(median)*(40+110*d.float()), o.country)
		it.Quantity = 1
	case unusualQuantity:
		it.Quantity = int64(60 + d.below(340))
	default:
		return
	}
	it.DiscountMinor = 0
	it.AmountMinor = it.UnitPriceMinor * event.Minor(it.Quantity)
}

// labelAnomaly labels the event that completes an anomalous order.
func (r *run) labelAnomaly(o *order, status event.Status) {
	if o.anomaly == normalOrder || status != event.StatusCompleted {
		return
	}
	r.truth = Truth{Kind: anomalyKinds[o.anomaly], Sequence: int(o.sequence)}
	r.label = &r.truth
}

// copies are the events that will be sent again.
type copies struct {
	pool pool[event.Event]
	due  queue
}

// mostCopies bounds the events that wait to be sent again.
const mostCopies = 4096

// mayRepeat keeps a copy of r.e, if it is to be sent again.
func (r *run) mayRepeat() {
	if p := r.s.cfg.Faults.Duplicates; p == 0 || r.rng.Float64() >= p {
		return
	}
	ref, ok := r.copies.pool.take()
	if !ok {
		return
	}
	kept := &r.copies.pool.items[ref]
	items := append(kept.Items[:0], r.e.Items...)
	*kept = r.e
	kept.Items = items
	r.copies.due.push(r.now+event.Time(100+r.rng.IntN(20_000)), ref)
}

// repeats emits the copies that are due.
func (r *run) repeats() bool {
	for r.copies.due.ready(r.now) {
		ref := r.copies.due.pop().ref
		e := &r.copies.pool.items[ref]
		e.ReceivedAt = r.now
		emission := Emission{At: r.now, Topic: e.Type.Topic(), Key: e.Key(), Event: e}
		r.truth = Truth{Kind: Duplicate}
		r.attest(&emission, e)
		r.copies.pool.put(ref)
		if !r.emit(emission) {
			return false
		}
	}
	return true
}

// attest completes r.truth with what identifies e and puts it on emission.
func (r *run) attest(emission *Emission, e *event.Event) {
	r.truth.EventID, r.truth.TransactionID = e.ID, e.TransactionID
	r.truth.ReceivedAt, r.truth.Topic, r.truth.Key = r.now, emission.Topic, emission.Key
	emission.Truth = &r.truth
}
