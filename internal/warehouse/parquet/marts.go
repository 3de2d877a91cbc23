package parquet

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// SessionDays returns days with sessions, the newest first.
func (r *Reader) SessionDays(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error) {
	where, args := conditions(condition{"country", q.Country})
	the := question{run: q.Run, table: "fact_session_day", from: q.From, to: q.To, args: args, query: `
		select cast(event_date as varchar) as day, cast(sum(sessions) as bigint), cast(sum(events) as bigint), cast(sum(views) as bigint), cast(sum(orders) as bigint),
			cast(sum(net_minor) as bigint), cast(sum(bounced) as bigint), cast(sum(with_view) as bigint), cast(sum(with_add) as bigint), cast(sum(with_checkout) as bigint),
			cast(sum(with_order) as bigint), cast(sum(reached_add) as bigint), cast(sum(reached_checkout) as bigint), cast(sum(reached_order) as bigint)
		from {{table}}` + where + ` group by day order by day desc`}
	return ask(ctx, r, the, func(rows *sql.Rows, d *warehouse.SessionDay) error {
		t := &d.Sessions
		return rows.Scan(&d.Day, &t.Sessions, &t.Events, &t.Views, &t.Orders, &t.RevenueMinor, &t.Bounced,
			&t.WithView, &t.WithAdd, &t.WithCheckout, &t.WithOrder, &t.ReachedAdd, &t.ReachedCheckout, &t.ReachedOrder)
	})
}

// Payments returns the sums of some days by method and status.
func (r *Reader) Payments(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error) {
	where, args := conditions(condition{"country", q.Country})
	the := question{run: q.Run, table: "fact_payment_day", from: q.From, to: q.To, args: args, query: `
		select payment_method, status, cast(sum(orders) as bigint), cast(sum(total_minor) as bigint)
		from {{table}}` + where + ` group by payment_method, status order by payment_method, status`}
	return ask(ctx, r, the, func(rows *sql.Rows, p *warehouse.Payment) error {
		return rows.Scan(&p.Method, &p.Status, &p.Orders, &p.TotalMinor)
	})
}

// Buyers returns one row: how many known customers completed an order on some days.
func (r *Reader) Buyers(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[int64], error) {
	where, args := conditions(condition{"country", q.Country})
	the := question{run: q.Run, table: "fact_customer_day", from: q.From, to: q.To, args: args, query: `
		select count(distinct case when orders > 0 then customer_key end) from {{table}}` + where}
	return ask(ctx, r, the, func(rows *sql.Rows, n *int64) error { return rows.Scan(n) })
}

// Countries returns the codes of all countries that were sold to, in order.
func (r *Reader) Countries(ctx context.Context, run string) (warehouse.Answer[string], error) {
	the := question{run: run, table: "dim_geography", query: "select country from {{table}} order by country"}
	return ask(ctx, r, the, func(rows *sql.Rows, code *string) error { return rows.Scan(code) })
}

// RFMCells returns the cells with customers, the highest scores first.
func (r *Reader) RFMCells(ctx context.Context, run string) (warehouse.Answer[warehouse.RFMCell], error) {
	the := question{run: run, table: "mart_rfm", query: `
		select r, f, m, count(*), cast(sum(monetary_minor) as bigint) from {{table}} group by r, f, m order by r desc, f desc, m desc`}
	return ask(ctx, r, the, func(rows *sql.Rows, c *warehouse.RFMCell) error {
		return rows.Scan(&c.R, &c.F, &c.M, &c.Customers, &c.NetMinor)
	})
}

// Worth returns the classes with customers, the lowest first.
func (r *Reader) Worth(ctx context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error) {
	where, args := conditions(condition{"segment", q.Segment}, condition{"country", q.Country})
	bounds := make([]string, len(q.Bounds))
	for i, b := range q.Bounds {
		bounds[i] = strconv.FormatInt(int64(b), 10)
	}
	the := question{run: q.Run, table: "mart_rfm", args: append([]any{strings.Join(bounds, ",")}, args...), query: `
		with class as (select unnest(cast(string_split(?, ',') as bigint[])) as at),
		customer as (select monetary_minor from {{table}}` + where + `)
		select class.at, count(*), cast(sum(monetary_minor) as bigint)
		from customer asof join class on customer.monetary_minor >= class.at group by class.at order by class.at`}
	return ask(ctx, r, the, func(rows *sql.Rows, w *warehouse.Worth) error { return rows.Scan(&w.From, &w.Customers, &w.NetMinor) })
}

// Migration returns the moves between segments, by name; none where the snapshots do
// not reach back so far.
func (r *Reader) Migration(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error) {
	the := question{run: q.Run, table: "mart_migration", args: []any{q.Days}, query: `
		select from_segment, to_segment, customers from {{table}} where period = ? order by from_segment, to_segment`}
	if q.Days == 0 {
		the = question{run: q.Run, table: "mart_segment_interval", args: []any{q.From, q.To}, query: movesBetween}
	}
	return ask(ctx, r, the, func(rows *sql.Rows, m *warehouse.Move) error { return rows.Scan(&m.From, &m.To, &m.Customers) })
}

// movesBetween counts who was in which segment on one day and on another. Who stayed in
// one all the time is counted without being looked up by customer.
const movesBetween = `
	with asked as (select cast(? as date) as from_day, cast(? as date) as to_day, (select min(from_date) from {{table}}) as first_day),
	stay as (
		select i.customer_key, i.segment,
			i.from_date <= a.from_day and (i.to_date is null or i.to_date > a.from_day) as was,
			i.from_date <= a.to_day and (i.to_date is null or i.to_date > a.to_day) as present
		from {{table}} i cross join asked a
		where a.first_day <= a.from_day),
	moved as (
		select coalesce(max(segment) filter (where was), '') as from_segment, coalesce(max(segment) filter (where present), '') as to_segment
		from stay where was <> present group by customer_key),
	counted as (
		select segment as from_segment, segment as to_segment, count(*) as customers from stay where was and present group by segment
		union all
		select from_segment, to_segment, count(*) from moved group by from_segment, to_segment)
	select from_segment, to_segment, cast(sum(customers) as bigint) from counted group by from_segment, to_segment order by from_segment, to_segment`

// PriceHistory returns what the catalogue said of a product, the newest first.
func (r *Reader) PriceHistory(ctx context.Context, run, productID string) (warehouse.Answer[warehouse.PriceChange], error) {
	the := question{run: run, table: "dim_product", args: []any{productID}, query: `
		select name, brand, category, price_minor, cost_minor, active, valid_from, valid_to
		from {{table}} where product_id = ? order by valid_from desc`}
	return ask(ctx, r, the, func(rows *sql.Rows, p *warehouse.PriceChange) error {
		return rows.Scan(&p.Name, &p.Brand, &p.Category, &p.PriceMinor, &p.CostMinor, &p.Active, &p.From, &p.To)
	})
}

// Pairs returns pairs in the order asked for; equal ones by their ids.
func (r *Reader) Pairs(ctx context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error) {
	column, err := q.Sort.Column()
	if err != nil {
		return warehouse.Answer[warehouse.Pair]{}, err
	}
	where, args := "", []any(nil)
	if q.ProductID != "" {
		where, args = " where product_a = ? or product_b = ?", []any{q.ProductID, q.ProductID}
	}
	the := question{run: q.Run, table: "mart_affinity", args: append(args, q.Limit, q.Skip), query: `
		select product_a, product_b, orders, support, confidence_ab, confidence_ba, lift
		from {{table}}` + where + ` order by ` + column + ` desc nulls last, product_a, product_b limit ? offset ?`}
	return ask(ctx, r, the, func(rows *sql.Rows, p *warehouse.Pair) error {
		return rows.Scan(&p.A, &p.B, &p.Orders, &p.Support, &p.ConfidenceAB, &p.ConfidenceBA, &p.Lift)
	})
}

// Pareto returns the steps of the products that sold something, the best first.
func (r *Reader) Pareto(ctx context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error) {
	the := question{run: q.Run, table: "mart_product", args: []any{q.Days}, query: `
		with sold as (select abc, revenue_rank, net_minor, count(*) over () as n from {{table}} where period = ? and net_minor > 0)
		select least(100, (revenue_rank - 1) * 100 // n + 1) as hundredth, abc, count(*), cast(sum(net_minor) as bigint)
		from sold group by hundredth, abc order by hundredth, abc`}
	return ask(ctx, r, the, func(rows *sql.Rows, s *warehouse.ParetoStep) error {
		var net int64
		err := rows.Scan(&s.Hundredth, &s.ABC, &s.Products, &net)
		s.NetMinor = event.Minor(net)
		return err
	})
}
