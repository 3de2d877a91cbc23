package processor

import (
	"bytes"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Sessions turns what visitors do into sessions.
//
// A run is what one visitor does, on any of the three topics and whatever comes
// of it, with pauses shorter than the rules' gap; a pause as long as the gap, or
// longer, begins a new one. The gap of 30 minutes is the usual one of web
// analytics (Google Analytics, "About analytics sessions"). A run is cut at
// multiples of the rules' longest session from its start. What lies between two
// cuts is a session; it is named by its visitor and the time of its first event,
// and never split at midnight. So sessions follow from the set of a visitor's
// events alone, and a late event may extend one, join two, or move a start and
// with it every cut.
//
// A refund, and an order that failed, is an event and no more. An event that is
// older than the horizon of the rules changes no session, since what it would
// belong to may be forgotten: such an event is applied only if it was mended by
// hand.
//
// A session is written at the first tick that is the gap or more after its last
// event. One that changes and may be stored is deleted at once and written again
// at a tick; a name under which there no longer is one is always deleted. A
// visitor is remembered for the gap and the horizon after the last event.
//
// Of each visitor its events are kept, packed (see touch); what can no longer
// change is summed up, so that nobody takes more than the events of the horizon.
type Sessions struct {
	gap, most, horizon event.Time
	memory             event.Time // how long ago the time of an event to come can be

	index    idIndex
	visitors visitors
	wheel    wheel[timer]
	newest   event.Time // record time of an applied event
	open     store.Open // the sessions in it
	devices  map[string]string

	// Reused.
	packed, text, copied, id []byte
	touches                  []touch
	old, pieces              []piece
	loaded                   byte // by expect, so that its loads are not in vain
}

// timer is a visitor that is due in a minute, unless the visitor says another.
type timer struct {
	visitor place
	minute  uint32
}

// NewSessions returns the processor for the given rules.
func NewSessions(r rules.Rules) *Sessions {
	s := &Sessions{
		gap:     event.Time(r.Session.Gap.Milliseconds()),
		most:    event.Time(r.Session.Max.Milliseconds()),
		horizon: event.Time(r.Stream.Horizon.Milliseconds()),
	}
	s.memory = s.horizon + keepSlack
	s.reset()
	return s
}

func (s *Sessions) reset() {
	s.index, s.visitors, s.wheel = newIDIndex(), newVisitors(), newWheel[timer]()
	s.newest, s.open, s.devices = 0, store.Open{}, map[string]string{}
}

// count adds the sessions that are not written, and their events, to o.
func (s *Sessions) count(o *store.Open) {
	o.Sessions += s.open.Sessions
	o.SessionEvents += s.open.SessionEvents
}

// Apply takes what a visitor did; other events move nothing.
func (s *Sessions) Apply(e *event.Event, out *store.Changes) {
	at := e.Time()
	if e.VisitorID == "" || at < e.ReceivedAt-s.horizon {
		return
	}
	s.newest = max(s.newest, e.ReceivedAt)
	t := s.touchOf(e, at)
	packed, code := packID(append(s.packed[:0], 0), e.VisitorID)
	packed[0], s.packed = code, packed
	hash := s.index.hash(packed)
	slot := s.index.find(hash, func(p place) bool { return s.isOf(p, packed) })
	p := s.index.get(slot)
	switch {
	case p == 0:
		s.index.put(slot, hash, s.begin(&t))
	case at < s.visitors.at(p).last:
		s.squeeze(p, t, out)
	default:
		s.extend(p, &t, out)
	}
}

// isOf reports whether the visitor at p is the one with a packed id.
func (s *Sessions) isOf(p place, packed []byte) bool {
	return bytes.HasPrefix(s.visitors.bytes(s.visitors.at(p)), packed)
}

// touchOf returns e as a touch. Its texts are not to be kept.
func (s *Sessions) touchOf(e *event.Event, at event.Time) touch {
	t := touch{at: at, end: at}
	t.events = 1
	switch {
	case e.Type == event.TypeProductView:
		t.views = 1
	case e.Type == event.TypeCartEvent && e.Action == event.ActionAdd:
		t.adds = 1
	case e.Type == event.TypeCartEvent && e.Action == event.ActionCheckout:
		t.checkouts = 1
	case e.Type == event.TypeTransaction && e.Status == event.StatusCompleted:
		t.orders = 1
		for i := range e.Items {
			t.units += e.Items[i].Quantity
			t.revenue += e.Items[i].BaseAmountMinor
		}
	}
	copy(t.country[:], e.Country)
	s.text = append(append(s.text[:0], e.UserID...), e.Device...)
	t.user, t.device = s.text[:len(e.UserID)], s.text[len(e.UserID):]
	return t
}

// begin makes a visitor, whose packed id is at hand, with its first touch.
func (s *Sessions) begin(t *touch) place {
	var now said
	id := len(s.packed)
	s.packed = now.append(s.packed, 0, t, 0)
	const more = 8 // bytes of touches that will follow: most visitors leave soon
	p := s.visitors.take(len(s.packed) + more)
	v := s.visitors.at(p)
	s.visitors.append(v, s.packed)
	v.run, v.last = t.at, t.at
	v.pieceStart, v.pieceAt, v.bound = t.at, uint32(id), t.at+s.most
	v.userAt, v.whereAt = uint32(now.userAt), uint32(now.whereAt)
	s.open.Sessions++
	s.open.SessionEvents++
	s.arm(p, t.at+s.gap)
	return p
}

// extend adds t, which is not before any other touch of the visitor at p: the
// usual case.
func (s *Sessions) extend(p place, t *touch, out *store.Changes) {
	v := s.visitors.at(p)
	pause := t.at - v.last
	if pause >= s.gap || t.at >= v.bound {
		s.startPiece(v, t.at, pause)
	} else if v.flags&flagWritten != 0 || s.newest >= v.last+s.gap-storedSlack {
		s.reopen(v, out)
	}
	s.open.SessionEvents++

	now := saidIn(s.visitors.bytes(v), v)
	s.packed = now.append(s.packed[:0], int(v.used), t, pause)
	v.userAt, v.whereAt = uint32(now.userAt), uint32(now.whereAt)
	s.visitors.append(v, s.packed)
	v.last = t.at
	s.arm(p, t.at+s.gap)
}

// startPiece begins a new piece with the touch at a time that comes next.
func (s *Sessions) startPiece(v *visitor, at, pause event.Time) {
	if v.flags&flagWritten == 0 {
		v.flags |= flagOlder
	}
	v.flags &^= flagWritten
	if pause >= s.gap {
		v.run = at
	}
	v.pieceStart, v.pieceAt, v.bound = at, v.used, s.bound(v.run, at)
	s.open.Sessions++
}

// reopen takes back the last piece of v, whose row is or may be stored.
func (s *Sessions) reopen(v *visitor, out *store.Changes) {
	out.Sessions[store.SessionKey{VisitorID: s.idOf(v), Start: v.pieceStart}] = nil
	if v.flags&flagWritten == 0 {
		return
	}
	v.flags &^= flagWritten
	s.visitors.bytes(v)[v.pieceAt] &^= headWritten
	s.load(v)
	s.weigh(s.pieces[len(s.pieces)-1:], +1)
}
