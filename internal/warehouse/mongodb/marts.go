package mongodb

import (
	"context"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// group is a stage that groups by an expression and adds up fields.
func group(by any, fields ...string) bson.D {
	stage := bson.D{e(fieldID, by)}
	for _, name := range fields {
		stage = append(stage, e(name, bson.D{e("$sum", "$"+name)}))
	}
	return bson.D{e("$group", stage)}
}

// expr is a stage, or an expression in one.
func expr(operator string, of any) bson.D { return bson.D{e(operator, of)} }

func sortBy(field string, direction int) bson.D {
	return bson.D{e("$sort", bson.D{e(field, direction)})}
}

// days is the filter of a question about whole days.
func days(q warehouse.DaysQuery) bson.D {
	return between(equal(nil, e("country", q.Country)), byDay, q.From, q.To)
}

// SessionDays returns days with sessions, the newest first.
func (r *Reader) SessionDays(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.SessionDay], error) {
	return ask(ctx, r, question{run: q.Run, table: "fact_session_day", filter: days(q), stages: []bson.D{
		group("$"+byDay, "sessions", "events", "views", "orders", "net_minor", "bounced", "with_view", "with_add", "with_checkout", "with_order", "reached_add", "reached_checkout", "reached_order"),
		sortBy(fieldID, -1),
	}}, func(_ *run, r record) warehouse.SessionDay {
		d := warehouse.SessionDay{Day: r.text(fieldID)}
		t := &d.Sessions
		t.Sessions, t.Events, t.Views, t.Orders, t.RevenueMinor, t.Bounced = r.number("sessions"), r.number("events"), r.number("views"), r.number("orders"), r.money("net_minor"), r.number("bounced")
		t.WithView, t.WithAdd, t.WithCheckout, t.WithOrder = r.number("with_view"), r.number("with_add"), r.number("with_checkout"), r.number("with_order")
		t.ReachedAdd, t.ReachedCheckout, t.ReachedOrder = r.number("reached_add"), r.number("reached_checkout"), r.number("reached_order")
		return d
	})
}

// Payments returns the sums of some days by method and status.
func (r *Reader) Payments(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[warehouse.Payment], error) {
	return ask(ctx, r, question{run: q.Run, table: "fact_payment_day", filter: days(q), stages: []bson.D{
		group(bson.D{e("method", "$payment_method"), e("status", "$status")}, "orders", "total_minor"),
		{e("$sort", bson.D{e("_id.method", 1), e("_id.status", 1)})},
	}}, func(_ *run, r record) warehouse.Payment {
		by := record{r.Lookup(fieldID).Document()}
		return warehouse.Payment{Method: by.text("method"), Status: event.Status(by.text("status")), Orders: r.number("orders"), TotalMinor: r.money("total_minor")}
	})
}

// Buyers returns one row: how many known customers completed an order on some days.
func (r *Reader) Buyers(ctx context.Context, q warehouse.DaysQuery) (warehouse.Answer[int64], error) {
	answer, err := ask(ctx, r, question{run: q.Run, table: "fact_customer_day", filter: append(days(q), e("orders", bson.D{e("$gt", 0)})), stages: []bson.D{
		group("$customer_key"),
		{e("$group", bson.D{e(fieldID, nil), e("customers", bson.D{e("$sum", 1)})})},
	}}, func(_ *run, r record) int64 { return r.number("customers") })
	if err == nil && len(answer.Rows) == 0 {
		answer.Rows = []int64{0}
	}
	return answer, err
}

// RFMCells returns the cells with customers, the highest scores first.
func (r *Reader) RFMCells(ctx context.Context, name string) (warehouse.Answer[warehouse.RFMCell], error) {
	return ask(ctx, r, question{run: name, table: "mart_rfm", stages: []bson.D{
		{e("$group", bson.D{
			e(fieldID, bson.D{e("r", "$r"), e("f", "$f"), e("m", "$m")}), e("customers", bson.D{e("$sum", 1)}), e("net_minor", bson.D{e("$sum", "$monetary_minor")}),
		})},
		{e("$sort", bson.D{e("_id.r", -1), e("_id.f", -1), e("_id.m", -1)})},
	}}, func(_ *run, r record) warehouse.RFMCell {
		by := record{r.Lookup(fieldID).Document()}
		return warehouse.RFMCell{R: by.number("r"), F: by.number("f"), M: by.number("m"), Customers: r.number("customers"), NetMinor: r.money("net_minor")}
	})
}

// Worth returns the classes with customers, the lowest first.
func (r *Reader) Worth(ctx context.Context, q warehouse.WorthQuery) (warehouse.Answer[warehouse.Worth], error) {
	bounds := bson.A{}
	for _, b := range q.Bounds {
		bounds = append(bounds, int64(b))
	}
	filter := equal(nil, e("segment", q.Segment), e("country", q.Country))
	filter = append(filter, e("monetary_minor", expr("$gte", bounds[0])))
	return ask(ctx, r, question{run: q.Run, table: "mart_rfm", filter: filter, stages: []bson.D{
		expr("$bucket", bson.D{
			e("groupBy", "$monetary_minor"), e("boundaries", append(bounds, int64(math.MaxInt64))),
			e("output", bson.D{e("customers", expr("$sum", 1)), e("net_minor", expr("$sum", "$monetary_minor"))}),
		}),
	}}, func(_ *run, r record) warehouse.Worth {
		return warehouse.Worth{From: r.money(fieldID), Customers: r.number("customers"), NetMinor: r.money("net_minor")}
	})
}

// Migration returns the moves between segments, by name; none where the snapshots do
// not reach back so far.
func (r *Reader) Migration(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error) {
	if q.Days == 0 {
		return r.movesBetween(ctx, q)
	}
	return ask(ctx, r, question{
		run: q.Run, table: "mart_migration", filter: bson.D{e("period", q.Days)}, sort: bson.D{e("from_segment", 1), e("to_segment", 1)},
	}, func(_ *run, r record) warehouse.Move {
		return warehouse.Move{From: r.text("from_segment"), To: r.text("to_segment"), Customers: r.number("customers")}
	})
}

// movesBetween counts who was in which segment on one day and on another. Who stayed in
// one all the time is counted without being looked up by customer.
func (r *Reader) movesBetween(ctx context.Context, q warehouse.MigrationQuery) (warehouse.Answer[warehouse.Move], error) {
	first, err := ask(ctx, r, question{run: q.Run, table: "mart_segment_interval", sort: bson.D{e("from_date", 1)}, limit: 1},
		func(_ *run, r record) string { return r.text("from_date") })
	if err != nil || len(first.Rows) == 0 || first.Rows[0] > q.From {
		return warehouse.Answer[warehouse.Move]{State: first.State}, err
	}
	on := func(day string) bson.D { // whether an interval has a day
		return expr("$and", bson.A{expr("$lte", bson.A{"$from_date", day}), expr("$or", bson.A{expr("$eq", bson.A{"$to_date", nil}), expr("$gt", bson.A{"$to_date", day})})})
	}
	where := func(flag string) bson.D { return expr("$max", expr("$cond", bson.A{flag, "$segment", ""})) }
	both := expr("$and", bson.A{"$was", "$present"})
	return ask(ctx, r, question{run: first.State.Run, table: "mart_segment_interval", filter: bson.D{e("from_date", expr("$lte", q.To))}, stages: []bson.D{
		expr("$project", bson.D{e("customer_key", 1), e("segment", 1), e("was", on(q.From)), e("present", on(q.To))}),
		expr("$match", expr("$or", bson.A{expr("was", true), expr("present", true)})),
		expr("$group", bson.D{
			e(fieldID, expr("$cond", bson.A{both, "$segment", "$customer_key"})),
			e("from", where("$was")), e("to", where("$present")), e("customers", expr("$sum", expr("$cond", bson.A{both, 1, 0}))),
		}),
		expr("$group", bson.D{e(fieldID, bson.D{e("from", "$from"), e("to", "$to")}), e("customers", expr("$sum", expr("$max", bson.A{"$customers", 1})))}),
		expr("$sort", bson.D{e("_id.from", 1), e("_id.to", 1)}),
	}}, func(_ *run, r record) warehouse.Move {
		by := record{r.Lookup(fieldID).Document()}
		return warehouse.Move{From: by.text("from"), To: by.text("to"), Customers: r.number("customers")}
	})
}

// PriceHistory returns what the catalogue said of a product, the newest first.
func (r *Reader) PriceHistory(ctx context.Context, name, productID string) (warehouse.Answer[warehouse.PriceChange], error) {
	return ask(ctx, r, question{
		run: name, table: "dim_product", filter: bson.D{e("product_id", productID)}, sort: bson.D{e("valid_from", -1)},
	}, func(_ *run, r record) warehouse.PriceChange {
		return warehouse.PriceChange{
			Name: orNil(r, "name", r.text), Brand: orNil(r, "brand", r.text), Category: orNil(r, "category", r.text),
			PriceMinor: orNil(r, "price_minor", r.money), CostMinor: orNil(r, "cost_minor", r.money), Active: orNil(r, "active", r.flag),
			From: r.time("valid_from"), To: orNil(r, "valid_to", r.time),
		}
	})
}

// Pairs returns pairs in the order asked for; equal ones by their ids.
func (r *Reader) Pairs(ctx context.Context, q warehouse.PairQuery) (warehouse.Answer[warehouse.Pair], error) {
	column, err := q.Sort.Column()
	if err != nil {
		return warehouse.Answer[warehouse.Pair]{}, err
	}
	var filter bson.D
	if q.ProductID != "" {
		filter = bson.D{e("$or", bson.A{bson.D{e("product_a", q.ProductID)}, bson.D{e("product_b", q.ProductID)}})}
	}
	return ask(ctx, r, question{
		run: q.Run, table: "mart_affinity", filter: filter, sort: bson.D{e(column, -1), e("product_a", 1), e("product_b", 1)}, skip: q.Skip, limit: q.Limit,
	}, func(_ *run, r record) warehouse.Pair {
		return warehouse.Pair{
			A: r.text("product_a"), B: r.text("product_b"), Orders: r.number("orders"), Support: orNil(r, "support", r.ratio),
			ConfidenceAB: orNil(r, "confidence_ab", r.ratio), ConfidenceBA: orNil(r, "confidence_ba", r.ratio), Lift: orNil(r, "lift", r.ratio),
		}
	})
}

// Pareto returns the steps of the products that sold something, the best first.
func (r *Reader) Pareto(ctx context.Context, q warehouse.ParetoQuery) (warehouse.Answer[warehouse.ParetoStep], error) {
	sold, err := ask(ctx, r, question{
		run: q.Run, table: "mart_product", filter: bson.D{e("period", q.Days), e("net_minor", bson.D{e("$gt", 0)})},
		only: []string{"abc", "revenue_rank", "net_minor"}, sort: bson.D{e("net_minor", -1)},
	}, func(_ *run, r record) warehouse.ParetoStep {
		return warehouse.ParetoStep{Hundredth: r.number("revenue_rank"), ABC: r.text("abc"), Products: 1, NetMinor: r.money("net_minor")}
	})
	steps := warehouse.Answer[warehouse.ParetoStep]{State: sold.State}
	for _, one := range sold.Rows { // by rank, and so by class
		one.Hundredth = min(100, (one.Hundredth-1)*100/int64(len(sold.Rows))+1)
		last := len(steps.Rows) - 1
		if last < 0 || steps.Rows[last].Hundredth != one.Hundredth || steps.Rows[last].ABC != one.ABC {
			steps.Rows = append(steps.Rows, one)
			continue
		}
		steps.Rows[last].Products++
		steps.Rows[last].NetMinor += one.NetMinor
	}
	return steps, err
}
