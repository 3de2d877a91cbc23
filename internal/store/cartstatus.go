package store

import (
	"time"

	"globalmart/internal/event"
)

// Status returns what an episode is as of a time, by the idle and the recovery
// time of the rules. orderedAt is the time of its order as [CartOrder] has it, 0
// if there is none; what is dated after asOf has not happened yet. Nothing about
// it is final: an order that is taken late, up to the horizon of the stream,
// takes an abandonment back.
//
//	cleared    emptied by a clear, and not ordered until then
//	ordered    less than idle after the last action
//	active     the last action is less than idle ago
//	cleared    no units are left in it: removed one by one
//	recovered  ordered idle or more after the last action, at most recovery
//	abandoned  the last action is at most recovery ago
//	lost
//
// The first line that holds counts. So one that was cleared after its order is
// ordered, and one that was ordered after it was lost stays lost.
func (c *Cart) Status(orderedAt, asOf event.Time, idle, recovery time.Duration) CartStatus {
	ordered := orderedAt != 0 && orderedAt <= asOf
	abandonedAt, lostAfter := c.LastAt.Add(idle), c.LastAt.Add(recovery)
	switch {
	case c.ClearedAt != 0 && c.ClearedAt <= asOf && (!ordered || orderedAt > c.ClearedAt):
		return CartCleared
	case ordered && orderedAt < abandonedAt:
		return CartOrdered
	case asOf < abandonedAt:
		return CartActive
	case c.Quantity <= 0:
		return CartCleared
	case ordered && orderedAt <= lostAfter:
		return CartRecovered
	case asOf <= lostAfter:
		return CartAbandoned
	}
	return CartLost
}

// AtRisk is what an episode of a status adds to the value at risk: what is left
// in abandoned carts and may still be bought. Active carts are not at risk yet,
// lost ones no longer, and a cart that more was taken out of than put in is worth
// nothing.
func (c *Cart) AtRisk(s CartStatus) event.Minor {
	if s != CartAbandoned {
		return 0
	}
	return max(c.ValueMinor, 0)
}

// CartShares are the numbers of carts that rates are made of. Counted over all
// episodes they give the rates by cart, counted over those with a checkout the
// rates by checkout: of those who set out to pay, how many did not.
type CartShares struct {
	Settled   int64 // ordered, abandoned, recovered or lost: what was going to be bought or left
	Bought    int64 // of them, ordered or recovered
	Left      int64 // of them, abandoned at some time: abandoned, recovered or lost
	Recovered int64 // of those, ordered after all
}

// Add counts n episodes of a status. Active ones are nobody's success or failure
// yet. Cleared ones are neither: who takes everything out has decided, which is
// not what a reminder is for.
func (s *CartShares) Add(status CartStatus, n int64) {
	switch status {
	case CartOrdered:
		s.Bought += n
	case CartRecovered:
		s.Bought += n
		s.Left += n
		s.Recovered += n
	case CartAbandoned, CartLost:
		s.Left += n
	case CartActive, CartCleared:
		return
	}
	s.Settled += n
}

// Abandonment is the abandonment rate, 1 - purchases / carts: the share of carts
// that were not bought until now. That is the usual definition (Baymard
// Institute, Cart Abandonment Rate Statistics; 2Checkout, eCommerce Glossary),
// by which published rates are about 0.7, less the carts that are active or
// cleared. It is 0 without carts.
func (s CartShares) Abandonment() float64 { return share(s.Settled-s.Bought, s.Settled) }

// Recovery is the recovery rate: the share of carts abandoned at some time that
// were ordered after all, within the recovery time. It is 0 without such carts.
func (s CartShares) Recovery() float64 { return share(s.Recovered, s.Left) }

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
