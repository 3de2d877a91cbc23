package api

import (
	"context"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// salesReader is what the sales endpoints need of a store.
type salesReader interface {
	// SalesWindows returns the windows that q selects and that have a sale or a
	// refund, newest first.
	SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error)
	// SalesTotals returns the sum of the windows that start within [from, to):
	// minute windows while they are kept, hours otherwise and for country and
	// category together. Empty country or category = all.
	SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error)
	// SalesSplit returns the sums of the hours of q by country or by category, by name.
	SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error)
}

// Measures are the figures of one window or period.
type Measures struct {
	Orders                 int64        `json:"orders" doc:"Completed orders. With category: orders with a line in it, so orders do not add up over categories."`
	Units                  int64        `json:"units" doc:"Units sold."`
	RevenueMinor           event.Minor  `json:"revenue_minor" doc:"Lines of completed orders after discounts, without tax and shipping."`
	Refunds                int64        `json:"refunds" doc:"Refunds made, each at its own time."`
	UnitsReturned          int64        `json:"units_returned"`
	RefundedMinor          event.Minor  `json:"refunded_minor" doc:"Given back for returned lines."`
	NetRevenueMinor        event.Minor  `json:"net_revenue_minor" doc:"revenue_minor - refunded_minor."`
	TaxMinor               *event.Minor `json:"tax_minor" doc:"Net of refunds; null for a category where a part is from the warehouse, which keeps it by order."`
	ShippingMinor          *event.Minor `json:"shipping_minor" doc:"Net of refunds; null as tax_minor."`
	AverageOrderValueMinor *event.Minor `json:"average_order_value_minor" doc:"revenue_minor / orders, rounded half up; null without orders."`
}

func measures(s *store.Sales) Measures {
	m := Measures{
		Orders: s.Orders, Units: s.Units, RevenueMinor: s.RevenueMinor,
		Refunds: s.Refunds, UnitsReturned: s.UnitsReturned, RefundedMinor: s.RefundedMinor,
		NetRevenueMinor: s.NetMinor(), TaxMinor: &s.TaxMinor, ShippingMinor: &s.ShippingMinor,
	}
	if s.Orders > 0 {
		aov := (2*s.RevenueMinor + event.Minor(s.Orders)) / event.Minor(2*s.Orders)
		m.AverageOrderValueMinor = &aov
	}
	return m
}

// measuresSince is measures of a time since from. The warehouse does not know tax and
// shipping of a category.
func measuresSince(sales *store.Sales, from event.Time, s seam, f Filter) Measures {
	m := measures(sales)
	if f.Category != "" && from < s.at {
		m.TaxMinor, m.ShippingMinor = nil, nil
	}
	return m
}

// Filter are the parameters that every sales endpoint has.
type Filter struct {
	Country  string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"ISO 3166-1 alpha-2; ZZ is unknown. Absent: all."`
	Category string `query:"category" minLength:"1" maxLength:"256" example:"Electronics" doc:"Exact name. Absent: all."`
}

func (f Filter) country() string { return strings.ToUpper(f.Country) }

// both reports whether only hour windows can answer: minute windows are kept by
// country or by category.
func (f Filter) both() bool { return f.Country != "" && f.Category != "" }
