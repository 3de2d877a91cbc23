// Package lookup is what can be asked of the lake about single orders and shoppers.
//
// Answers are of what has arrived: a record is in the lake once its file is, some
// minutes after it was sent. An event that arrives more than [Late] after it happened
// is not found; the sums of the warehouse have it. Each event counts once, however
// often it was sent, the one that was received first.
package lookup

import (
	"errors"
	"time"

	"globalmart/internal/event"
)

// Late is how long after it happened an event is looked for.
const Late = 48 * time.Hour

// ErrNotFound reports that nothing in the lake has that name.
var ErrNotFound = errors.New("not in the lake")

// Found is rows, and how far the lake they were found in goes.
type Found[T any] struct {
	AsOf event.Time // arrival of the newest record of the lake's topic; 0 without one
	Rows []T
}

// OrderQuery selects orders and refunds, the newest first.
type OrderQuery struct {
	From, To  event.Time   // that happened within [From, To)
	Countries []string     // of one of them; none = all
	Status    event.Status // "" = all, as the next ones
	Payment   string
	ProductID string // with a line of it
	UserID    string
	Before    Place // the last one of the page before; zero = from the newest
	Limit     int   // at most; above 0
}

// Place is a place in a list by time.
type Place struct {
	At      event.Time
	EventID string
}

// Order is what an event said of an order: that it was completed, failed and so on, or
// a refund of it. Amounts are in Currency, base amounts in the reporting currency.
type Order struct {
	EventID        string
	TransactionID  string
	RefundID       string // "" = not a refund
	Status         event.Status
	At             event.Time
	ReceivedAt     event.Time
	VisitorID      string
	UserID         string // "" = not known, as the next four
	Country        string
	Device         string
	Payment        string
	CartID         string
	Currency       string
	SubtotalMinor  event.Minor
	DiscountMinor  event.Minor
	ShippingMinor  event.Minor
	TaxMinor       event.Minor
	TotalMinor     event.Minor
	BaseTotalMinor event.Minor
	LineCount      int64
	Units          int64
	Lines          []Line // of a single order only
}

// Place is where o is in the list.
func (o *Order) Place() Place { return Place{o.At, o.EventID} }

// Line is a line of an order.
type Line struct {
	ProductID       string
	Category        string // "" = not said
	Quantity        int64
	UnitPriceMinor  event.Minor
	DiscountMinor   event.Minor
	AmountMinor     event.Minor // after the discount
	BaseAmountMinor event.Minor
}

// TimelineQuery selects what a customer did, the newest first.
type TimelineQuery struct {
	UserID   string
	From, To event.Time // that happened within [From, To)
	Before   Place
	Limit    int // at most; above 0
}

// Activity is one thing that a customer did.
type Activity struct {
	EventID        string
	Type           event.Type
	At             event.Time
	VisitorID      string
	Country        string // "" = not known, as what follows where it does not belong to the type
	Device         string
	ProductID      string // of a view or an action on a cart
	Category       string
	CartID         string
	Action         string // on a cart
	Quantity       int64  // of a cart's action
	TransactionID  string
	RefundID       string
	Status         event.Status
	BaseTotalMinor event.Minor // of an order or a refund
}

// Place is where a is in the list.
func (a *Activity) Place() Place { return Place{a.At, a.EventID} }
