package processor

import (
	"encoding/binary"

	"globalmart/internal/event"
)

// touch is one event of a visitor, or the sum of several that can no longer
// change, as far as sessions need it.
type touch struct {
	at, end event.Time // of the first and the last event
	tally
	country [2]byte // what was said of it; zeros = nothing
	device  []byte  // likewise; empty = nothing
	user    []byte
	written bool // of the first touch of a piece: its row is stored
	offset  int  // in the room that it was read from
}

// tally are the measures of a session that add up.
type tally struct {
	events, views, adds, checkouts, orders, units int64
	revenue                                       event.Minor
}

func (t *tally) add(o *tally) {
	t.events += o.events
	t.views += o.views
	t.adds += o.adds
	t.checkouts += o.checkouts
	t.orders += o.orders
	t.units += o.units
	t.revenue += o.revenue
}

// The packed form of a touch is
//
//	head     1 byte   kind, written, and how user and where follow
//	pause    uvarint  since the end of the touch before; of the first one, since
//	                  the start of its run
//	order    units and revenue, uvarints
//	sum      end - at and the tally, uvarints
//	user     text, led by its length
//	where    2 bytes of country, device as text
//
// where what was said last is not repeated: a visitor costs a few bytes an event.
const (
	kindOther uint8 = iota
	kindView
	kindAdd
	kindCheckout
	kindOrder
	kindSum

	headKind    uint8 = 7
	headWritten uint8 = 8
	userShift         = 4
	whereShift        = 6
	modeMask    uint8 = 3
)

// How a touch says something.
const (
	modeNone uint8 = iota // it does not
	modeSame              // as that which said it last
	modeNew               // it follows
)

// kind returns the kind of t.
func (t *touch) kind() uint8 {
	switch {
	case t.events != 1 || t.at != t.end:
		return kindSum
	case t.orders == 1:
		return kindOrder
	case t.views == 1:
		return kindView
	case t.adds == 1:
		return kindAdd
	case t.checkouts == 1:
		return kindCheckout
	}
	return kindOther
}

// said is what was said last, and where in a room that stands; 0 = nowhere.
type said struct {
	user, device    []byte
	country         [2]byte
	userAt, whereAt int
}

// append packs t, that comes after a pause. Offsets in a room are from higher than
// those in b.
func (s *said) append(b []byte, from int, t *touch, pause event.Time) []byte {
	kind, user, where := t.kind(), s.userMode(t), s.whereMode(t)
	head := kind | user<<userShift | where<<whereShift
	if t.written {
		head |= headWritten
	}
	b = append(b, head)
	b = binary.AppendUvarint(b, uint64(pause))
	switch kind {
	case kindOrder:
		b = binary.AppendUvarint(b, uint64(t.units))
		b = binary.AppendUvarint(b, uint64(t.revenue))
	case kindSum:
		b = binary.AppendUvarint(b, uint64(t.end-t.at))
		for _, n := range [...]int64{t.events, t.views, t.adds, t.checkouts, t.orders, t.units, int64(t.revenue)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	if user == modeNew {
		s.user, s.userAt = t.user, from+len(b)
		b = appendText(b, t.user)
	}
	if where == modeNew {
		s.country, s.device, s.whereAt = t.country, t.device, from+len(b)
		b = append(b, t.country[:]...)
		b = appendText(b, t.device)
	}
	return b
}

func (s *said) userMode(t *touch) uint8 {
	switch {
	case len(t.user) == 0:
		return modeNone
	case s.userAt > 0 && string(s.user) == string(t.user):
		return modeSame
	}
	return modeNew
}

func (s *said) whereMode(t *touch) uint8 {
	switch {
	case t.country == [2]byte{} && len(t.device) == 0:
		return modeNone
	case s.whereAt > 0 && s.country == t.country && string(s.device) == string(t.device):
		return modeSame
	}
	return modeNew
}

// unpack appends the touches in a room, of which the last ends at last, to
// touches. It returns the start of the run that the first belongs to, and what
// was said last. The texts share memory with the room.
func unpack(r *stateReader, room []byte, last event.Time, touches []touch) (all []touch, run event.Time, s said) {
	size := len(room)
	r.b = room[idLen(room):]
	lead := event.Time(0)
	end := event.Time(0) // since the first touch
	first := len(touches)
	for len(r.b) > 0 {
		offset := size - len(r.b)
		head := r.b[0]
		r.b = r.b[1:]
		pause := r.span()
		if len(touches) == first {
			lead, pause = pause, 0
		}
		touches = append(touches, touch{at: end + pause, offset: offset, written: head&headWritten != 0})
		t := &touches[len(touches)-1]
		t.read(r, head&headKind)
		s.read(r, t, head, size)
		if end = t.end; end > latest {
			r.fail("a visitor of %d ms", end)
		}
	}
	for i := first; i < len(touches); i++ {
		touches[i].at += last - end
		touches[i].end += last - end
	}
	return touches, last - end - lead, s
}

func (t *touch) read(r *stateReader, kind uint8) {
	t.end, t.events = t.at, 1
	switch kind {
	case kindOther:
	case kindView:
		t.views = 1
	case kindAdd:
		t.adds = 1
	case kindCheckout:
		t.checkouts = 1
	case kindOrder:
		t.orders, t.units, t.revenue = 1, int64(r.uint()), event.Minor(r.uint())
	case kindSum:
		t.end += r.span()
		for _, n := range [...]*int64{&t.events, &t.views, &t.adds, &t.checkouts, &t.orders, &t.units} {
			*n = int64(r.uint())
		}
		t.revenue = event.Minor(r.uint())
	default:
		r.fail("a touch of kind %d", kind)
	}
}

// read reads what t says of user and where. size is that of all the touches.
func (s *said) read(r *stateReader, t *touch, head uint8, size int) {
	switch mode := head >> userShift & modeMask; {
	case mode == modeNew:
		s.userAt = size - len(r.b)
		s.user = r.bytes()
		t.user = s.user
	case mode == modeSame && s.userAt > 0:
		t.user = s.user
	case mode != modeNone:
		r.fail("a touch by the same user as none")
	}
	switch mode := head >> whereShift & modeMask; {
	case mode == modeNew:
		s.whereAt = size - len(r.b)
		s.country = r.country()
		s.device = r.bytes()
		t.country, t.device = s.country, s.device
	case mode == modeSame && s.whereAt > 0:
		t.country, t.device = s.country, s.device
	case mode != modeNone:
		r.fail("a touch at the same place as none")
	}
}

// country reads two bytes.
func (r *stateReader) country() (code [2]byte) {
	if len(r.b) < len(code) {
		r.fail("it ends within a country")
		return code
	}
	code = [2]byte(r.b)
	r.b = r.b[len(code):]
	return code
}
