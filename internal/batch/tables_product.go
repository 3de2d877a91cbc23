package batch

import "strconv"

// productAges are the ages of product_base: the days from..to before the as-of date,
// without the last. Four periods, and those before them, are sums of them.
var productAges = [][2]int{{7, 0}, {14, 7}, {30, 14}, {60, 30}, {90, 60}, {180, 90}, {365, 180}, {730, 365}}

// productAgeInputs are the days of fact_product_day by age: product_age1 and so on.
func productAgeInputs() []Input {
	var all []Input
	for i, age := range productAges {
		all = append(all, Input{Name: "fact_product_day", As: "product_age" + strconv.Itoa(i+1), Before: age[0], After: -age[1]})
	}
	return all
}

var productTables = []Table{
	{
		Name: "product_base", Job: Products, SQL: "50_product_base.sql", Merge: "50_product_base_merge.sql",
		Key:    keys("age, product_key"),
		Note:   "a product's sums over the days of an age; days are its rows in fact_product_day, unknown_costs those whose cost is not known",
		Inputs: productAgeInputs(),
		Columns: columns(`age int, product_key bigint, days bigint, views bigint, orders bigint, units bigint, net_minor bigint,
			returned_units bigint, cost_minor bigint, unknown_costs bigint`),
	},
	{
		Name: "product_unlisted", Job: Products, SQL: "51_product_unlisted.sql", Merge: "51_product_unlisted_merge.sql",
		Key:     keys("product_key, product_id, category"),
		Note:    "a product of the 365 days before the as-of date whose category the catalogue never said: what the days say; days are its rows in fact_product_day",
		Inputs:  []Input{{Name: "fact_product_day", Before: 365}, {Name: "dim_product"}},
		Columns: columns(`product_key bigint, product_id varchar, category varchar, days bigint`),
	},
	{
		Name: "mart_product", Job: Products, SQL: "52_mart_product.sql", Paged: true,
		Key:    keys("period, product_id"),
		Note:   "a product in the 7, 30, 90 or 365 days (period) before the as-of date",
		Inputs: []Input{{Name: "product_base"}, {Name: "product_unlisted"}, {Name: "dim_product"}, {Name: "dim_geography"}},
		Columns: columns(`period int, product_key bigint, product_id varchar, name varchar, brand varchar, category varchar, views bigint, orders bigint, units bigint, net_minor bigint,
			returned_units bigint, return_rate double, view_to_buy double, cost_minor bigint, margin_minor bigint, margin_rate double, revenue_rank bigint,
			rank_in_category bigint, previous_rank bigint, rank_change bigint, abc varchar`),
	},
	{
		Name: "mart_affinity", Job: Products, SQL: "54_mart_affinity.sql",
		Key:     keys("product_a, product_b"),
		Note:    "two products that were bought together in at least 5 orders of the 30 days before the as-of date; orders of more than 50 products count nowhere",
		Inputs:  []Input{{Name: "fact_basket_pair", Before: 30}, {Name: "fact_sales_day", Before: 30}, {Name: "fact_order_line", Before: 30}, {Name: "product_base"}},
		Columns: columns(`product_a varchar, product_b varchar, orders bigint, support double, confidence_ab double, confidence_ba double, lift double`),
	},
}
