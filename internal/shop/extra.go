package shop

import "globalmart/internal/event"

const (
	// profileSent is the share of the orders after which the customer's profile is
	// sent again.
	profileSent = 0.04
	// adjusted is the share of the deliveries that come with a correction of the
	// stock: something broke, or was found.
	adjusted = 0.05
)

// deliveries emits the stock that has come in.
func (r *run) deliveries() bool {
	for r.stock.coming.ready(r.now) {
		p, quantity := r.stock.deliver()
		if !r.inventory(p, quantity, event.StockRestock) {
			return false
		}
		if r.rng.Float64() < adjusted {
			change := int64(1 + r.rng.IntN(3))
			if r.rng.Float64() < 0.8 {
				change = -change
			}
			r.stock.add(p, change)
			if !r.inventory(p, change, event.StockAdjustment) {
				return false
			}
		}
	}
	return true
}

func (r *run) inventory(p int, delta int64, reason event.StockReason) bool {
	r.stamp(event.TypeInventoryUpdate)
	r.e.ProductID = r.s.catalogue.id(p)
	r.e.Delta = delta
	r.e.StockReason = reason
	return r.emitExtra()
}

// profiles emits the profile of the customer who has just ordered, if it is to
// be sent.
func (r *run) profiles() bool {
	if !r.profiled {
		return true
	}
	o := &r.profile
	at, _ := r.s.population.registered(o.shopper, r.now)
	r.stamp(event.TypeCustomer)
	if r.silent {
		return true
	}
	r.s.describe(o.shopper, &r.e, r.preferences[:0])
	r.preferences = r.e.Preferences
	r.e.UserID = r.ids.id('u', r.s.population.userID(o.shopper))
	r.e.Country = r.s.cfg.Countries[o.country].Code
	r.e.RegisteredAt = at
	return r.emitExtra()
}

// emitExtra emits r.e beside the slots; such events have no faults.
func (r *run) emitExtra() bool {
	if r.silent {
		return true
	}
	return r.emit(Emission{At: r.now, Topic: r.e.Type.Topic(), Key: r.e.Key(), Event: &r.e})
}
