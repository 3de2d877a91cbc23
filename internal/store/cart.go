package store

import "globalmart/internal/event"

// CartKey names an episode of a cart: a cart that is cleared, or left alone for
// longer than the rules' episode gap, begins a new one with the next action.
type CartKey struct {
	CartID  string
	Episode event.Time // time of its first action in the order of the log; rises within a cart
}

// Cart is what an episode came to. It is a final: it replaces what was stored
// under its key, but for its order, which comes from [CartOrder] rows.
type Cart struct {
	VisitorID  string // of the first action in the order of the log, as the next two
	UserID     string // "" = nobody known
	Country    string // "" = unknown
	FirstAt    event.Time
	LastAt     event.Time
	CheckoutAt event.Time // the latest; 0 = never
	ClearedAt  event.Time // 0 = never
	Actions    int64
	Quantity   int64       // net units: added less removed
	ValueMinor event.Minor // net: units times unit price, in the reporting currency
}

// CartOrderKey names a completed order that was made of a cart.
type CartOrderKey struct {
	CartID        string
	TransactionID string
}

// CartOrder is that order. Of several events of one order the earliest counts.
// An episode is ordered at the earliest time of an order of its cart that is not
// before FirstAt.
type CartOrder struct {
	At           event.Time
	RevenueMinor event.Minor
}

// CartStatus is what an episode is as of a time.
type CartStatus string

// The statuses. Active: something was done to it within the idle time. Ordered:
// it was ordered before it was idle. Abandoned: not empty, idle, not ordered.
// Recovered: ordered after it was abandoned, within the recovery time. Lost:
// abandoned, and not ordered within the recovery time. Cleared: emptied by its
// shopper and not ordered before.
const (
	CartActive    CartStatus = "active"
	CartOrdered   CartStatus = "ordered"
	CartAbandoned CartStatus = "abandoned"
	CartRecovered CartStatus = "recovered"
	CartLost      CartStatus = "lost"
	CartCleared   CartStatus = "cleared"
)
