package store

import "globalmart/internal/event"

// The rows of a [View]. A key has one row, except where it is said otherwise.

// StockRow is the stock of a product. An adapter may keep several rows of one
// product: its stock is their sum.
type StockRow struct {
	ProductID string
	Stock     Stock
}

// SessionRow is a session that is at rest.
type SessionRow struct {
	Key     SessionKey
	Session Session
}

// CartRow is an episode of a cart with its order.
type CartRow struct {
	Key       CartKey
	Cart      Cart
	OrderedAt event.Time // see CartOrder; 0 = never
}

// CartOrderRow is an order that was made of a cart.
type CartOrderRow struct {
	Key   CartOrderKey
	Order CartOrder
}

// BaselineRow is a baseline.
type BaselineRow struct {
	Key      BaselineKey
	Baseline Baseline
}

// OpenRow is what is open in the shopping task of a partition.
type OpenRow struct {
	Partition int32
	Open      Open
}
