package store

import (
	"math"
	"time"

	"globalmart/internal/event"
)

// Lists come in pages: a query names the last row of the page before, and the
// zero value of that is the first page. Rows that change their place while
// pages are turned may be missed or seen twice.

// StockQuery selects products, the least on hand first.
type StockQuery struct {
	Most  *int64     // on hand, at most; nil = any
	After StockPlace // the last one of the page before; zero = from the least
	Limit int        // at most; above 0
}

// StockPlace is a place in the list of products by what is on hand.
type StockPlace struct {
	OnHand    int64
	ProductID string // "" only in the zero value
}

// StockItem is the stock of a product, and what the catalogue says of it.
type StockItem struct {
	ProductID string
	Stock     Stock
	Name      string // "" = not in the catalogue, as the next one
	Category  string
}

// Place is where i is in the list.
func (i *StockItem) Place() StockPlace {
	return StockPlace{OnHand: i.Stock.OnHand(), ProductID: i.ProductID}
}

// RiskQuery selects products whose demand is known and above 0, those that last the
// shortest time first.
type RiskQuery struct {
	Category string    // "" = all
	After    RiskPlace // the last one of the page before; zero = from the first
	Limit    int       // at most; above 0
}

// RiskPlace is a place in the list of products by how long their stock lasts.
type RiskPlace struct {
	CoverMilli int64
	ProductID  string // "" only in the zero value
}

// RiskItem is a product, its stock and how it sells.
type RiskItem struct {
	StockItem
	MeanMilli int64 // units sold a day, thousandths
	Low       int64 // reorder point, units
	Critical  int64 // units
}

// CoverMilli is how long the stock lasts at that rate, in thousandths of a day; below
// 0 where more was sold than there was.
func (i *RiskItem) CoverMilli() int64 { return i.Stock.OnHand() * 1_000_000 / i.MeanMilli }

// Place is where i is in the list.
func (i *RiskItem) Place() RiskPlace {
	return RiskPlace{CoverMilli: i.CoverMilli(), ProductID: i.ProductID}
}

// StockTotals is the stock of all products.
type StockTotals struct {
	Products int64 // that anything is known of
	Out      int64 // of them, counted before, and with nothing on hand, or less
	Oversold int64 // of those, with less than nothing
	Stock    Stock // the sums
}

// SessionQuery selects sessions that are at rest, those that began last first.
type SessionQuery struct {
	From, To event.Time // starts within [From, To); To 0 = no end
	Before   SessionKey // the last one of the page before; zero = from the newest
	Limit    int        // at most; above 0
}

// SessionTotals are sums over sessions.
type SessionTotals struct {
	Sessions     int64
	Events       int64
	Views        int64 // product views
	Orders       int64 // completed
	Units        int64 // of completed orders
	RevenueMinor event.Minor
	Duration     time.Duration // first to last event, over all sessions
	Bounced      int64         // sessions of one event

	// The open funnel: sessions that did a step, see [Session.Did].
	WithView     int64
	WithAdd      int64
	WithCheckout int64
	WithOrder    int64

	// The closed funnel: sessions that reached a step, see [Session.Reached]; the
	// first one is WithView.
	ReachedAdd      int64
	ReachedCheckout int64
	ReachedOrder    int64
}

// CartQuery selects carts, those that something was done to last first.
type CartQuery struct {
	CartScope
	Status CartStatus // "" = all
	Before CartPlace  // the last one of the page before; zero = from the newest
	Limit  int        // at most; above 0
}

// CartScope says which carts are looked at, and when and by which rules their
// status is.
type CartScope struct {
	From, To event.Time // last actions within [From, To); To 0 = no end
	Country  string     // "" = all
	AsOf     event.Time
	Idle     time.Duration // as in the rules
	Recovery time.Duration // as in the rules
}

// CartPlace is a place in the list of carts by their last action.
type CartPlace struct {
	LastAt event.Time
	Key    CartKey
}

// Place is where r is in the list.
func (r *CartRow) Place() CartPlace { return CartPlace{LastAt: r.Cart.LastAt, Key: r.Key} }

// CartTotals are the carts of one status. A cart that more was taken out of than
// put in is worth nothing.
type CartTotals struct {
	Carts      int64
	CheckedOut int64 // of them, with a checkout until the time of the status
	Quantity   int64 // units
	ValueMinor event.Minor
}

// FindingQuery selects findings, those of the newest orders first.
type FindingQuery struct {
	From, To  event.Time // orders within [From, To); To 0 = no end
	Rule      Rule       // "" = all, as the next three
	Country   string
	Category  string
	VisitorID string
	Before    FindingPlace // the last one of the page before; zero = from the newest
	Limit     int          // at most; above 0
}

// FindingPlace is a place in the list of findings by the time of the order.
type FindingPlace struct {
	At  event.Time
	Key FindingKey
}

// Place is where r is in the list.
func (r *FindingRow) Place() FindingPlace { return FindingPlace{At: r.Finding.At, Key: r.Key} }

// DeadLetterQuery selects dead letters, those of the newest records first.
type DeadLetterQuery struct {
	Topic  string           // of the record that was refused; "" = all
	Reason event.Reason     // "" = all
	Before *DeadLetterPlace // the last one of the page before; nil = from the newest
	Limit  int              // at most; above 0
}

// DeadLetterPlace is a place in the list of dead letters by time.
type DeadLetterPlace struct {
	Time      event.Time
	Topic     string
	Partition int32
	Offset    int64
}

// Place is where d is in the list.
func (d *DeadLetter) Place() DeadLetterPlace {
	return DeadLetterPlace{Time: d.Time, Topic: d.Topic, Partition: d.Partition, Offset: d.Offset}
}

// Start is the place that the page of q begins after.
func (q *DeadLetterQuery) Start() DeadLetterPlace {
	if q.Before == nil {
		return DeadLetterPlace{Time: math.MaxInt64}
	}
	return *q.Before
}

// DeadLetterHour is how many records of an hour were refused for a reason.
type DeadLetterHour struct {
	Start   event.Time // of the hour, UTC
	Reason  event.Reason
	Letters int64
}

// DeadLetterCount is how many dead letters of a topic have a reason.
type DeadLetterCount struct {
	Topic   string
	Reason  event.Reason
	Letters int64
}
