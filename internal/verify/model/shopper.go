package model

import (
	"hash/fnv"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

// Shoppers are the visitors and the carts of applied events. Unlike tables they
// grow with every event, so a big log is sampled.
type Shoppers struct {
	Visitors Visitors
	Carts    Carts

	// OneIn keeps one in so many visitors and carts, always the same ones; 0 and 1
	// are all.
	OneIn uint64

	rules rules.Rules
	names map[string]string // countries and devices
}

// NewShoppers returns none.
func NewShoppers(r rules.Rules) Shoppers {
	return Shoppers{Visitors: Visitors{}, Carts: newCarts(), rules: r, names: map[string]string{}}
}

// Keeps reports whether a visitor or a cart of this name is followed.
func (s *Shoppers) Keeps(name string) bool { return oneIn(s.OneIn, name) }

// oneIn reports whether a name is among one in n, always the same ones; 0 and 1
// are all.
func oneIn(n uint64, name string) bool {
	if n <= 1 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()%n == 0
}

// follow adds e to its visitor and its cart.
func (s *Shoppers) follow(e *event.Event) {
	// What came later than the horizon is applied only if it was mended by hand; it
	// belongs to no session and to no cart, for their time is over.
	mended := e.Time() < e.ReceivedAt-milliseconds(s.rules.Stream.Horizon)
	if e.VisitorID != "" && !mended && s.Keeps(e.VisitorID) {
		s.Visitors.add(e.VisitorID, touchOf(e, s.names))
	}
	if e.CartID == "" || !s.Keeps(e.CartID) {
		return
	}
	if e.Type == event.TypeCartEvent {
		if !mended {
			s.Carts.act(e, s.rules.Cart)
		}
	} else if e.Status == event.StatusCompleted {
		s.Carts.order(e)
	}
}

// Merge adds what other topic-partitions say. o stays as it is.
func (s *Shoppers) Merge(o *Shoppers) {
	for id, v := range o.Visitors {
		s.Visitors.add(id, v.touches...)
	}
	s.Carts.merge(o.Carts)
}
