package api

import (
	"context"
	"math"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/warehouse"
)

type worthInput struct {
	Segment string `query:"segment" maxLength:"64" example:"Champions" doc:"Only customers of this RFM segment."`
	Country string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"Only customers of this country."`
}

// WorthClass is the customers who brought about as much.
type WorthClass struct {
	FromMinor       *event.Minor `json:"from_minor" doc:"They brought as much or more; null: less than nothing, of whom more was refunded than kept."`
	ToMinor         *event.Minor `json:"to_minor" doc:"And less than this; null: there is no more."`
	Customers       int64        `json:"customers"`
	Share           *float64     `json:"customer_share" doc:"Of all in the answer."`
	NetRevenueMinor event.Minor  `json:"net_revenue_minor" doc:"Of all of them."`
	RevenueShare    *float64     `json:"revenue_share" doc:"Of all in the answer; null if that is not above 0."`
}

// CustomerWorth is how many customers brought how much.
type CustomerWorth struct {
	AsOf            string       `json:"as_of_date" format:"date" doc:"The 365 days before it count."`
	Customers       int64        `json:"customers"`
	NetRevenueMinor event.Minor  `json:"net_revenue_minor"`
	Classes         []WorthClass `json:"classes" nullable:"false" doc:"The lowest first, those without a customer between others too. Each ends at twice its beginning or a little more: 10, 20, 50, 100, … of the major unit."`
}

func (a *API) addWorth() {
	op := huma.Operation{
		OperationID: "customer-worth", Path: "/api/v1/customers/worth", Tags: []string{"customers"},
		Summary:     "How many customers brought how much",
		Description: "Customers with a completed order in the last 365 days by their net revenue in them, as of the last batch run: what they were worth, not what they will be.",
	}
	answerFrom(a, op, sourceWarehouse, worthOf(exampleState, worthBounds(2), []warehouse.Worth{{From: 2000, Customers: 8_120, NetMinor: 28_214_326}, {From: 5000, Customers: 11_043, NetMinor: 79_211_008}}), a.worth)
}

func (a *API) worth(ctx context.Context, in *worthInput) (reply[CustomerWorth], error) {
	places, _ := rules.Exponent(a.cfg.Rules.Currency) // which the rules have checked
	bounds := worthBounds(places)
	found, err := a.deps.Warehouse.Worth(ctx, warehouse.WorthQuery{Bounds: bounds, Segment: in.Segment, Country: Filter{Country: in.Country}.country()})
	if err != nil {
		return reply[CustomerWorth]{}, warehouseProblem("worth of customers", err)
	}
	return fromWarehouse(a, found.State, worthOf(found.State, bounds, found.Rows))
}

// worthOf are the classes from the lowest with a customer to the highest.
func worthOf(s warehouse.State, bounds []event.Minor, rows []warehouse.Worth) CustomerWorth {
	out := CustomerWorth{AsOf: s.AsOf, Classes: []WorthClass{}}
	if len(rows) == 0 {
		return out
	}
	for _, r := range rows {
		out.Customers += r.Customers
		out.NetRevenueMinor += r.NetMinor
	}
	first, last := slices.Index(bounds, rows[0].From), slices.Index(bounds, rows[len(rows)-1].From)
	for i := first; i <= last; i++ {
		var c WorthClass
		if bounds[i] != lowestWorth {
			c.FromMinor = &bounds[i]
		}
		if i+1 < len(bounds) {
			c.ToMinor = &bounds[i+1]
		}
		if rows[0].From == bounds[i] {
			c.Customers, c.NetRevenueMinor, rows = rows[0].Customers, rows[0].NetMinor, rows[1:]
		}
		c.Share = rounded(ratio(c.Customers, out.Customers))
		if out.NetRevenueMinor > 0 {
			c.RevenueShare = rounded(ratio(int64(c.NetRevenueMinor), int64(out.NetRevenueMinor)))
		}
		out.Classes = append(out.Classes, c)
	}
	return out
}

// lowestWorth is where the class begins of those who brought less than nothing. A double
// holds it exactly.
const lowestWorth = event.Minor(-1 << 53)

// worthBounds are where classes begin, in minor units of so many decimal places.
func worthBounds(places int) []event.Minor {
	bounds := []event.Minor{lowestWorth, 0}
	for ten := math.Pow10(places + 1); ten <= math.Pow10(places+7); ten *= 10 {
		bounds = append(bounds, event.Minor(ten), event.Minor(2*ten), event.Minor(5*ten))
	}
	return bounds
}
