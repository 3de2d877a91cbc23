package store

import "globalmart/internal/event"

// Sales are the additive measures of a window, in the shop's reporting
// currency. Revenue is what completed orders' lines came to; net revenue is
// RevenueMinor - RefundedMinor; tax and shipping are kept apart from both and
// are net of what refunds gave back.
type Sales struct {
	Orders        int64 // completed orders
	Units         int64 // sold
	RevenueMinor  event.Minor
	Refunds       int64 // refund events
	UnitsReturned int64
	RefundedMinor event.Minor
	TaxMinor      event.Minor
	ShippingMinor event.Minor
}

// Add adds o to s.
func (s *Sales) Add(o *Sales) {
	s.Orders += o.Orders
	s.Units += o.Units
	s.RevenueMinor += o.RevenueMinor
	s.Refunds += o.Refunds
	s.UnitsReturned += o.UnitsReturned
	s.RefundedMinor += o.RefundedMinor
	s.TaxMinor += o.TaxMinor
	s.ShippingMinor += o.ShippingMinor
}

// NetMinor is revenue less refunds.
func (s *Sales) NetMinor() event.Minor { return s.RevenueMinor - s.RefundedMinor }

// SalesKey names one row of a sales table. Start is the window's first instant.
// Country or Category is empty where the table does not split by it.
type SalesKey struct {
	Start    event.Time
	Country  string
	Category string
}

// Categories of the sales tables that no event carries.
const (
	// AllCategories is the category of the hour rows that cover a country whole.
	AllCategories = ""
	// Uncategorised stands for lines without a category.
	Uncategorised = "uncategorised"
)

// Granularity is the length of a sales window.
type Granularity string

// The granularities. A day is a day of the shop's time zone.
const (
	Minute Granularity = "minute"
	Hour   Granularity = "hour"
	Day    Granularity = "day"
)

// SalesQuery selects windows.
type SalesQuery struct {
	From, To    event.Time  // window starts within [From, To); To 0 = no end
	Granularity Granularity // Minute or Hour: what the store keeps
	Country     string      // "" = all
	Category    string      // "" = all; with Country only at Hour
	Limit       int         // the newest windows, at most; 0 = no limit
}

// SalesWindow is one window of an answer, newest first.
type SalesWindow struct {
	Start event.Time
	Sales Sales
}

// Split is what sales are told apart by.
type Split string

// The splits.
const (
	ByCountry  Split = "country"
	ByCategory Split = "category" // an order counts in each that it touches
)

// SplitQuery selects hours, to be summed by country or by category.
type SplitQuery struct {
	From, To event.Time // hours that start within [From, To); To 0 = no end
	By       Split
	Country  string // "" = all
	Category string // "" = all
}

// SalesPart is the part of sales that has a name: a country or a category.
type SalesPart struct {
	Name  string
	Sales Sales
}
