package parquet

import (
	"context"
	"database/sql"
	"fmt"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// Segments returns every segment, the best first.
func (r *Reader) Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
	q := question{run: run, table: "mart_segment", query: `
		select segment, customers, customer_share, net_minor, revenue_share, avg_recency_days, avg_frequency, avg_monetary_minor
		from {{table}} order by position`}
	return ask(ctx, r, q, func(rows *sql.Rows, s *warehouse.Segment) error {
		return rows.Scan(&s.Name, &s.Customers, &s.CustomerShare, &s.NetMinor, &s.RevenueShare, &s.AvgRecencyDays, &s.AvgFrequency, &s.AvgMonetaryMinor)
	})
}

// Customers returns customers, by segment and falling monetary value.
func (r *Reader) Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error) {
	if q.Segment != "" && q.Country == "" && q.UserID == "" {
		var found warehouse.Answer[warehouse.Customer]
		state, done := r.page(ctx, customersOfSegment, q.Segment, q.Page, func(r record) { found.Rows = append(found.Rows, customerOf(r)) })
		if found.State = state; done {
			return found, nil
		}
	}
	where, args := conditions(condition{"segment", q.Segment}, condition{"country", q.Country}, condition{"user_id", q.UserID})
	the := question{run: q.Run, table: "mart_rfm", args: append(args, q.Limit, q.Skip), query: `
		select user_id, coalesce(country, ''), segment, cast(last_order_date as varchar), recency_days, frequency, monetary_minor, r, f, m
		from {{table}}` + where + ` order by segment, monetary_minor desc, customer_key limit ? offset ?`}
	return ask(ctx, r, the, func(rows *sql.Rows, c *warehouse.Customer) error {
		return rows.Scan(&c.UserID, &c.Country, &c.Segment, &c.LastOrder, &c.RecencyDays, &c.Frequency, &c.MonetaryMinor, &c.R, &c.F, &c.M)
	})
}

// Categories returns the names of all categories, by name.
func (r *Reader) Categories(ctx context.Context, run string) (warehouse.Answer[string], error) {
	the := question{run: run, table: "dim_category", query: "select category from {{table}} order by category"}
	return ask(ctx, r, the, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
}

// Products returns products in the order asked for; equal ones by category and
// falling revenue, as the file has them.
func (r *Reader) Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	column, err := q.Sort.Column()
	if err != nil {
		return warehouse.Answer[warehouse.Product]{}, err
	}
	if q.Sort == warehouse.ByRevenue && q.Category != "" && q.ProductID == "" && q.Days > 0 {
		var found warehouse.Answer[warehouse.Product]
		state, done := r.page(ctx, productsOfCategory, fmt.Sprintf("%d/%s", q.Days, q.Category), q.Page, func(r record) { found.Rows = append(found.Rows, productOf(r)) })
		if found.State = state; done {
			return found, nil
		}
	}
	where, args := conditions(condition{"period", q.Days}, condition{"category", q.Category}, condition{"product_id", q.ProductID})
	the := question{run: q.Run, table: "mart_product", args: append(args, q.Limit, q.Skip), query: `
		select product_id, period, name, brand, category, views, orders, units, net_minor, returned_units, return_rate, view_to_buy,
			margin_minor, margin_rate, revenue_rank, rank_in_category, previous_rank, rank_change, abc
		from {{table}}` + where + ` order by ` + column + ` desc nulls last, file_row_number limit ? offset ?`}
	return ask(ctx, r, the, func(rows *sql.Rows, p *warehouse.Product) error {
		return rows.Scan(&p.ID, &p.Days, &p.Name, &p.Brand, &p.Category, &p.Views, &p.Orders, &p.Units, &p.NetMinor, &p.ReturnedUnits, &p.ReturnRate, &p.ViewToBuy,
			&p.MarginMinor, &p.MarginRate, &p.RevenueRank, &p.RankInCategory, &p.PreviousRank, &p.RankChange, &p.ABC)
	})
}

func customerOf(r record) warehouse.Customer {
	return warehouse.Customer{
		UserID: r.text("user_id"), Country: r.text("country"), Segment: r.text("segment"), LastOrder: r.date("last_order_date"),
		RecencyDays: r.number("recency_days"), Frequency: r.number("frequency"), MonetaryMinor: event.Minor(r.number("monetary_minor")),
		R: r.number("r"), F: r.number("f"), M: r.number("m"),
	}
}

func productOf(r record) warehouse.Product {
	money := func(column string) event.Minor { return event.Minor(r.number(column)) }
	return warehouse.Product{
		ID: r.text("product_id"), Days: int(r.number("period")), Name: orNil(r, "name", r.text), Brand: orNil(r, "brand", r.text), Category: orNil(r, "category", r.text),
		Views: r.number("views"), Orders: r.number("orders"), Units: r.number("units"), NetMinor: money("net_minor"), ReturnedUnits: r.number("returned_units"),
		ReturnRate: orNil(r, "return_rate", r.ratio), ViewToBuy: orNil(r, "view_to_buy", r.ratio),
		MarginMinor: orNil(r, "margin_minor", money), MarginRate: orNil(r, "margin_rate", r.ratio),
		RevenueRank: r.number("revenue_rank"), RankInCategory: r.number("rank_in_category"), PreviousRank: orNil(r, "previous_rank", r.number),
		RankChange: orNil(r, "rank_change", r.number), ABC: r.text("abc"),
	}
}

// Trend returns a series, the newest period first.
func (r *Reader) Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error) {
	// Of country and category, the empty text is a series of its own: all together.
	where, args := " where granularity = ? and country = ? and category = ?", []any{q.Granularity, q.Country, q.Category}
	where, args = between(where, args, "bucket", q.From, q.To)
	the := question{run: q.Run, table: "mart_trend", args: append(args, q.Limit, q.Skip), query: `
		select cast(bucket as varchar), net_minor, refund_minor, orders, units, buyers, prev_net_minor, change, year_ago_net_minor, year_change,
			moving_avg_minor, is_complete = 1
		from {{table}}` + where + ` order by bucket desc limit ? offset ?`}
	return ask(ctx, r, the, func(rows *sql.Rows, p *warehouse.TrendPoint) error {
		return rows.Scan(&p.Start, &p.NetMinor, &p.RefundMinor, &p.Orders, &p.Units, &p.Buyers, &p.PrevMinor, &p.Change, &p.YearAgoMinor, &p.YearChange,
			&p.MovingAvg, &p.Complete)
	})
}

// Cohorts returns cohorts by month, each by age.
func (r *Reader) Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error) {
	where, args := between(" where true", nil, "cohort", q.From, q.To)
	the := question{run: q.Run, table: "mart_cohort", args: args, query: `
		select cast(cohort as varchar), cast(month as varchar), age_months, customers, retention, net_minor, is_complete = 1
		from {{table}}` + where + ` order by cohort, month`}
	return ask(ctx, r, the, func(rows *sql.Rows, c *warehouse.CohortCell) error {
		return rows.Scan(&c.Cohort, &c.Month, &c.Age, &c.Customers, &c.Retention, &c.NetMinor, &c.Complete)
	})
}

// condition is column = value; one whose value is "" or 0 does not count.
type condition struct {
	column string // a constant of this package
	value  any
}

// conditions is the where clause of those that count, and their values.
func conditions(all ...condition) (where string, args []any) {
	joint := " where "
	for _, c := range all {
		if c.value == "" || c.value == 0 {
			continue
		}
		where += joint + c.column + " = ?"
		args = append(args, c.value)
		joint = " and "
	}
	return where, args
}

// between adds from <= column < to to a where clause, for the bounds that are not
// empty.
func between(where string, args []any, column, from, to string) (string, []any) {
	for _, bound := range []struct{ op, day string }{{">=", from}, {"<", to}} {
		if bound.day != "" {
			where += " and " + column + " " + bound.op + " cast(? as date)"
			args = append(args, bound.day)
		}
	}
	return where, args
}
