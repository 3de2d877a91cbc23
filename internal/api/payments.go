package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

type paymentsInput struct {
	Period
	Countries
}

// PaymentMethod is how orders fared that were to be paid in one way.
type PaymentMethod struct {
	Method         *string     `json:"method" doc:"As the orders name it; null where they do not."`
	Completed      int64       `json:"completed"`
	Failed         int64       `json:"failed"`
	Pending        int64       `json:"pending"`
	Cancelled      int64       `json:"cancelled"`
	Refunds        int64       `json:"refunds" doc:"Refunds made in the period, of any order."`
	CompletedMinor event.Minor `json:"completed_minor" doc:"With tax and shipping, as all amounts here."`
	FailedMinor    event.Minor `json:"failed_minor"`
	RefundedMinor  event.Minor `json:"refunded_minor"`
	FailureRate    *float64    `json:"failure_rate" doc:"failed / (failed + completed); null without either."`
}

// Payments are the orders of a period by the way they were paid.
type Payments struct {
	From    string          `json:"from_day" format:"date"`
	To      string          `json:"to_day" format:"date" doc:"Exclusive: the as-of date of the last batch run, if the period goes on after it."`
	Total   PaymentMethod   `json:"total"`
	Methods []PaymentMethod `json:"methods" nullable:"false" doc:"The one with most completed orders first."`
}

func (a *API) addPayments() {
	op := huma.Operation{
		OperationID: "sales-payments", Path: "/api/v1/sales/payments", Tags: []string{"sales"},
		Summary:     "Orders by payment method and status",
		Description: "How many orders were completed, failed, are pending or cancelled, by payment method, with the failure rate. From the last batch run, by whole days of the shop: today is not in it. An order that failed and was completed later counts in both.",
	}
	method, rate := "card", 0.031
	m := PaymentMethod{Method: &method, Completed: 71_203, Failed: 2_278, Pending: 12, Refunds: 900, CompletedMinor: 840_366_029, FailedMinor: 25_112_400, RefundedMinor: 8_200_113, FailureRate: &rate}
	total := m
	total.Method = nil
	answerFrom(a, op, sourceWarehouse, Payments{From: "2026-02-03", To: exampleState.AsOf, Total: total, Methods: []PaymentMethod{m}}, a.payments)
}

func (a *API) payments(ctx context.Context, in *paymentsInput) (reply[Payments], error) {
	p, errs := a.period(in.Period)
	if errs == nil && !a.wholeDays(p.from, p.to) {
		errs = append(errs, wrong("from", cmp.Or(in.From, in.Range), "payments are kept by days of %s: begin and end with one", a.cfg.Rules.TimeZone))
	}
	if errs != nil {
		return reply[Payments]{}, invalid(errs...)
	}
	state, err := a.deps.Warehouse.State(ctx)
	if err != nil {
		return reply[Payments]{}, warehouseProblem("payments", err)
	}
	from := a.date(p.from)
	to := max(from, min(a.date(p.to), state.AsOf))
	out := Payments{From: from, To: to, Methods: []PaymentMethod{}}
	for _, country := range in.countries() {
		found, err := a.deps.Warehouse.Payments(ctx, warehouse.DaysQuery{Run: state.Run, From: from, To: to, Country: country})
		if err != nil {
			return reply[Payments]{}, warehouseProblem("payments", err)
		}
		for i := range found.Rows {
			out.method(found.Rows[i].Method).add(&found.Rows[i])
			out.Total.add(&found.Rows[i])
		}
	}
	slices.SortStableFunc(out.Methods, func(x, y PaymentMethod) int { return cmp.Compare(y.Completed, x.Completed) })
	r, err := fromWarehouse(a, state, out)
	r.partial = to < a.date(p.to)
	return r, err
}

// method is the one of that name, which is added if there is none.
func (p *Payments) method(name string) *PaymentMethod {
	i := slices.IndexFunc(p.Methods, func(m PaymentMethod) bool { return deref(m.Method) == name })
	if i < 0 {
		i = len(p.Methods)
		p.Methods = append(p.Methods, PaymentMethod{Method: known(name)})
	}
	return &p.Methods[i]
}

func (m *PaymentMethod) add(p *warehouse.Payment) {
	switch p.Status {
	case event.StatusCompleted:
		m.Completed += p.Orders
		m.CompletedMinor += p.TotalMinor
	case event.StatusFailed:
		m.Failed += p.Orders
		m.FailedMinor += p.TotalMinor
	case event.StatusPending:
		m.Pending += p.Orders
	case event.StatusCancelled:
		m.Cancelled += p.Orders
	case event.StatusRefunded:
		m.Refunds += p.Orders
		m.RefundedMinor += p.TotalMinor
	}
	m.FailureRate = rounded(ratio(m.Failed, m.Failed+m.Completed))
}

// deref is the text that p points at, or "".
func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
