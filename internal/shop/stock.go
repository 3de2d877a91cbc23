package shop

import (
	"math"
	"time"

	"globalmart/internal/event"
)

const (
	mostStock = 1_000_000_000
	// scarce products start with hours of stock instead of days, so that a shop
	// that has just opened has something to reorder.
	scarce = 0.03
)

// initialStock returns the units of p at the start: the expected demand of some
// days.
func (c *catalogue) initialStock(p int) int32 {
	d := dice(hash(c.key^forStock, uint64(p)))
	days := 3 + 27*d.float()
	if d.chance(scarce) {
		days = 0.02 + 0.2*d.float()
	}
	return units(float64(c.daily[p])*days) + 3 + int32(d.below(20))
}

// reorderPoint is the stock of p below which more is ordered: the expected
// demand of an hour up to a day. Where it is less than the delivery takes, the
// product sells out now and then.
func (c *catalogue) reorderPoint(p int) int32 {
	days := 0.04 + 0.96*unit(hash(c.key^forOrder, uint64(p)))
	return units(float64(c.daily[p])*days) + 3
}

func units(n float64) int32 { return int32(min(math.Ceil(n), mostStock)) }

// warehouse is the stock of every product as the shop sees it.
type warehouse struct {
	catalogue *catalogue
	onHand    []int32
	onOrder   []bool
	coming    queue // deliveries; ref is the product
	key       uint64
	orders    uint64
}

func newWarehouse(c *catalogue, key uint64) *warehouse {
	w := &warehouse{
		catalogue: c,
		onHand:    make([]int32, len(c.price)),
		onOrder:   make([]bool, len(c.price)),
		key:       derive(key, forStock),
	}
	for p := range w.onHand {
		w.onHand[p] = c.initialStock(p)
	}
	return w
}

// sell takes quantity units of p away and orders more when few are left. Stock
// may fall below zero: the shop has sold what it does not have.
func (w *warehouse) sell(p int, quantity int64, now event.Time) {
	w.add(p, -quantity)
	if w.onOrder[p] || w.onHand[p] >= w.catalogue.reorderPoint(p) {
		return
	}
	w.onOrder[p] = true
	w.orders++
	d := dice(hash(w.key, w.orders))
	lead := 10*time.Minute + time.Duration(d.float()*float64(4*time.Hour))
	w.coming.push(now.Add(lead), uint32(p))
}

func (w *warehouse) add(p int, quantity int64) {
	w.onHand[p] = int32(min(max(int64(w.onHand[p])+quantity, -mostStock), 2*mostStock))
}

// deliver takes in the next delivery, which must be due, and returns what came.
func (w *warehouse) deliver() (p int, quantity int64) {
	p = int(w.coming.pop().ref)
	w.onOrder[p] = false
	d := dice(hash(w.key^forStock, uint64(p)+w.orders))
	missing := max(0, -int64(w.onHand[p]))
	quantity = missing + int64(units(float64(w.catalogue.daily[p])*(3+11*d.float()))) + 10
	w.add(p, quantity)
	return p, quantity
}
