package processor

import (
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// arm makes the wheel meet the visitor at p at a time, if not before.
func (s *Sessions) arm(p place, at event.Time) {
	v := s.visitors.at(p)
	minute := uint32(at / wheelMS)
	if v.due == 0 || minute < v.due {
		v.due = minute
		s.wheel.add(at, timer{p, minute})
	}
}

// Tick writes the sessions that are at rest, and forgets what can no longer
// change.
func (s *Sessions) Tick(now event.Time, out *store.Changes) {
	s.wheel.turn(now, func(t timer) (event.Time, bool) {
		v := s.visitors.at(t.visitor)
		if v.used == 0 || v.due != t.minute {
			return 0, false
		}
		v.due = 0
		s.meet(t.visitor, now, out)
		return 0, false
	})
}

// idleBytes is how large a room may get before it is worth a look at what can be
// summed up in it while its visitor goes on.
const idleBytes = 512

// meet does what is due for the visitor at p.
func (s *Sessions) meet(p place, now event.Time, out *store.Changes) {
	v := s.visitors.at(p)
	if v.flags == 0 && v.last+s.gap > now && v.used < idleBytes {
		s.arm(p, v.last+s.gap)
		return
	}
	s.load(v)
	s.writeRested(v, now, out)
	left, run, shorter := s.shorten(s.touches, s.pieces, now-s.memory)
	switch {
	case len(left) == 0:
		s.forget(p)
	case shorter:
		s.touches = left
		s.pieces = s.cut(left, run, s.pieces[:0])
		s.keep(p, run)
	default:
		s.settle(v)
		s.arm(p, s.next(v))
	}
}

// writeRested writes those of s.pieces, which are v's, that are at rest.
func (s *Sessions) writeRested(v *visitor, now event.Time, out *store.Changes) {
	room := s.visitors.bytes(v)
	for i := range s.pieces {
		p := &s.pieces[i]
		if p.written || now < p.end+s.gap {
			continue
		}
		s.weigh(s.pieces[i:i+1], -1)
		p.written = true
		first := &s.touches[p.from]
		first.written = true
		room[first.offset] |= headWritten
		sum := sumUp(s.touches[p.from:p.to])
		out.Sessions[store.SessionKey{VisitorID: s.idOf(v), Start: p.start}] = s.row(&sum)
	}
}

// row returns the row of a session.
func (s *Sessions) row(sum *touch) *store.Session {
	return &store.Session{
		End: sum.end, UserID: string(sum.user), Country: countryOf(sum.country), Device: s.device(sum.device),
		Events: sum.events, Views: sum.views, Adds: sum.adds, Checkouts: sum.checkouts,
		Orders: sum.orders, Units: sum.units, RevenueMinor: sum.revenue,
	}
}

// device returns text as a string, mostly the same one each time.
func (s *Sessions) device(text []byte) string {
	if kept, ok := s.devices[string(text)]; ok {
		return kept
	}
	if len(s.devices) >= maxNames {
		clear(s.devices)
	}
	kept := string(text)
	s.devices[kept] = kept
	return kept
}
