package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type rfmMatrixInput struct {
	By string `query:"by" default:"rf" enum:"rf,rm,fm,rfm" doc:"Which scores tell customers apart: two of them, 25 cells, or all three, 125."`
}

// RFMMatrixCell is the customers of equal scores.
type RFMMatrixCell struct {
	R               *int64       `json:"r" minimum:"1" maximum:"5" doc:"Recency score, 5 is the best; null where it does not tell apart, as the next two."`
	F               *int64       `json:"f" minimum:"1" maximum:"5" doc:"Frequency score."`
	M               *int64       `json:"m" minimum:"1" maximum:"5" doc:"Monetary score."`
	Customers       int64        `json:"customers"`
	Share           *float64     `json:"customer_share" doc:"Of all customers with scores; null if there is none."`
	NetRevenueMinor event.Minor  `json:"net_revenue_minor" doc:"Of the 365 days before the as-of date."`
	AverageMinor    *event.Minor `json:"average_monetary_minor" doc:"For each customer; null without one."`
}

// RFMMatrix are customers by their scores.
type RFMMatrix struct {
	AsOf      string          `json:"as_of_date" format:"date"`
	Customers int64           `json:"customers" doc:"In all cells."`
	Cells     []RFMMatrixCell `json:"cells" nullable:"false" doc:"Every cell, the highest scores first."`
}

func (a *API) addRFMMatrix() {
	op := huma.Operation{
		OperationID: "rfm-matrix", Path: "/api/v1/customers/rfm-matrix", Tags: []string{"customers"},
		Summary:     "Customers by recency, frequency and monetary score",
		Description: "Every cell of the scores, also those without a customer, as of the last batch run.",
	}
	answerFrom(a, op, sourceWarehouse, RFMMatrix{
		AsOf: exampleState.AsOf, Customers: 31_422, Cells: rfmMatrix("rf", []warehouse.RFMCell{{R: 5, F: 5, M: 5, Customers: 31_422, NetMinor: 2_568_214_326}})[:1],
	}, a.rfmMatrix)
}

func (a *API) rfmMatrix(ctx context.Context, in *rfmMatrixInput) (reply[RFMMatrix], error) {
	found, err := a.deps.Warehouse.RFMCells(ctx, "")
	if err != nil {
		return reply[RFMMatrix]{}, warehouseProblem("RFM matrix", err)
	}
	out := RFMMatrix{AsOf: found.State.AsOf, Cells: rfmMatrix(in.By, found.Rows)}
	for i := range found.Rows {
		out.Customers += found.Rows[i].Customers
	}
	return fromWarehouse(a, found.State, out)
}

// rfmMatrix sums the cells of three scores by those that by names.
func rfmMatrix(by string, cells []warehouse.RFMCell) []RFMMatrixCell {
	size := 25
	if by == "rfm" {
		size = 125
	}
	matrix := make([]RFMMatrixCell, size)
	for i := range matrix {
		matrix[i] = emptyCell(by, size-1-i)
	}
	var all int64
	for _, c := range cells {
		at := 0
		for _, score := range []byte(by) {
			at = at*5 + int(map[byte]int64{'r': c.R, 'f': c.F, 'm': c.M}[score]) - 1
		}
		cell := &matrix[size-1-at]
		cell.Customers += c.Customers
		cell.NetRevenueMinor += c.NetMinor
		all += c.Customers
	}
	for i := range matrix {
		c := &matrix[i]
		c.Share = rounded(ratio(c.Customers, all))
		if c.Customers > 0 {
			average := (2*c.NetRevenueMinor + event.Minor(c.Customers)) / event.Minor(2*c.Customers)
			c.AverageMinor = &average
		}
	}
	return matrix
}

// emptyCell is the cell at a place, counted from the lowest scores.
func emptyCell(by string, at int) RFMMatrixCell {
	var c RFMMatrixCell
	for i := len(by) - 1; i >= 0; i-- {
		score := int64(at%5 + 1)
		*map[byte]**int64{'r': &c.R, 'f': &c.F, 'm': &c.M}[by[i]] = &score
		at /= 5
	}
	return c
}
