package store

import "globalmart/internal/event"

// AlertKind is what an alert watches.
type AlertKind string

// The kinds, and what the subject of each is.
const (
	AlertStock   AlertKind = "stock"   // a product
	AlertCarts   AlertKind = "carts"   // "all"
	AlertOrders  AlertKind = "orders"  // "all"
	AlertFinding AlertKind = "finding" // rule and visitor
)

// AlertLevel is how bad it is. The levels of a kind have an order, see package
// alert.
type AlertLevel string

// The levels.
const (
	StockLow      AlertLevel = "low"
	StockCritical AlertLevel = "critical"
	StockOut      AlertLevel = "out"
	StockOversold AlertLevel = "oversold"
	CartsAtRisk   AlertLevel = "at_risk"
	OrdersHigh    AlertLevel = "high"
	OrdersLow     AlertLevel = "low"
	OrdersZero    AlertLevel = "zero"
	FindingNew    AlertLevel = "new"
)

// Alert is one thing that somebody should look at. At most one of a kind and a
// subject is open.
type Alert struct {
	ID        string // names kind, subject and when it was opened
	Kind      AlertKind
	Subject   string
	Level     AlertLevel
	OpenedAt  event.Time
	ChangedAt event.Time // when it came to its level
	ClosedAt  event.Time // 0 = open
	Value     int64      // what was measured when it came to its level, in the unit of the kind
	Threshold int64      // from where on it is an alert of this level
	Text      string     // for people
}

// AlertStep is what happened to an alert.
type AlertStep string

// The steps.
const (
	AlertOpened  AlertStep = "opened"
	AlertChanged AlertStep = "changed" // came to another level
	AlertClosed  AlertStep = "closed"
)

// AlertChange is a step of an alert, with the alert as it is after it.
type AlertChange struct {
	Step  AlertStep
	Alert Alert
}

// AlertNotice is a change that has to be told: one row for each change, in the
// order in which they were made.
type AlertNotice struct {
	Seq    int64
	At     event.Time
	Change AlertChange
}

// Delivery is how one notice fares with one receiver.
type Delivery struct {
	Seq         int64 // of the notice
	Receiver    string
	Attempts    int64
	LastAt      event.Time
	DeliveredAt event.Time // 0 = not yet
	GivenUp     bool
	Error       string // of the last attempt; "" = none
}

// AlertQuery selects alerts, newest first.
type AlertQuery struct {
	Kind     AlertKind  // "" = all
	Level    AlertLevel // "" = all
	Since    event.Time // opened at or after it; 0 = all
	OpenOnly bool
	Before   string // id of the last alert of the page before; "" = from the newest
	Limit    int    // at most; above 0
}

// Demand is how a product sells, for its reorder point. Mean and variance are of
// units a day, weighted exponentially.
type Demand struct {
	At            event.Time // when it was brought up to date
	SoldUntil     int64      // units sold until then
	MeanMilli     int64      // units a day, thousandths; -1 = not known yet
	VarianceMilli int64      // of units a day, thousandths
	Low           int64      // reorder point, units; at or below it stock is low
	Critical      int64      // units
}

// StockLevel is a product whose stock may call for an alert.
type StockLevel struct {
	ProductID string
	OnHand    int64
	Demand    Demand
}

// ProductDemand is the demand of a product, and what was sold of it up to now.
type ProductDemand struct {
	ProductID string
	Sold      int64
	Demand    Demand // At 0 = there is none yet
}

// PendingNotice is a notice that a receiver has not got, and how it fares.
type PendingNotice struct {
	Notice   AlertNotice
	Delivery Delivery
}
