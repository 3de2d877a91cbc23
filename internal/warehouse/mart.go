package warehouse

import (
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// DaysQuery selects whole days of facts.
type DaysQuery struct {
	Run      string
	From, To string // yyyy-mm-dd, half open; "" = no bound
	Country  string // ISO 3166-1 alpha-2; "" = all
}

// SessionDay is the sessions that began on a day. Their duration is not known here.
type SessionDay struct {
	Day      string // yyyy-mm-dd
	Sessions store.SessionTotals
}

// Payment is the orders of some days that were paid, or were to be paid, in one way
// and came to one status. An order that has several statuses counts in each.
type Payment struct {
	Method     string // "" = not said
	Status     event.Status
	Orders     int64
	TotalMinor event.Minor // with tax and shipping, in the reporting currency
}

// RFMCell is the customers of three scores, 1 to 5 each. Cells without a customer are
// left out.
type RFMCell struct {
	R, F, M   int64
	Customers int64
	NetMinor  event.Minor
}

// WorthQuery counts customers by what they brought: their net revenue of the 365 days
// before the as-of date.
type WorthQuery struct {
	Run     string
	Bounds  []event.Minor // where classes begin, rising; what is below the first is left out
	Segment string        // "" = all
	Country string        // ISO 3166-1 alpha-2; "" = all
}

// Worth is the customers of a class. Classes without a customer are left out.
type Worth struct {
	From      event.Minor // the bound that it begins at
	Customers int64
	NetMinor  event.Minor
}

// MigrationQuery selects how customers changed their segment between two days.
type MigrationQuery struct {
	Run      string
	Days     int    // before the as-of date, until it: 1, 7, 30 or 90; 0 = From and To say
	From, To string // yyyy-mm-dd; no day before SegmentDays is known
}

// SegmentDays is for how many days before the as-of date the warehouse knows every
// customer's segment, if it has run for so long.
const SegmentDays = 90

// Move is how many customers went from one segment to another, or stayed.
type Move struct {
	From, To  string // "" = no segment
	Customers int64
}

// PriceChange is what the catalogue said of a product for some time.
type PriceChange struct {
	Name       *string
	Brand      *string
	Category   *string
	PriceMinor *event.Minor
	CostMinor  *event.Minor // nil if it is not known
	Active     *bool
	From       time.Time
	To         *time.Time // nil = until now
}

// PairSort is what pairs of products can be sorted by, the highest first.
type PairSort string

// The orders of pairs.
const (
	PairsByLift    PairSort = "lift"
	PairsByOrders  PairSort = "orders"
	PairsBySupport PairSort = "support"
)

// Column returns the column of mart_affinity that s sorts by, or an error if there is no
// such order.
func (s PairSort) Column() (string, error) {
	switch s {
	case PairsByLift, PairsByOrders, PairsBySupport:
		return string(s), nil
	}
	return "", fmt.Errorf("warehouse: pairs by %q: no such order", s)
}

// PairQuery selects pairs of products that were bought together in the 30 days before
// the as-of date.
type PairQuery struct {
	Page
	ProductID string // in the pair; "" = all
	Sort      PairSort
}

// Pair is two products and how often they were bought together.
type Pair struct {
	A, B         string // product ids, A before B
	Orders       int64  // with both
	Support      *float64
	ConfidenceAB *float64 // of the orders with A, with B
	ConfidenceBA *float64
	Lift         *float64
}

// ParetoQuery selects the products of a period that sold something.
type ParetoQuery struct {
	Run  string
	Days int // of the period: 7, 30, 90 or 365 before the as-of date
}

// ParetoStep is products of one class whose ranks by revenue follow one another: those
// of a hundredth of all ranks, which are 1 to 100.
type ParetoStep struct {
	Hundredth int64
	ABC       string
	Products  int64
	NetMinor  event.Minor
}
