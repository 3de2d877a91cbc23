package processor

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// bursts finds orders of one visitor that follow each other too quickly: an
// order is found if it lies in a stretch of event time that is shorter than the
// window of the rules and holds at least as many of the visitor's completed
// orders as they say. Those that came before the stretch was full are found when
// it is. A finding's value is how many orders the fullest stretch held when it
// was found.
//
// An order is remembered while the newest record is at most keep newer than the
// newest record was when it came. A later order that is taken, at most the
// horizon old, finds all that it can be close to, with half an hour to spare for
// record times out of order. Of one visitor the last maxRemembered are looked at.
type bursts struct {
	window event.Time
	orders int
	keep   event.Time

	log  orderLog
	last map[uint64]position // by hash of the visitor: the last order with that hash
	seed maphash.Seed        // what is found does not depend on it: visitors are told apart by their ids
	near []near              // reused: the orders around the one at hand, by event time
}

const (
	// recordSlack is how far record times may be out of order, as for the ids that
	// the engine has seen.
	recordSlack = 30 * time.Minute
	// maxRemembered bounds the time that a visitor can take who never stops.
	maxRemembered = 1000
)

// near is an order within the window around another one.
type near struct {
	at    event.Time
	order position
	found bool
}

func newBursts(r rules.Velocity, horizon time.Duration) bursts {
	return bursts{
		window: event.Time(r.Window.Milliseconds()), orders: r.Orders,
		keep: event.Time((horizon + r.Window + recordSlack).Milliseconds()),
		last: map[uint64]position{}, seed: maphash.MakeSeed(),
	}
}

// add takes a completed order; newest is the highest record time so far.
func (b *bursts) add(e *event.Event, newest event.Time, out *store.Changes) {
	b.forget(newest - b.keep)
	this := b.log.append(e, newest)
	if !b.link(b.log.at(this), this) {
		return
	}
	if b.around(e, this, newest-b.keep); len(b.near) >= b.orders {
		b.find(out)
	}
}

// hash is that of the visitor of an order.
func (b *bursts) hash(o packedOrder) uint64 {
	visitor, _ := o.visitor()
	return maphash.Bytes(b.seed, visitor)
}

// link makes the order at p the last one of its visitor, and reports whether there
// was one before.
func (b *bursts) link(o packedOrder, p position) (known bool) {
	hash := b.hash(o)
	before, known := b.last[hash]
	if !known {
		before = nowhere
	}
	binary.LittleEndian.PutUint64(o[atBefore:], uint64(before))
	b.last[hash] = p
	return known
}

// forget drops the orders that came before since, as far as whole blocks go.
func (b *bursts) forget(since event.Time) {
	for b.log.expired(since) {
		b.log.dropBlock(func(at position, o packedOrder) {
			if hash := b.hash(o); b.last[hash] == at {
				delete(b.last, hash)
			}
		})
	}
}

// around fills b.near with the orders of the visitor of e less than a window
// away from it, itself among them, by event time. It goes back through the
// visitor's orders until none can be as late as that: an order's time is never
// later than the newest record was when it came.
func (b *bursts) around(e *event.Event, this position, since event.Time) {
	at := e.Time()
	b.near = append(b.near[:0], near{at: at, order: this})
	judged := b.log.at(this)
	o := judged
	for range maxRemembered {
		p := o.before()
		if !b.log.holds(p) {
			break
		}
		o = b.log.at(p)
		if o.newest() < since || o.newest() <= at-b.window {
			break
		}
		if t := o.time(); t > at-b.window && t < at+b.window && o.isOfSame(judged) {
			b.near = append(b.near, near{t, p, o.found()})
		}
	}
	slices.SortFunc(b.near, func(x, y near) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order)) })
}

// find reports the orders that are part of a burst now and were not before.
func (b *bursts) find(out *store.Changes) {
	for i := range b.near {
		c := &b.near[i]
		if c.found {
			continue
		}
		if n := b.fullest(i); n >= b.orders {
			b.log.at(c.order).report(n, b.orders, out)
		}
	}
}

// fullest returns how many orders the fullest stretch holds that order i is in.
func (b *bursts) fullest(i int) int {
	most, end := 0, i
	for start := range i + 1 {
		if b.near[start].at <= b.near[i].at-b.window {
			continue
		}
		for end < len(b.near) && b.near[end].at < b.near[start].at+b.window {
			end++
		}
		most = max(most, end-start)
	}
	return most
}
