package model

import (
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Carts are the episodes of carts, and the orders that were made of them. Actions
// of one cart have to be added in the order of the log.
type Carts struct {
	Episodes map[string]*Episodes // by cart_id
	Orders   map[store.CartOrderKey]store.CartOrder
}

// Episodes are those of one cart, in the order in which they began.
type Episodes []Episode

// Episode is one of a cart.
type Episode struct {
	Number   event.Time
	Cart     store.Cart
	Received event.Time // newest arrival of its actions
}

func newCarts() Carts {
	return Carts{Episodes: map[string]*Episodes{}, Orders: map[store.CartOrderKey]store.CartOrder{}}
}

// act adds an action on a cart.
func (c Carts) act(e *event.Event, r rules.Cart) {
	at := e.Time()
	cart := c.of(e.CartID)
	episodes := *cart
	n := len(episodes) - 1
	if n < 0 || begins(&episodes[n].Cart, at, milliseconds(r.Episode)) {
		number := at
		if n >= 0 {
			number = max(at, episodes[n].Number+1)
		}
		episodes = append(episodes, Episode{Number: number, Cart: store.Cart{
			VisitorID: strings.Clone(e.VisitorID), UserID: strings.Clone(e.UserID), Country: strings.Clone(e.Country), FirstAt: at, LastAt: at,
		}})
		n++
		*cart = episodes
	} else {
		for n > 0 && at <= episodes[n-1].Cart.ClearedAt {
			n--
		}
	}
	episodes[n].Received = max(episodes[n].Received, e.ReceivedAt)
	add(&episodes[n].Cart, e, at)
}

// of returns the episodes of a cart.
func (c Carts) of(id string) *Episodes {
	have := c.Episodes[id]
	if have == nil {
		have = &Episodes{}
		c.Episodes[strings.Clone(id)] = have
	}
	return have
}

// begins reports whether an action at a time begins a new episode after c.
func begins(c *store.Cart, at, gap event.Time) bool {
	return c.ClearedAt != 0 && at > c.ClearedAt || at > c.LastAt+gap
}

func add(c *store.Cart, e *event.Event, at event.Time) {
	c.FirstAt, c.LastAt = min(c.FirstAt, at), max(c.LastAt, at)
	c.Actions++
	units := e.Quantity
	switch e.Action {
	case event.ActionCheckout:
		c.CheckoutAt = max(c.CheckoutAt, at)
		units = 0
	case event.ActionClear:
		c.ClearedAt = max(c.ClearedAt, at)
		units = 0
	case event.ActionRemove:
		units = -units
	case event.ActionAdd, event.ActionUpdate:
	}
	c.Quantity += units
	const most = float64(event.MaxAmount) // of one action; floats are exact up to it
	c.ValueMinor += event.Minor(max(-most, min(most, float64(units)*float64(e.UnitPriceMinor))))
}

// order adds a completed order.
func (c Carts) order(e *event.Event) {
	k := store.CartOrderKey{CartID: strings.Clone(e.CartID), TransactionID: strings.Clone(e.TransactionID)}
	o := store.CartOrder{At: e.Time()}
	for _, item := range e.Items {
		o.RevenueMinor += item.BaseAmountMinor
	}
	c.put(k, o)
}

func (c Carts) put(k store.CartOrderKey, o store.CartOrder) {
	if have, ok := c.Orders[k]; !ok || o.At < have.At || o.At == have.At && o.RevenueMinor < have.RevenueMinor {
		c.Orders[k] = o
	}
}

// merge adds the carts of other partitions, whose ids are others; orders may be of
// the same.
func (c Carts) merge(o Carts) {
	for id, episodes := range o.Episodes {
		have := c.of(id)
		*have = append(*have, *episodes...)
	}
	for k, order := range o.Orders {
		c.put(k, order)
	}
}
