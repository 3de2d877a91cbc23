package batch

import "globalmart/internal/event"

// lakeOrders and the others are the views of what the log and the other sources of
// the lake hold.
var (
	lakeOrders    = Lake(event.TopicTransactions)
	lakeViews     = Lake(event.TopicProductViews)
	lakeCarts     = Lake(event.TopicCartEvents)
	lakeProducts  = Lake(event.TopicProducts)
	lakeCustomers = Lake(event.TopicCustomers)
)

// lakeColumns are the columns of the lake that the SQL can use; lake_source says
// which source a row is from, lake_file which file.
var lakeColumns = map[string][]Column{
	lakeOrders: columns(lakeHead + `, line_no int, transaction_id varchar, status varchar, refund_id varchar, payment_method varchar, tax_minor bigint,
		shipping_minor bigint, total_minor bigint, base_total_minor bigint, is_order int, product_id varchar, category varchar, quantity bigint,
		base_amount_minor bigint, is_product_order int`),
	lakeViews:     columns(lakeHead + `, product_id varchar, category varchar`),
	lakeCarts:     columns(lakeHead + `, action varchar, product_id varchar, category varchar`),
	lakeProducts:  columns(lakeHead + `, product_id varchar, name varchar, brand varchar, category varchar, price_minor bigint, cost_minor bigint, active boolean`),
	lakeCustomers: columns(lakeHead + `, registered_at timestamp`),
}

const lakeHead = `log_partition int, log_offset bigint, received_at timestamp, valid boolean, event_id varchar, event_time timestamp, event_date date,
	source varchar, visitor_id varchar, user_id varchar, country varchar, device varchar`

var etlTables = []Table{
	{
		Name: "event_duplicate", Job: ETL, Grain: Day, SQL: "10_event_duplicate.sql",
		Key:     keys("topic, lake_source, kpart, koffset"),
		Note:    "a valid record that repeats an event, or an order under another event_id, that was received before it: nothing counts it",
		Inputs:  []Input{{Name: lakeOrders, Before: 1, After: 1}, {Name: lakeViews, Before: 1, After: 1}, {Name: lakeCarts, Before: 1, After: 1}},
		Columns: columns(`event_date date, topic varchar, lake_source varchar, kpart int, koffset bigint, event_id varchar, repeats varchar`),
	},
	{
		Name: "fact_order_line", Job: ETL, Grain: Day, SQL: "11_fact_order_line.sql",
		Key:    keys("lake_source, kpart, koffset, line_no"),
		Note:   "a line of a completed order, or of a refund: negative, and dated by its own time",
		Inputs: []Input{{Name: lakeOrders}, {Name: "event_duplicate"}},
		Columns: columns(`event_date date, ts timestamp, event_id varchar, transaction_id varchar, refund_id varchar, customer_key bigint, user_id varchar,
			visitor_id varchar, product_key bigint, product_id varchar, category varchar, country varchar, line_no int, is_refund int, quantity bigint,
			net_minor bigint, is_order int, is_product_order int, tax_minor bigint, shipping_minor bigint, payment_method varchar, source varchar,
			lake_source varchar, received_at timestamp, kpart int, koffset bigint`),
	},
	{
		Name: "dim_product", Job: ETL, SQL: "12_dim_product.sql", Merge: "12_dim_product_merge.sql",
		Key:    keys("product_id, valid_from"),
		Note:   "what the catalogue said of a product from valid_from until valid_to (SCD type 2)",
		Inputs: []Input{{Name: lakeProducts, Before: All, After: All}},
		Columns: columns(`product_key bigint, product_id varchar, name varchar, brand varchar, category varchar, price_minor bigint, cost_minor bigint,
			active boolean, valid_from timestamp, valid_to timestamp, is_current int`),
	},
	{
		Name: "fact_product_activity", Job: ETL, Grain: Day, SQL: "13_product_activity.sql",
		Key:     keys("event_date, product_id"),
		Note:    "how often a product was looked at and put into a cart on a day",
		Inputs:  []Input{{Name: lakeViews}, {Name: lakeCarts}, {Name: "event_duplicate"}},
		Columns: columns(`event_date date, product_id varchar, category varchar, views bigint, cart_adds bigint`),
	},
	{
		Name: "fact_session", Job: ETL, Grain: Day, SQL: "14_fact_session.sql",
		Key:    keys("session_id"),
		Note:   "what a visitor did without a pause of 30 minutes, cut at 24 hours, by the day of its first event",
		Inputs: []Input{{Name: lakeOrders, After: 1}, {Name: lakeViews, After: 1}, {Name: lakeCarts, After: 1}, {Name: "event_duplicate", After: 1}, {Name: "fact_session", Before: 2, After: -1}},
		Columns: columns(`session_id varchar, event_date date, visitor_id varchar, user_id varchar, started_at timestamp, ended_at timestamp, run_started_at timestamp,
			country varchar, device varchar, events bigint, views bigint, cart_actions bigint, cart_adds bigint, checkouts bigint, orders bigint, net_minor bigint, converted int`),
	},
	{
		Name: "fact_session_day", Job: ETL, Grain: Day, SQL: "15_session_day.sql",
		Key:    keys("event_date, country"),
		Note:   "a country's day of sessions, and how many came how far on the way to an order",
		Inputs: []Input{{Name: "fact_session"}},
		Columns: columns(`event_date date, country varchar, sessions bigint, events bigint, views bigint, orders bigint, net_minor bigint, bounced bigint,
			with_view bigint, with_add bigint, with_checkout bigint, with_order bigint, reached_add bigint, reached_checkout bigint, reached_order bigint`),
	},
	{
		Name: "fact_customer_day", Job: ETL, Grain: Day, SQL: "20_customer_day.sql",
		Key:     keys("event_date, customer_key, country"),
		Note:    "what a known customer bought and gave back on a day in a country",
		Inputs:  []Input{{Name: "fact_order_line"}},
		Columns: columns(`event_date date, customer_key bigint, country varchar, orders int, units bigint, net_minor bigint, refund_minor bigint`),
	},
	{
		Name: "fact_product_day", Job: ETL, Grain: Day, SQL: "21_product_day.sql",
		Key:    keys("event_date, product_id"),
		Note:   "what happened to a product on a day; cost_minor is null where the catalogue had no cost at that time",
		Inputs: []Input{{Name: "fact_order_line"}, {Name: "fact_product_activity"}, {Name: "dim_product", Loose: true}},
		Columns: columns(`event_date date, product_id varchar, product_key bigint, category varchar, views bigint, cart_adds bigint, orders int, units bigint,
			net_minor bigint, returned_units bigint, refund_minor bigint, cost_minor bigint`),
	},
	{
		Name: "fact_sales_day", Job: ETL, Grain: Day, SQL: "22_sales_day.sql",
		Key:    keys("event_date, country"),
		Note:   "a country's day; buyers are its known customers with a completed order",
		Inputs: []Input{{Name: "fact_order_line"}},
		Columns: columns(`event_date date, country varchar, orders bigint, units bigint, net_minor bigint, refund_minor bigint, tax_minor bigint, shipping_minor bigint, buyers bigint,
			refunds bigint, returned_units bigint`),
	},
	{
		Name: "fact_category_day", Job: ETL, Grain: Day, SQL: "23_category_day.sql",
		Key:    keys("event_date, country, category"),
		Note:   "a category's day in a country; an order counts once in each category that it touches",
		Inputs: []Input{{Name: "fact_order_line"}},
		Columns: columns(`event_date date, country varchar, category varchar, orders bigint, units bigint, net_minor bigint, refund_minor bigint,
			refunds bigint, returned_units bigint`),
	},
	{
		Name: "fact_payment_day", Job: ETL, Grain: Day, SQL: "29_payment_day.sql",
		Key:     keys("event_date, country, payment_method, status"),
		Note:    "the orders of a country's day that were to be paid in one way and came to one status",
		Inputs:  []Input{{Name: lakeOrders}, {Name: "event_duplicate"}},
		Columns: columns(`event_date date, country varchar, payment_method varchar, status varchar, orders bigint, total_minor bigint`),
	},
	{
		Name: "fact_basket_pair", Job: ETL, Grain: Day, SQL: "24_basket_pair.sql",
		Key:     keys("event_date, product_a, product_b"),
		Note:    "two products in one order (product_a before product_b), of orders of at most 50 products",
		Inputs:  []Input{{Name: "fact_order_line"}},
		Columns: columns(`event_date date, product_a varchar, product_b varchar, orders bigint`),
	},
	{
		Name: "dim_date", Job: ETL, SQL: "25_dim_date.sql",
		Key:     keys("day"),
		Note:    "a day: from the first of January of the first year with orders to the end of the year of the as-of date",
		Inputs:  []Input{{Name: "fact_sales_day", Before: All, After: All}},
		Columns: columns(`day date, year int, quarter int, month int, day_of_month int, month_start date, month_end date, week_start date, iso_year int, iso_week int, iso_day int`),
	},
	{
		Name: "dim_category", Job: ETL, SQL: "26_dim_category.sql",
		Key:     keys("category"),
		Note:    "a category that orders, refunds or the catalogue name",
		Inputs:  []Input{{Name: "fact_category_day", Before: All, After: All}, {Name: "dim_product"}},
		Columns: columns(`category varchar, products bigint, first_sold date, last_sold date`),
	},
	{
		Name: "dim_geography", Job: ETL, SQL: "27_dim_geography.sql",
		Key:     keys("country"),
		Note:    "a country that was sold to",
		Inputs:  []Input{{Name: "fact_sales_day", Before: All, After: All}},
		Columns: columns(`country varchar, first_sold date, last_sold date`),
	},
	{
		Name: "dim_customer", Job: ETL, SQL: "28_dim_customer.sql", Merge: "28_dim_customer_merge.sql",
		Key:     keys("customer_key"),
		Note:    "a known customer: the newest profile, or what the orders say where there is none",
		Inputs:  []Input{{Name: "fact_order_line", Before: All, After: All}, {Name: lakeCustomers, Before: All, After: All}},
		Columns: columns(`customer_key bigint, user_id varchar, country varchar, registered_at timestamp, first_seen date, last_seen date, profile_at timestamp`),
	},
}
