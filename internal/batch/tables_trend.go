package batch

var trendTables = []Table{
	{
		Name: "trend_buyers", Job: Trends, Grain: Month, SQL: "60_trend_buyers.sql",
		Key:     keys("granularity, bucket, country"),
		Note:    "distinct known customers with a completed order in a day, a week that has a day in the month, or the month; country '' is all",
		Inputs:  []Input{{Name: "fact_customer_day", Before: 6, After: 6}},
		Columns: columns(`granularity varchar, bucket date, country varchar, buyers bigint`),
	},
	{
		Name: "mart_trend", Job: Trends, SQL: "61_mart_trend.sql",
		Key:  keys("granularity, bucket, country, category"),
		Note: "a day, ISO week (bucket is its Monday) or month of a country and category; '' is all of them; buyers only of all categories",
		Inputs: []Input{
			{Name: "fact_sales_day", Before: All, After: All},
			{Name: "fact_category_day", Before: All, After: All},
			{Name: "trend_buyers", Before: All, After: All},
			{Name: "dim_date"},
		},
		Columns: columns(`granularity varchar, bucket date, country varchar, category varchar, net_minor bigint, refund_minor bigint, orders bigint, units bigint, buyers bigint,
			prev_net_minor bigint, change double, year_ago_net_minor bigint, year_change double, moving_avg_minor bigint, is_complete int`),
	},
}
