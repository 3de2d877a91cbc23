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
		select cast(event_date as varchar) as day, ` + dayMeasures + extras + `
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

// dayMeasures are the measures of facts by day but for tax and shipping.
const dayMeasures = `cast(sum(orders) as bigint), cast(sum(units + returned_units) as bigint), cast(sum(net_minor + refund_minor) as bigint),
			cast(sum(refunds) as bigint), cast(sum(returned_units) as bigint), cast(sum(refund_minor) as bigint), `

// SalesDaysSplit returns the sales of the days of q by country or category, in their
// order. Tax and shipping are 0 in it. A limit has no meaning.
func (r *Reader) SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	where, args := conditions(condition{"country", q.Country}, condition{"category", q.Category})
	the := question{run: q.Run, table: "fact_category_day", from: q.From, to: q.To, args: args}
	if by == store.ByCountry && q.Category == "" {
		the.table = "fact_sales_day"
	}
	column, err := warehouse.SplitColumn(by)
	if err != nil {
		return warehouse.Answer[store.SalesPart]{}, err
	}
	the.query = "select " + column + " as name, " + dayMeasures + "0::bigint, 0::bigint from {{table}}" + where + " group by name order by name"
	return ask(ctx, r, the, scanPart)
}

// SalesSplit returns the sales of the time of q by country or category, the last
// name first. It reads order lines, all of that time.
func (r *Reader) SalesSplit(ctx context.Context, q warehouse.SalesQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	column, err := warehouse.SplitColumn(by)
	if err != nil {
		return warehouse.Answer[store.SalesPart]{}, err
	}
	the := linesQuestion(q, column, nil, by == store.ByCategory)
	the.run, the.from, the.to = q.Run, dateOf(q.From.Add(-west)), dateOf(q.To.Add(east+24*time.Hour))
	return ask(ctx, r, the, scanPart)
}

func scanPart(rows *sql.Rows, p *store.SalesPart) error {
	return rows.Scan(append([]any{&p.Name}, measures(&p.Sales)...)...)
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
	return linesQuestion(q, "epoch_ms(ts) // ?::bigint", []any{step.Milliseconds()}, false)
}

// linesQuestion is the question for the order lines of q, summed by what group says,
// an expression of a line, the highest first; its bounds are missing. An order counts
// once; with touched, or of a category, once where a line of it counts.
func linesQuestion(q warehouse.SalesQuery, group string, args []any, touched bool) question {
	where, filters := conditions(condition{"country", q.Country}, condition{"category", q.Category})
	joint := " where "
	if where != "" {
		joint = " and "
	}
	where += joint + "ts >= epoch_ms(?::bigint) and ts < epoch_ms(?::bigint)"
	orders, refunds := "cast(sum(is_order) as bigint)", "cast(sum(case when line_no = 0 then is_refund else 0 end) as bigint)"
	extras := "cast(sum(tax_minor) as bigint), cast(sum(shipping_minor) as bigint)"
	if q.Category != "" || touched {
		orders, refunds = "count(distinct (lake_source, kpart, koffset)) filter (is_refund = 0)", "count(distinct (lake_source, kpart, koffset)) filter (is_refund = 1)"
		extras = "0::bigint, 0::bigint"
	}
	return question{
		table: "fact_order_line",
		args:  append(append(args, filters...), int64(q.From), int64(q.To)),
		query: `
		with line as (select *, ` + group + ` as w from {{table}}` + where + `)
		select w, ` + orders + `, cast(coalesce(sum(quantity) filter (is_refund = 0), 0) as bigint), cast(coalesce(sum(net_minor) filter (is_refund = 0), 0) as bigint),
			` + refunds + `, cast(coalesce(-sum(quantity) filter (is_refund = 1), 0) as bigint), cast(coalesce(-sum(net_minor) filter (is_refund = 1), 0) as bigint), ` + extras + `
		from line group by w order by w desc`,
	}
}
