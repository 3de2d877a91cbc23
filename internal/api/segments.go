package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type segmentsInput struct {
	Page
	Segment string `query:"segment" maxLength:"64" example:"Champions" doc:"Only this segment, with its customers. Absent: every segment, without customers."`
	Country string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"Only customers of this country. Needs segment: the sums are those of all countries."`
}

// SegmentSums are the customers of a segment together.
type SegmentSums struct {
	Segment              string       `json:"segment"`
	Customers            int64        `json:"customers"`
	CustomerShare        *float64     `json:"customer_share" doc:"Of all customers with a segment; null if there is none."`
	NetRevenueMinor      event.Minor  `json:"net_revenue_minor" doc:"Of the last 365 days, less refunds."`
	RevenueShare         *float64     `json:"revenue_share"`
	AverageRecencyDays   *float64     `json:"average_recency_days" doc:"Days since the last order; null without customers."`
	AverageFrequency     *float64     `json:"average_frequency" doc:"Completed orders."`
	AverageMonetaryMinor *event.Minor `json:"average_monetary_minor" doc:"Net revenue for each customer."`
}

// SegmentCustomer is a customer of a segment.
type SegmentCustomer struct {
	UserID        string      `json:"user_id"`
	Country       string      `json:"country"`
	Segment       string      `json:"segment"`
	LastOrder     string      `json:"last_order" format:"date"`
	RecencyDays   int64       `json:"recency_days"`
	Frequency     int64       `json:"frequency" doc:"Completed orders of the last 365 days."`
	MonetaryMinor event.Minor `json:"monetary_minor" doc:"Their net revenue."`
	R             int64       `json:"r" minimum:"1" maximum:"5"`
	F             int64       `json:"f" minimum:"1" maximum:"5"`
	M             int64       `json:"m" minimum:"1" maximum:"5"`
}

// Segments are RFM segments, and the customers of one.
type Segments struct {
	AsOf       string            `json:"as_of_date" format:"date" doc:"The 365 days before it count."`
	Segments   []SegmentSums     `json:"segments" nullable:"false" doc:"The best first."`
	Customers  []SegmentCustomer `json:"customers" nullable:"false" doc:"Of the segment that was asked for, the highest monetary value first; none otherwise."`
	NextCursor *string           `json:"next_cursor" doc:"For the next page of customers; null on the last."`

	one bool // one segment was asked for
}

func (a *API) addSegments() {
	op := huma.Operation{
		OperationID: "customer-segments", Path: "/api/v1/customers/segments", Tags: []string{"customers"},
		Summary: "RFM segments, and the customers of one",
		Description: "Every customer with a completed order in the last 365 days is in exactly one segment, by recency, frequency and monetary value. " +
			"With `segment` come its customers, the best first.",
	}
	share, days, orders, value := 0.081, 12.4, 9.2, event.Minor(81_733)
	answerFrom(a, op, sourceWarehouse, Segments{
		AsOf: exampleState.AsOf,
		Segments: []SegmentSums{{
			Segment: "Champions", Customers: 31_422, CustomerShare: &share, NetRevenueMinor: 2_568_214_326, RevenueShare: &share,
			AverageRecencyDays: &days, AverageFrequency: &orders, AverageMonetaryMinor: &value,
		}},
		Customers: []SegmentCustomer{{
			UserID: "U0004711", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 14, MonetaryMinor: 214_950, R: 5, F: 5, M: 5,
		}},
	}, a.segments)
}

func (a *API) segments(ctx context.Context, in *segmentsInput) (reply[Segments], error) {
	var none reply[Segments]
	page, err := in.page()
	if err != nil {
		return none, err
	}
	if in.Segment == "" && in.Country != "" {
		return none, invalid(wrong("country", in.Country, "needs segment: the sums are those of all countries"))
	}
	sums, err := a.deps.Warehouse.Segments(ctx, page.Run)
	if err != nil {
		return none, warehouseProblem("segments", err)
	}
	out := Segments{AsOf: sums.State.AsOf, Segments: []SegmentSums{}, Customers: []SegmentCustomer{}, one: in.Segment != ""}
	names := make([]string, len(sums.Rows))
	for i, s := range sums.Rows {
		names[i] = s.Name
		if in.Segment == "" || in.Segment == s.Name {
			out.Segments = append(out.Segments, segmentSums(&s))
		}
	}
	if in.Segment == "" {
		return fromWarehouse(a, sums.State, out)
	}
	if len(out.Segments) == 0 {
		return none, invalid(wrong("segment", in.Segment, "no such segment; there are %s", strings.Join(names, ", ")))
	}
	page.Run = sums.State.Run
	customers, err := a.deps.Warehouse.Customers(ctx, warehouse.CustomerQuery{Page: page, Segment: in.Segment, Country: Filter{Country: in.Country}.country()})
	if err != nil {
		return none, warehouseProblem("customers of a segment", err)
	}
	for i := range customers.Rows {
		out.Customers = append(out.Customers, segmentCustomer(&customers.Rows[i]))
	}
	out.NextCursor = nextPage(page, sums.State, len(customers.Rows))
	return fromWarehouse(a, sums.State, out)
}

func segmentSums(s *warehouse.Segment) SegmentSums {
	return SegmentSums{
		Segment: s.Name, Customers: s.Customers, CustomerShare: rounded(s.CustomerShare), NetRevenueMinor: s.NetMinor, RevenueShare: rounded(s.RevenueShare),
		AverageRecencyDays: rounded(s.AvgRecencyDays), AverageFrequency: rounded(s.AvgFrequency), AverageMonetaryMinor: s.AvgMonetaryMinor,
	}
}

func segmentCustomer(c *warehouse.Customer) SegmentCustomer {
	return SegmentCustomer{
		UserID: c.UserID, Country: c.Country, Segment: c.Segment, LastOrder: c.LastOrder,
		RecencyDays: c.RecencyDays, Frequency: c.Frequency, MonetaryMinor: c.MonetaryMinor, R: c.R, F: c.F, M: c.M,
	}
}
