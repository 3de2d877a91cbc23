package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// money is the amount of a field.
func (r record) money(field string) event.Minor { return event.Minor(r.number(field)) }

// Segments returns every segment, the best first.
func (r *Reader) Segments(ctx context.Context, run string) (warehouse.Answer[warehouse.Segment], error) {
	return ask(ctx, r, question{run: run, table: "mart_segment", sort: bson.D{e("position", 1)}}, segmentOf)
}

func segmentOf(_ *run, r record) warehouse.Segment {
	return warehouse.Segment{
		Name: r.text("segment"), Customers: r.number("customers"), CustomerShare: orNil(r, "customer_share", r.ratio),
		NetMinor: r.money("net_minor"), RevenueShare: orNil(r, "revenue_share", r.ratio),
		AvgRecencyDays: orNil(r, "avg_recency_days", r.ratio), AvgFrequency: orNil(r, "avg_frequency", r.ratio),
		AvgMonetaryMinor: orNil(r, "avg_monetary_minor", r.money),
	}
}

// Customers returns customers, by segment and falling monetary value.
func (r *Reader) Customers(ctx context.Context, q warehouse.CustomerQuery) (warehouse.Answer[warehouse.Customer], error) {
	return ask(ctx, r, question{
		run: q.Run, table: "mart_rfm", skip: q.Skip, limit: q.Limit,
		filter: equal(nil, e("segment", q.Segment), e("country", q.Country), e("user_id", q.UserID)),
		sort:   bson.D{e("segment", 1), e("monetary_minor", -1), e("customer_key", 1)},
	}, customerOf)
}

func customerOf(at *run, r record) warehouse.Customer {
	last := r.text("last_order_date")
	return warehouse.Customer{
		UserID: r.text("user_id"), Country: r.text("country"), Segment: r.text("segment"), LastOrder: last,
		RecencyDays: daysFrom(last, at.Tables["mart_rfm"]), Frequency: r.number("frequency"), MonetaryMinor: r.money("monetary_minor"),
		R: r.number("r"), F: r.number("f"), M: r.number("m"),
	}
}

// Categories returns the names of all categories, by name.
func (r *Reader) Categories(ctx context.Context, run string) (warehouse.Answer[string], error) {
	return r.texts(ctx, run, "dim_category", "category")
}

// Countries returns the codes of all countries that were sold to, in order.
func (r *Reader) Countries(ctx context.Context, run string) (warehouse.Answer[string], error) {
	return r.texts(ctx, run, "dim_geography", "country")
}

// texts returns the values of a column, in order.
func (r *Reader) texts(ctx context.Context, name, table, column string) (warehouse.Answer[string], error) {
	return ask(ctx, r, question{run: name, table: table, sort: bson.D{e(column, 1)}, only: []string{column}}, func(_ *run, r record) string { return r.text(column) })
}

// Products returns products in the order asked for; equal ones by period, category and
// falling revenue.
func (r *Reader) Products(ctx context.Context, q warehouse.ProductQuery) (warehouse.Answer[warehouse.Product], error) {
	column, err := q.Sort.Column()
	if err != nil {
		return warehouse.Answer[warehouse.Product]{}, err
	}
	sort := bson.D{e(column, -1)} // null is the lowest, so it comes last
	if q.Days == 0 {
		sort = append(sort, e("period", 1))
	}
	if q.Category == "" {
		sort = append(sort, e("category", 1))
	}
	if column != "net_minor" {
		sort = append(sort, e("net_minor", -1))
	}
	return ask(ctx, r, question{
		run: q.Run, table: "mart_product", skip: q.Skip, limit: q.Limit, sort: append(sort, e("product_key", 1)),
		filter: equal(nil, e("period", q.Days), e("category", q.Category), e("product_id", q.ProductID)),
	}, productOf)
}

func productOf(_ *run, r record) warehouse.Product {
	return warehouse.Product{
		ID: r.text("product_id"), Days: int(r.number("period")), Name: orNil(r, "name", r.text), Brand: orNil(r, "brand", r.text), Category: orNil(r, "category", r.text),
		Views: r.number("views"), Orders: r.number("orders"), Units: r.number("units"), NetMinor: r.money("net_minor"), ReturnedUnits: r.number("returned_units"),
		ReturnRate: orNil(r, "return_rate", r.ratio), ViewToBuy: orNil(r, "view_to_buy", r.ratio),
		MarginMinor: orNil(r, "margin_minor", r.money), MarginRate: orNil(r, "margin_rate", r.ratio),
		RevenueRank: r.number("revenue_rank"), RankInCategory: r.number("rank_in_category"), PreviousRank: orNil(r, "previous_rank", r.number),
		RankChange: orNil(r, "rank_change", r.number), ABC: r.text("abc"),
	}
}

// Trend returns a series, the newest period first.
func (r *Reader) Trend(ctx context.Context, q warehouse.TrendQuery) (warehouse.Answer[warehouse.TrendPoint], error) {
	// Of country and category, the empty text is a series of its own: all together.
	filter := bson.D{e("granularity", q.Granularity), e("country", q.Country), e("category", q.Category)}
	return ask(ctx, r, question{
		run: q.Run, table: "mart_trend", filter: between(filter, "bucket", q.From, q.To), sort: bson.D{e("bucket", -1)}, skip: q.Skip, limit: q.Limit,
	}, trendOf)
}

func trendOf(_ *run, r record) warehouse.TrendPoint {
	return warehouse.TrendPoint{
		Start: r.text("bucket"), NetMinor: r.money("net_minor"), RefundMinor: r.money("refund_minor"), Orders: r.number("orders"), Units: r.number("units"),
		Buyers: orNil(r, "buyers", r.number), PrevMinor: orNil(r, "prev_net_minor", r.money), Change: orNil(r, "change", r.ratio),
		YearAgoMinor: orNil(r, "year_ago_net_minor", r.money), YearChange: orNil(r, "year_change", r.ratio),
		MovingAvg: orNil(r, "moving_avg_minor", r.money), Complete: r.number("is_complete") == 1,
	}
}

// Cohorts returns cohorts by month, each by age.
func (r *Reader) Cohorts(ctx context.Context, q warehouse.CohortQuery) (warehouse.Answer[warehouse.CohortCell], error) {
	return ask(ctx, r, question{
		run: q.Run, table: "mart_cohort", filter: between(nil, "cohort", q.From, q.To), sort: bson.D{e("cohort", 1), e("month", 1)},
	}, func(_ *run, r record) warehouse.CohortCell {
		return warehouse.CohortCell{
			Cohort: r.text("cohort"), Month: r.text("month"), Age: r.number("age_months"), Customers: r.number("customers"),
			Retention: orNil(r, "retention", r.ratio), NetMinor: r.money("net_minor"), Complete: r.number("is_complete") == 1,
		}
	})
}
