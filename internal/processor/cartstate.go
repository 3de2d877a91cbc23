package processor

import (
	"encoding/binary"
	"math"

	"globalmart/internal/event"
)

// cartState is the version of the form in which Carts is kept.
const cartState = 1

// Snapshot appends the state to b: its version and the number of carts; of each
// its id and its episodes, the oldest first. Times are relative to each other.
func (c *Carts) Snapshot(b []byte) []byte {
	b = append(b, cartState)
	b = binary.AppendUvarint(b, uint64(c.index.used))
	for p := place(1); p < c.slab.used; p++ {
		if ep := c.slab.at(p); ep.actions > 0 && ep.older == 0 {
			b = c.appendCart(b, ep)
		}
	}
	return b
}

// appendCart appends the cart whose oldest episode is given.
func (c *Carts) appendCart(b []byte, ep *episode) []byte {
	b = append(b, ep.codes[0])
	b = append(b, c.packedIDs(ep)[:packedLen(ep.codes[0])]...)
	for {
		next := c.slab.at(ep.newer)
		if next.older == 0 { // it is the oldest again
			return c.appendEpisode(b, ep, 0)
		}
		b = c.appendEpisode(b, ep, moreFollow)
		ep = next
	}
}

// moreFollow is a flag of the snapshot: the cart has another episode.
const moreFollow uint8 = 2

func (c *Carts) appendEpisode(b []byte, ep *episode, more uint8) []byte {
	packed := c.packedIDs(ep)
	b = append(b, ep.flags|more, ep.codes[1], ep.codes[2], ep.country[0], ep.country[1])
	b = append(b, packed[packedLen(ep.codes[0]):]...)
	b = binary.AppendVarint(b, int64(ep.number))
	b = binary.AppendVarint(b, int64(ep.firstAt-ep.number))
	b = binary.AppendUvarint(b, uint64(ep.lastAt-ep.firstAt))
	b = appendWithin(b, ep.firstAt, ep.checkoutAt)
	b = appendWithin(b, ep.firstAt, ep.clearedAt)
	b = binary.AppendVarint(b, ep.quantity)
	b = binary.AppendVarint(b, int64(ep.value))
	return binary.AppendUvarint(b, uint64(ep.actions))
}

// appendWithin appends a time from first on, or 0.
func appendWithin(b []byte, first, at event.Time) []byte {
	if at == 0 {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(at-first)+1)
}

// Restore replaces the state by one that was kept under the same rules. If it is
// damaged, what there is afterwards is of no use.
func (c *Carts) Restore(b []byte) error {
	c.reset()
	r := &stateReader{b: b}
	if len(b) == 0 || b[0] != cartState {
		r.fail("it is not one of carts in form %d", cartState)
		return r.err
	}
	r.b = b[1:]
	for n := r.count(1); n > 0 && r.err == nil; n-- {
		c.readCart(r)
	}
	return r.end()
}

// readCart reads what appendCart wrote.
func (c *Carts) readCart(r *stateReader) {
	code := r.byte()
	id := r.packedID(code, event.MaxIDLength)
	slot := c.index.find(c.index.hash(id), func(p place) bool { return c.isOf(p, id, code) })
	if code == 0 || c.index.get(slot) != 0 {
		r.fail("a cart has no id, or that of another one")
	}
	newest := place(0)
	for more := true; more && r.err == nil; {
		c.packed = append(c.packed[:0], id...)
		newest, more = c.readEpisode(r, code, newest)
	}
	if r.err == nil {
		c.index.put(slot, c.index.hash(id), newest)
	}
}

// readEpisode reads what appendEpisode wrote: an episode of the cart whose id is
// in c.packed and whose newest one so far is given.
func (c *Carts) readEpisode(r *stateReader, code uint8, newest place) (p place, more bool) {
	flags, visitor, user := r.byte(), r.byte(), r.byte()
	ep := episode{flags: flags & flagStored, codes: [...]uint8{code, visitor, user}, country: [...]byte{r.byte(), r.byte()}}
	c.packed = append(c.packed, r.packedID(visitor, event.MaxVisitorID)...)
	c.packed = append(c.packed, r.packedID(user, event.MaxIDLength)...)
	ep.number = r.time()
	ep.firstAt = ep.number + r.time()
	ep.lastAt = ep.firstAt + r.span()
	ep.checkoutAt, ep.clearedAt = r.within(ep.firstAt), r.within(ep.firstAt)
	ep.quantity, ep.value = r.int(), event.Minor(r.int())
	actions := r.uint()
	ep.actions = uint32(actions)
	ordered := newest == 0 || c.slab.at(newest).number < ep.number
	if flags&^(flagStored|moreFollow) != 0 || actions == 0 || actions > math.MaxUint32 || !ordered || !ep.sound() {
		r.fail("an episode contradicts itself")
	}
	if r.err != nil {
		return 0, false
	}
	p = c.add(&ep, newest)
	c.weigh(&ep, +1)
	c.wheel.add(ep.lastAt+c.idle, p)
	return p, flags&moreFollow != 0
}

// sound reports whether the times of ep are in their order.
func (ep *episode) sound() bool {
	return ep.number > 0 && ep.firstAt > 0 && ep.checkoutAt <= ep.lastAt && ep.clearedAt <= ep.lastAt
}

// latest bounds the times of a state, so that they can be added to.
const latest = 1 << 50

func (r *stateReader) time() event.Time {
	at := r.int()
	if at < -latest || at > latest {
		r.fail("a time is out of range")
		return 0
	}
	return event.Time(at)
}

func (r *stateReader) span() event.Time {
	at := r.uint()
	if at > latest {
		r.fail("a time is out of range")
		return 0
	}
	return event.Time(at)
}

// within reads what appendWithin wrote.
func (r *stateReader) within(first event.Time) event.Time {
	if span := r.span(); span > 0 {
		return first + span - 1
	}
	return 0
}

// take reads n bytes, which share memory with the state.
func (r *stateReader) take(n int) []byte {
	if n > len(r.b) {
		r.fail("it ends within a text")
		return nil
	}
	text := r.b[:n]
	r.b = r.b[n:]
	return text
}

func (r *stateReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// packedID reads the packed form of an id with a code, of at most most bytes.
func (r *stateReader) packedID(code uint8, most int) []byte {
	packed := r.take(packedLen(code))
	if code == uuidCode {
		return packed
	}
	if _, _, ok := event.ParseUUID(string(packed)); ok || int(code) > most {
		r.fail("an id is not in its packed form")
	}
	return packed
}
