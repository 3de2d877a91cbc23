package processor

import (
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Tick writes the episodes that nothing was done to for the idle time and drops
// those that no action can change any more.
func (c *Carts) Tick(now event.Time, out *store.Changes) {
	c.wheel.turn(now, func(p place) (again event.Time, keep bool) {
		ep := c.slab.at(p)
		if ep.flags&flagGone != 0 {
			c.free(p)
			return 0, false
		}
		if due := ep.lastAt + c.idle; !ep.stored() && now < due {
			return due, true
		}
		c.settle(ep, out)
		switch drop := c.keepUntil(ep) + keepSlack; {
		case now < drop:
			return drop, true
		case ep.older != 0: // the oldest goes first, see forget
			return now + wheelMS, true
		}
		c.drop(p)
		return 0, false
	})
}

// settle writes ep if no row of it is stored.
func (c *Carts) settle(ep *episode, out *store.Changes) {
	if ep.stored() {
		return
	}
	c.weigh(ep, -1)
	ep.flags |= flagStored
	c.write(ep, out)
}

// keepUntil is the record time from which on no action can belong to ep, or has
// to be numbered after it, but one that was mended.
func (c *Carts) keepUntil(ep *episode) event.Time {
	return max(ep.lastAt, ep.number) + c.gap + c.horizon
}

// forget takes leave of the episodes of a cart that an action taken at a record
// time cannot belong to, the oldest first, and returns the newest one or 0 if
// none is left. A tick has dropped them by then, or has not: with this it makes
// no difference.
func (c *Carts) forget(newest place, received event.Time, out *store.Changes) place {
	for newest != 0 {
		oldest := c.slab.at(newest).newer
		ep := c.slab.at(oldest)
		if received < c.keepUntil(ep) {
			break
		}
		c.settle(ep, out)
		ep.flags |= flagGone
		if oldest == newest {
			return 0
		}
		c.unlink(oldest, newest)
	}
	return newest
}

// unlink takes the oldest of at least two episodes out of those of its cart.
func (c *Carts) unlink(oldest, newest place) {
	next := c.slab.at(oldest).newer
	c.slab.at(next).older = 0
	c.slab.at(newest).newer = next
}

// drop removes the oldest episode of its cart.
func (c *Carts) drop(p place) {
	ep := c.slab.at(p)
	packed := c.packedIDs(ep)[:packedLen(ep.codes[0])]
	slot := c.index.find(c.index.hash(packed), func(q place) bool { return c.isOf(q, packed, ep.codes[0]) })
	if newest := c.index.get(slot); newest == p {
		c.index.remove(slot)
	} else {
		c.unlink(p, newest)
	}
	c.free(p)
}

func (c *Carts) free(p place) {
	ep := c.slab.at(p)
	c.ids.release(ep.ids, len(c.packedIDs(ep)))
	c.slab.release(p)
}
