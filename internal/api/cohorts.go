package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type cohortsInput struct {
	From string `query:"from" example:"2025-06-01" doc:"Cohorts whose month begins on this day or later."`
	To   string `query:"to" example:"2026-03-01" doc:"Cohorts whose month begins before this day."`
}

// CohortMonth is a cohort in one month of its life.
type CohortMonth struct {
	Month           string      `json:"month" format:"date" doc:"Its first day."`
	Age             int64       `json:"age_months" doc:"Months since the first order."`
	Customers       int64       `json:"customers" doc:"Who ordered in that month."`
	Retention       *float64    `json:"retention" doc:"Their share of the cohort."`
	NetRevenueMinor event.Minor `json:"net_revenue_minor" doc:"Of the whole cohort in that month, less refunds."`
	Partial         bool        `json:"partial" doc:"The month is not over."`
}

// Cohort are the customers whose first order was in one month.
type Cohort struct {
	Cohort    string        `json:"cohort" format:"date" doc:"First day of the month of the first order."`
	Customers int64         `json:"customers" doc:"In all."`
	Months    []CohortMonth `json:"months" nullable:"false" doc:"By age; the first is the month of the first order."`
}

// Cohorts are all of them, the oldest first.
type Cohorts struct {
	AsOf    string   `json:"as_of_date" format:"date"`
	Cohorts []Cohort `json:"cohorts" nullable:"false"`
}

func (a *API) addCohorts() {
	op := huma.Operation{
		OperationID: "customer-cohorts", Path: "/api/v1/customers/cohorts", Tags: []string{"customers"},
		Summary:     "Retention and net revenue by month of the first order",
		Description: "How many of the customers who first ordered in a month ordered again in each month after it, and what they brought.",
	}
	all, some := 1.0, 0.27
	answerFrom(a, op, sourceWarehouse, Cohorts{AsOf: exampleState.AsOf, Cohorts: []Cohort{{Cohort: "2026-01-01", Customers: 40_112, Months: []CohortMonth{
		{Month: "2026-01-01", Customers: 40_112, Retention: &all, NetRevenueMinor: 412_006_330},
		{Month: "2026-02-01", Age: 1, Customers: 10_830, Retention: &some, NetRevenueMinor: 120_455_018},
	}}}}, a.cohorts)
}

func (a *API) cohorts(ctx context.Context, in *cohortsInput) (reply[Cohorts], error) {
	from, to, err := parseDays(in.From, in.To)
	if err != nil {
		return reply[Cohorts]{}, err
	}
	found, err := a.deps.Warehouse.Cohorts(ctx, warehouse.CohortQuery{From: from, To: to})
	if err != nil {
		return reply[Cohorts]{}, warehouseProblem("cohorts", err)
	}
	out := Cohorts{AsOf: found.State.AsOf, Cohorts: []Cohort{}}
	partial := false
	for i := range found.Rows {
		cell := &found.Rows[i]
		n := len(out.Cohorts)
		if n == 0 || out.Cohorts[n-1].Cohort != cell.Cohort {
			out.Cohorts = append(out.Cohorts, Cohort{Cohort: cell.Cohort, Customers: cell.Customers})
			n++
		}
		c := &out.Cohorts[n-1]
		c.Months = append(c.Months, CohortMonth{
			Month: cell.Month, Age: cell.Age, Customers: cell.Customers, Retention: rounded(cell.Retention), NetRevenueMinor: cell.NetMinor, Partial: !cell.Complete,
		})
		partial = partial || !cell.Complete
	}
	r, err := fromWarehouse(a, found.State, out)
	r.partial = partial
	return r, err
}
