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
		if !ep.stored() {
			if due := ep.lastAt + c.idle; now < due {
				return due, true
			}
			c.weigh(ep, -1)
			ep.flags |= flagStored
			c.write(ep, out)
		}
		switch drop := c.keepUntil(ep); {
		case now < drop:
			return drop, true
		case ep.older != 0: // the oldest goes first
			return now + wheelMS, true
		}
		c.drop(p)
		return 0, false
	})
}

// keepUntil is when no action can belong to ep any more, or has to be numbered
// after it.
func (c *Carts) keepUntil(ep *episode) event.Time {
	return max(ep.lastAt, ep.number) + c.gap + c.horizon + keepSlack
}

// drop removes the oldest episode of its cart.
func (c *Carts) drop(p place) {
	ep := c.slab.at(p)
	packed := c.packedIDs(ep)[:packedLen(ep.codes[0])]
	slot := c.index.find(c.index.hash(packed), func(q place) bool { return c.isOf(q, packed, ep.codes[0]) })
	if newest := c.index.get(slot); newest == p {
		c.index.remove(slot)
	} else {
		c.slab.at(ep.newer).older = 0
		c.slab.at(newest).newer = ep.newer
	}
	c.ids.release(ep.ids, len(c.packedIDs(ep)))
	c.slab.release(p)
}
