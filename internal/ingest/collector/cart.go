package collector

import "globalmart/internal/event"

// cartEvents are the events of carts.
var cartEvents = map[string]fill{
	"Product Added":                  changed(event.ActionAdd),
	"Added Product":                  changed(event.ActionAdd),
	"Wishlist Product Added to Cart": changed(event.ActionAdd),
	"Product Removed":                changed(event.ActionRemove),
	"Removed Product":                changed(event.ActionRemove),
	"Cart Viewed":                    cartViewed,
	"Checkout Started":               checkout,
	"Started Order":                  checkout,
}

func changed(a event.Action) fill {
	return func(t *intake, m *message, e *event.Event) {
		act(m, e, a)
		t.product(m.properties, e)
		e.Quantity = count(m.properties.member("quantity"))
	}
}

// cartViewed is an update that changes nothing: the cart is in use. An empty cart has no
// product to name, and is none of ours.
func cartViewed(_ *intake, m *message, e *event.Event) {
	for p := range m.properties.member("products").elements() {
		act(m, e, event.ActionUpdate)
		e.ProductID, e.Category = productID(p), category(p)
		return
	}
}

func checkout(_ *intake, m *message, e *event.Event) { act(m, e, event.ActionCheckout) }

func act(m *message, e *event.Event, a event.Action) {
	e.Type, e.Action, e.CartID = event.TypeCartEvent, a, cartID(m, e)
}

// cartID is the cart that the message names, else the one of its visitor: who names none
// has one.
func cartID(m *message, e *event.Event) string {
	if id := first(m.properties, "cart_id"); id != "" || e.VisitorID == "" {
		return id
	}
	return "of:" + e.VisitorID
}
