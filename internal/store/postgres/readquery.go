package postgres

import _ "embed"

// The statements of those who ask, by table.
var (
	//go:embed query/get_cart_totals.sql
	getCartTotals string
	//go:embed query/get_carts_at_risk.sql
	getCartsAtRisk string
	//go:embed query/get_customer.sql
	getCustomer string
	//go:embed query/get_hours.sql
	getHours string
	//go:embed query/get_minutes_by_category.sql
	getMinutesByCategory string
	//go:embed query/get_minutes_by_country.sql
	getMinutesByCountry string
	//go:embed query/get_open_totals.sql
	getOpenTotals string
	//go:embed query/get_products.sql
	getProducts string
	//go:embed query/get_session_totals.sql
	getSessionTotals string
	//go:embed query/get_split_by_category.sql
	getSplitByCategory string
	//go:embed query/get_split_by_country.sql
	getSplitByCountry string
	//go:embed query/get_stock_totals.sql
	getStockTotals string
	//go:embed query/get_stocks.sql
	getStocks string
	//go:embed query/get_totals_by_category.sql
	getTotalsByCategory string
	//go:embed query/get_totals_by_country.sql
	getTotalsByCountry string
	//go:embed query/get_totals_of_hours.sql
	getTotalsOfHours string
	//go:embed query/list_carts.sql
	listCarts string
	//go:embed query/list_categories.sql
	listCategories string
	//go:embed query/list_countries.sql
	listCountries string
	//go:embed query/list_findings.sql
	listFindings string
	//go:embed query/list_findings_of_visitor.sql
	listFindingsOfVisitor string
	//go:embed query/list_risk.sql
	listRisk string
	//go:embed query/list_sessions.sql
	listSessions string
	//go:embed query/list_stock.sql
	listStock string
)
