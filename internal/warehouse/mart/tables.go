package mart

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
)

// copies are the tables that have columns of one of the warehouse, and all its rows
// unless a query picks some.
var copies = []struct{ name, from, columns, query string }{
	{name: "segment", from: "mart_segment", columns: `segment, position, customers, customer_share, net_minor, revenue_share, avg_recency_days, avg_frequency,
			avg_monetary_minor`},
	{name: "segment_migration", from: "mart_migration", columns: `period, from_segment, to_segment, customers`},
	{name: "rfm_score", from: "mart_rfm_score", columns: `measure, score, customers, customer_share, lowest, highest`},
	{name: "product", from: "mart_product", columns: `period, product_id, name, brand, category, views, orders, units, net_minor, returned_units, return_rate, view_to_buy,
			cost_minor, margin_minor, margin_rate, revenue_rank, rank_in_category, previous_rank, rank_change, abc`},
	{name: "affinity", from: "mart_affinity", columns: `product_a, product_b, orders, support, confidence_ab, confidence_ba, lift`, query: "select * from {{table}} order by orders desc, lift desc, product_a, product_b limit 1000"},
	{name: "trend", from: "mart_trend", columns: `granularity, bucket, country, category, net_minor, refund_minor, orders, units, buyers, prev_net_minor, change,
			year_ago_net_minor, year_change, moving_avg_minor, is_complete`},
	{name: "cohort", from: "mart_cohort", columns: `cohort, month, age_months, customers, retention, net_minor, is_complete`},
	{name: "category", from: "dim_category", columns: `category, products, first_sold, last_sold`},
	{name: "country", from: "dim_geography", columns: `country, first_sold, last_sold`},
}

// sums are the tables that sum one of the warehouse up.
var sums = []change.Table{
	{
		From: "mart_rfm",
		Query: `select r, f, m, segment, cast(count(*) as bigint) as customers, cast(sum(monetary_minor) as bigint) as net_minor
			from {{table}} group by r, f, m, segment`,
		Shape: warehouse.Shape{
			Name: "rfm_cell", Key: []string{"r", "f", "m"},
			Columns: []warehouse.Column{{Name: "r", Type: "int"}, {Name: "f", Type: "int"}, {Name: "m", Type: "int"}, {Name: "segment", Type: "varchar"}, {Name: "customers", Type: "bigint"}, {Name: "net_minor", Type: "bigint"}},
		},
	},
	{
		From: "mart_product",
		Query: `select period, abc, products, units, net_minor,
				cast(net_minor as double) / cast(nullif(sum(net_minor) over (partition by period), 0) as double) as revenue_share
			from (
				select period, abc, count(*) as products, cast(sum(units) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor
				from {{table}} group by period, abc)`,
		Shape: warehouse.Shape{
			Name: "product_abc", Key: []string{"period", "abc"},
			Columns: []warehouse.Column{{Name: "period", Type: "int"}, {Name: "abc", Type: "varchar"}, {Name: "products", Type: "bigint"}, {Name: "units", Type: "bigint"}, {Name: "net_minor", Type: "bigint"}, {Name: "revenue_share", Type: "double"}},
		},
	},
}

// Tables returns the tables of schema mart, as they are made of those of the warehouse.
func Tables(shapes []warehouse.Shape) ([]change.Table, error) {
	tables := slices.Clone(sums)
	for _, c := range copies {
		i := slices.IndexFunc(shapes, func(s warehouse.Shape) bool { return s.Name == c.from })
		if i < 0 {
			return nil, fmt.Errorf("mart: %s: the warehouse has no table %s", c.name, c.from)
		}
		columns, err := pick(shapes[i], c.columns)
		if err != nil {
			return nil, fmt.Errorf("mart: %s: %w", c.name, err)
		}
		shape := warehouse.Shape{Name: c.name, Columns: columns, Key: shapes[i].Key}
		tables = append(tables, change.Table{Shape: shape, From: c.from, Query: c.query})
	}
	return tables, nil
}

// pick returns the columns of those names.
func pick(s warehouse.Shape, list string) ([]warehouse.Column, error) {
	var picked []warehouse.Column
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		i := slices.IndexFunc(s.Columns, func(c warehouse.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("table %s of the warehouse has no column %s", s.Name, name)
		}
		picked = append(picked, s.Columns[i])
	}
	return picked, nil
}
