package parquet

import (
	"context"
	"database/sql"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// SalesDays returns the days with sales or refunds, the newest first.
func (r *Reader) SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	where, args := conditions(condition{"country", q.Country}, condition{"category", q.Category})
	the := question{run: q.Run, table: "fact_sales_day", from: q.From, to: q.To}
	extras := "cast(sum(tax_minor) as bigint), cast(sum(shipping_minor) as bigint)"
	if q.Category != "" {
		the.table, extras = "fact_category_day", "0::bigint, 0::bigint"
	}
	the.query = `
		select cast(event_date as varchar) as day, cast(sum(orders) as bigint), cast(sum(units + returned_units) as bigint), cast(sum(net_minor + refund_minor) as bigint),
			cast(sum(refunds) as bigint), cast(sum(returned_units) as bigint), cast(sum(refund_minor) as bigint), ` + extras + `
		from {{table}}` + where + ` group by day order by day desc`
	if q.Limit > 0 {
		the.query += " limit ?"
		args = append(args, q.Limit)
	}
	the.args = args
	return ask(ctx, r, the, func(rows *sql.Rows, d *warehouse.SalesDay) error {
		return rows.Scan(append([]any{&d.Day}, measures(&d.Sales)...)...)
	})
}

// measures is where to scan the columns of sales.
func measures(s *store.Sales) []any {
	return []any{&s.Orders, &s.Units, &s.RevenueMinor, &s.Refunds, &s.UnitsReturned, &s.RefundedMinor, &s.TaxMinor, &s.ShippingMinor}
}

const (
	// firstDays is how many days of order lines are read at first for the newest
	// windows; then twice as many each time, until there are enough.
	firstDays = 2
	// west and east are how far zones are from UTC.
	west, east = 12 * time.Hour, 14 * time.Hour
)

// SalesWindows returns the windows with sales or refunds, the newest first, each step
// long and counted from 1970-01-01 UTC. It reads order lines: without a limit, all of
// the time asked for. With one, no window may span two days of the shop.
func (r *Reader) SalesWindows(ctx context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error) {
	m, err := r.manifest(q.Run)
	if err != nil {
		return warehouse.Answer[warehouse.SalesWindow]{}, err
	}
	all := warehouse.Answer[warehouse.SalesWindow]{State: stateOf(m)}
	the := windowsQuestion(q, step)
	the.run, the.from, the.to = m.Run, dateOf(q.From.Add(-west)), dateOf(q.To.Add(east+24*time.Hour))
	days := m.Tables[the.table].Between(the.from, the.to)
	for n := firstDays; len(days) > 0 && (q.Limit == 0 || len(all.Rows) < q.Limit); n *= 2 {
		at := 0
		if q.Limit > 0 {
			at = max(0, len(days)-n)
		}
		the.from = days[at].Date
		found, err := ask(ctx, r, the, func(rows *sql.Rows, w *warehouse.SalesWindow) error {
			err := rows.Scan(append([]any{&w.Start}, measures(&w.Sales)...)...)
			w.Start *= event.Time(step.Milliseconds())
			return err
		})
		if err != nil {
			return all, err
		}
		all.Rows = append(all.Rows, found.Rows...)
		days, the.to = days[:at], the.from
	}
	if q.Limit > 0 {
		all.Rows = all.Rows[:min(q.Limit, len(all.Rows))]
	}
	return all, nil
}

func dateOf(t event.Time) string { return t.Std().UTC().Format(time.DateOnly) }

// windowsQuestion is the question for the windows of q; its bounds are missing.
func windowsQuestion(q warehouse.SalesQuery, step time.Duration) question {
	where, args := conditions(condition{"country", q.Country}, condition{"category", q.Category})
	joint := " where "
	if where != "" {
		joint = " and "
	}
	where += joint + "ts >= epoch_ms(?::bigint) and ts < epoch_ms(?::bigint)"
	// Once for an order; of a category, once for those that touch it.
	orders, refunds := "cast(sum(is_order) as bigint)", "cast(sum(case when line_no = 0 then is_refund else 0 end) as bigint)"
	extras := "cast(sum(tax_minor) as bigint), cast(sum(shipping_minor) as bigint)"
	if q.Category != "" {
		orders, refunds = "count(distinct (lake_source, kpart, koffset)) filter (is_refund = 0)", "count(distinct (lake_source, kpart, koffset)) filter (is_refund = 1)"
		extras = "0::bigint, 0::bigint"
	}
	return question{
		table: "fact_order_line",
		args:  append(append([]any{step.Milliseconds()}, args...), int64(q.From), int64(q.To)),
		query: `
		with line as (select *, epoch_ms(ts) // ?::bigint as w from {{table}}` + where + `)
		select w, ` + orders + `, cast(coalesce(sum(quantity) filter (is_refund = 0), 0) as bigint), cast(coalesce(sum(net_minor) filter (is_refund = 0), 0) as bigint),
			` + refunds + `, cast(coalesce(-sum(quantity) filter (is_refund = 1), 0) as bigint), cast(coalesce(-sum(net_minor) filter (is_refund = 1), 0) as bigint), ` + extras + `
		from line group by w order by w desc`,
	}
}
