package mongodb

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// dayFields are the measures of facts by day; those by category have no tax and shipping.
var dayFields = []string{"orders", "units", "net_minor", "refunds", "returned_units", "refund_minor", "tax_minor", "shipping_minor"}

// salesOf is the sales of a group of facts by day, which are net of what was given back.
func (r record) sales() store.Sales {
	return store.Sales{
		Orders: r.number("orders"), Units: r.number("units") + r.number("returned_units"), RevenueMinor: r.money("net_minor") + r.money("refund_minor"),
		Refunds: r.number("refunds"), UnitsReturned: r.number("returned_units"), RefundedMinor: r.money("refund_minor"),
		TaxMinor: r.money("tax_minor"), ShippingMinor: r.money("shipping_minor"),
	}
}

// SalesDays returns the days with sales or refunds, the newest first.
func (r *Reader) SalesDays(ctx context.Context, q warehouse.SalesDaysQuery) (warehouse.Answer[warehouse.SalesDay], error) {
	the := question{run: q.Run, table: "fact_sales_day", filter: between(equal(nil, e("country", q.Country), e("category", q.Category)), byDay, q.From, q.To)}
	if q.Category != "" {
		the.table = "fact_category_day"
	}
	the.stages = []bson.D{group("$"+byDay, dayFields...), sortBy(fieldID, -1)}
	if q.Limit > 0 {
		the.stages = append(the.stages, bson.D{e("$limit", q.Limit)})
	}
	return ask(ctx, r, the, func(_ *run, r record) warehouse.SalesDay {
		return warehouse.SalesDay{Day: r.text(fieldID), Sales: r.sales()}
	})
}

// SalesDaysSplit returns the sales of the days of q by country or category, in their
// order. Tax and shipping are 0 in it. A limit has no meaning.
func (r *Reader) SalesDaysSplit(ctx context.Context, q warehouse.SalesDaysQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	column, err := warehouse.SplitColumn(by)
	if err != nil {
		return warehouse.Answer[store.SalesPart]{}, err
	}
	the := question{run: q.Run, table: "fact_category_day", filter: between(equal(nil, e("country", q.Country), e("category", q.Category)), byDay, q.From, q.To)}
	if by == store.ByCountry && q.Category == "" {
		the.table = "fact_sales_day"
	}
	the.stages = []bson.D{group("$"+column, dayFields[:6]...), sortBy(fieldID, 1)}
	return ask(ctx, r, the, func(_ *run, r record) store.SalesPart {
		return store.SalesPart{Name: r.text(fieldID), Sales: r.sales()}
	})
}

// SalesSplit returns the sales of the time of q by country or category, the last
// name first. It reads order lines, all of that time.
func (r *Reader) SalesSplit(ctx context.Context, q warehouse.SalesQuery, by store.Split) (warehouse.Answer[store.SalesPart], error) {
	column, err := warehouse.SplitColumn(by)
	if err != nil {
		return warehouse.Answer[store.SalesPart]{}, err
	}
	state, found, err := lines(ctx, r, q, "$"+column, by == store.ByCategory, func(r record) string { return r.text("w") })
	answer := warehouse.Answer[store.SalesPart]{State: state}
	for name, sales := range found {
		answer.Rows = append(answer.Rows, store.SalesPart{Name: name, Sales: *sales})
	}
	slices.SortFunc(answer.Rows, func(a, b store.SalesPart) int { return cmp.Compare(b.Name, a.Name) })
	return answer, err
}

// firstSpan is how much time order lines are read of at first for the newest windows;
// then twice as much each time, until there are enough.
const firstSpan = 48 * time.Hour

// SalesWindows returns the windows with sales or refunds, the newest first, each step
// long and counted from 1970-01-01 UTC. It reads order lines: without a limit, all of
// the time asked for.
func (r *Reader) SalesWindows(ctx context.Context, q warehouse.SalesQuery, step time.Duration) (warehouse.Answer[warehouse.SalesWindow], error) {
	at, err := r.at(ctx, q.Run)
	if err != nil {
		return warehouse.Answer[warehouse.SalesWindow]{}, err
	}
	all := warehouse.Answer[warehouse.SalesWindow]{State: at.state()}
	width := event.Time(step.Milliseconds())
	part := q
	part.Run = at.Name
	for span := event.Time(firstSpan.Milliseconds()); part.To > q.From && (q.Limit == 0 || len(all.Rows) < q.Limit); span *= 2 {
		if q.Limit > 0 {
			newest, err := r.newestLine(ctx, part)
			if err != nil || newest < q.From {
				return all, err
			}
			part.From = max(q.From, (newest-span)/width*width) // no window is cut
		}
		windows, err := r.windows(ctx, part, width)
		if err != nil {
			return all, err
		}
		all.Rows = append(all.Rows, windows...)
		part.From, part.To = q.From, part.From
	}
	if q.Limit > 0 {
		all.Rows = all.Rows[:min(q.Limit, len(all.Rows))]
	}
	return all, nil
}

// windows are those of the time of q, the newest first.
func (r *Reader) windows(ctx context.Context, q warehouse.SalesQuery, width event.Time) (all []warehouse.SalesWindow, err error) {
	since := bson.D{e("$subtract", bson.A{"$ts", time.UnixMilli(0)})}
	start := bson.D{e("$subtract", bson.A{since, bson.D{e("$mod", bson.A{since, int64(width)})}})}
	_, found, err := lines(ctx, r, q, start, false, func(r record) event.Time { return event.Time(r.number("w")) })
	for at, sales := range found {
		all = append(all, warehouse.SalesWindow{Start: at, Sales: *sales})
	}
	slices.SortFunc(all, func(a, b warehouse.SalesWindow) int { return cmp.Compare(b.Start, a.Start) })
	return all, err
}

// newestLine is the time of the newest order line of q; one before q.From is none.
func (r *Reader) newestLine(ctx context.Context, q warehouse.SalesQuery) (event.Time, error) {
	found, err := ask(ctx, r, question{run: q.Run, table: "fact_order_line", filter: linesOf(q), sort: bson.D{e("ts", -1)}, limit: 1, only: []string{"ts"}},
		func(_ *run, r record) event.Time { return event.TimeOf(r.time("ts")) })
	if err != nil || len(found.Rows) == 0 {
		return q.From - 1, err
	}
	return found.Rows[0], nil
}

func linesOf(q warehouse.SalesQuery) bson.D {
	return append(equal(nil, e("country", q.Country), e("category", q.Category)), e("ts", bson.D{e("$gte", q.From.Std()), e("$lt", q.To.Std())}))
}

// lines adds up the order lines of q by what an expression says of a line. An order
// counts once; with touched, or of a category, once where a line of it counts.
func lines[K comparable](ctx context.Context, r *Reader, q warehouse.SalesQuery, by any, touched bool, key func(record) K) (warehouse.State, map[K]*store.Sales, error) {
	touched = touched || q.Category != ""
	sums := bson.D{
		e("quantity", bson.D{e("$sum", "$quantity")}), e("net", bson.D{e("$sum", "$net_minor")}),
		e("tax", bson.D{e("$sum", "$tax_minor")}), e("shipping", bson.D{e("$sum", "$shipping_minor")}), e("orders", bson.D{e("$sum", "$is_order")}),
		e("refunds", bson.D{e("$sum", bson.D{e("$cond", bson.A{bson.D{e("$eq", bson.A{"$line_no", 0})}, "$is_refund", 0})})}),
	}
	what := bson.D{e("w", by), e("refund", "$is_refund")}
	stages := []bson.D{{e("$group", append(bson.D{e(fieldID, what)}, sums...))}}
	if touched { // the lines of an order first
		order := append(slices.Clone(what), e("source", "$lake_source"), e("part", "$kpart"), e("offset", "$koffset"))
		stages = []bson.D{
			{e("$group", append(bson.D{e(fieldID, order)}, sums...))},
			{e("$group", bson.D{
				e(fieldID, bson.D{e("w", "$_id.w"), e("refund", "$_id.refund")}), e("touched", bson.D{e("$sum", 1)}),
				e("quantity", bson.D{e("$sum", "$quantity")}), e("net", bson.D{e("$sum", "$net")}),
			})},
		}
	}
	found, err := ask(ctx, r, question{run: q.Run, table: "fact_order_line", filter: linesOf(q), stages: stages}, func(_ *run, r record) record { return r })
	all := map[K]*store.Sales{}
	for _, one := range found.Rows {
		of := record{one.Lookup(fieldID).Document()}
		k := key(of)
		if all[k] == nil {
			all[k] = &store.Sales{}
		}
		addLines(all[k], one, of.number("refund") == 1, touched)
	}
	return found.State, all, err
}

// addLines adds the sums of orders, or of refunds, to sales.
func addLines(s *store.Sales, r record, refund, touched bool) {
	orders, refunds := r.number("orders"), r.number("refunds")
	if touched {
		orders, refunds = r.number("touched"), r.number("touched")
	}
	if refund {
		s.Refunds += refunds
		s.UnitsReturned -= r.number("quantity")
		s.RefundedMinor -= r.money("net")
	} else {
		s.Orders += orders
		s.Units += r.number("quantity")
		s.RevenueMinor += r.money("net")
	}
	s.TaxMinor += r.money("tax")
	s.ShippingMinor += r.money("shipping")
}
