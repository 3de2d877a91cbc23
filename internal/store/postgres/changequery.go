package postgres

import _ "embed"

// The statements that write results, and those that remove old ones.
var (
	//go:embed query/add_minute_country.sql
	addMinuteCountry string
	//go:embed query/add_minute_category.sql
	addMinuteCategory string
	//go:embed query/add_hour.sql
	addHour string
	//go:embed query/add_stock.sql
	addStock string
	//go:embed query/put_product.sql
	putProduct string
	//go:embed query/put_customer.sql
	putCustomer string
	//go:embed query/put_session.sql
	putSession string
	//go:embed query/delete_session.sql
	deleteSession string
	//go:embed query/put_cart_order.sql
	putCartOrder string
	//go:embed query/put_cart.sql
	putCart string
	//go:embed query/mark_ordered.sql
	markOrdered string
	//go:embed query/put_finding.sql
	putFinding string
	//go:embed query/put_baseline.sql
	putBaseline string
	//go:embed query/put_open.sql
	putOpen string
	//go:embed query/prune_cart_orders.sql
	pruneCartOrders string
	//go:embed query/prune_carts.sql
	pruneCarts string
	//go:embed query/prune_findings.sql
	pruneFindings string
	//go:embed query/prune_minutes_by_category.sql
	pruneMinutesByCategory string
	//go:embed query/prune_minutes_by_country.sql
	pruneMinutesByCountry string
	//go:embed query/prune_sessions.sql
	pruneSessions string
)
