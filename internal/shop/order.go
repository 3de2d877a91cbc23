package shop

import (
	"math/bits"
	"slices"

	"globalmart/internal/event"
)

// maxLines is how many lines a cart can have. Orders can have more: those that
// follow from the order's number.
const maxLines = 4

// order is all that is needed to write an order's transaction at any time: its
// details follow from its number.
type order struct {
	visit
	number   uint64 // within the run; 0 = none
	cart     uint64 // within the run; 0 = none
	lines    [maxLines]line
	n        uint8 // lines
	anomaly  anomaly
	sequence uint8 // in a burst: 1, 2, ...
}

type line struct {
	product  uint32
	quantity uint16
}

// put adds quantity units of product and reports whether there was room.
func (o *order) put(product uint32, quantity uint16) bool {
	for i := range o.lines[:o.n] {
		if o.lines[i].product == product {
			o.lines[i].quantity += quantity
			return true
		}
	}
	if o.n == maxLines {
		return false
	}
	o.lines[o.n] = line{product, quantity}
	o.n++
	return true
}

// remove takes line i out.
func (o *order) remove(i int) {
	o.n--
	copy(o.lines[i:], o.lines[i+1:])
}

// outcomes are the statuses that an order goes through, and the share of the
// orders that do.
var outcomes = [...]struct {
	share    float64
	statuses []event.Status
}{
	{0.86, []event.Status{event.StatusCompleted}},
	{0.03, []event.Status{event.StatusFailed, event.StatusCompleted}},
	{0.02, []event.Status{event.StatusFailed}},
	{0.07, []event.Status{event.StatusPending, event.StatusCompleted}},
	{0.02, []event.Status{event.StatusPending, event.StatusCancelled}},
}

func (r *run) outcome(o *order) []event.Status {
	if o.anomaly != normalOrder {
		return outcomes[0].statuses
	}
	u := unit(hash(r.orderKey^forOrder, o.number))
	for _, outcome := range outcomes {
		if u < outcome.share {
			return outcome.statuses
		}
		u -= outcome.share
	}
	return outcomes[0].statuses
}

// buyNow fills o with the product of rank and what goes with it.
func (r *run) buyNow(o *order, rank int) {
	c := r.s.catalogue
	d := dice(hash(r.orderKey, o.number))
	o.n = 0
	o.put(uint32(c.product(rank)), drawQuantity(&d))
	if d.chance(0.25) {
		o.put(uint32(c.product(c.companion(rank))), 1)
	}
	for o.n < maxLines && d.chance(0.15) {
		o.put(uint32(c.product(c.popularity.pick(d.next()))), drawQuantity(&d))
	}
}

// drawQuantity returns the units of a line: 1 in eight cases of ten.
func drawQuantity(d *dice) uint16 {
	switch u := d.float(); {
	case u < 0.80:
		return 1
	case u < 0.93:
		return 2
	case u < 0.97:
		return 3
	default:
		return uint16(4 + d.below(3))
	}
}

// big is the share of orders that are far longer than a cart.
const big = 0.005

// invoice writes the lines and amounts of o into r.e. The same order gives the
// same invoice at any time.
func (r *run) invoice(o *order) {
	e, c := &r.e, r.s.catalogue
	country := &r.s.cfg.Countries[o.country]
	d := dice(hash(r.orderKey^forCart, o.number))
	e.Items = r.items[:0]
	for _, l := range o.lines[:o.n] {
		e.Items = append(e.Items, r.item(o, int(l.product), int64(l.quantity), &d))
	}
	if d.chance(big) {
		for range 4 + d.below(36) {
			if p := c.product(c.popularity.pick(d.next())); !has(e.Items, c.id(p)) {
				e.Items = append(e.Items, r.item(o, p, 1, &d))
			}
		}
	}
	r.items = e.Items
	r.exaggerate(o, &d)
	for i := range e.Items {
		e.SubtotalMinor += e.Items[i].AmountMinor
	}
	if d.chance(0.1) {
		e.DiscountMinor = mulDiv(e.SubtotalMinor, event.Minor(5*(1+d.below(3))), 100)
	}
	goods := e.SubtotalMinor - e.DiscountMinor
	if goods < country.FreeShippingFromMinor {
		e.ShippingMinor = country.ShippingMinor
	}
	e.TaxMinor = mulDiv(goods, event.Minor(country.TaxBasisPoints), 10_000)
	e.TotalMinor = goods + e.ShippingMinor + e.TaxMinor
	e.Currency = country.Currency
	e.BaseTotalMinor = r.base(e.TotalMinor, country.Currency)
	r.share(r.base(goods, country.Currency), e.Items)
}

func (r *run) item(o *order, product int, quantity int64, d *dice) event.Item {
	it := event.Item{
		ProductID:      r.s.catalogue.id(product),
		Category:       r.s.catalogue.categoryOf(product),
		Quantity:       quantity,
		UnitPriceMinor: r.s.localPrice(product, o.country),
	}
	full := it.UnitPriceMinor * event.Minor(quantity)
	if d.chance(0.12) {
		it.DiscountMinor = mulDiv(full, event.Minor(5*(2+d.below(4))), 100)
	}
	it.AmountMinor = full - it.DiscountMinor
	return it
}

// share splits base over the items' BaseAmountMinor in proportion to their
// amounts.
func (r *run) share(base event.Minor, items []event.Item) {
	r.weights = r.weights[:0]
	for i := range items {
		r.weights = append(r.weights, items[i].AmountMinor)
	}
	r.parts = slices.Grow(r.parts[:0], len(items))[:len(items)]
	event.Share(base, r.weights, r.parts)
	for i := range items {
		items[i].BaseAmountMinor = r.parts[i]
	}
}

func has(items []event.Item, product string) bool {
	for i := range items {
		if items[i].ProductID == product {
			return true
		}
	}
	return false
}

// base converts to the reporting currency; Config.Validate has seen that there
// is a rate.
func (r *run) base(minor event.Minor, currency string) event.Minor {
	base, _ := r.s.cfg.Convert(minor, currency)
	return base
}

// mulDiv returns a*b/c cut to a whole number, without overflow; none is
// negative and b is at most c.
func mulDiv(a, b, c event.Minor) event.Minor {
	if c == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return event.Minor(q)
}
