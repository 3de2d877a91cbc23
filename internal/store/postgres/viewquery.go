package postgres

import _ "embed"

// The statements of views.
var (
	//go:embed query/count_customers.sql
	countCustomers string
	//go:embed query/count_products.sql
	countProducts string
	//go:embed query/view_baselines.sql
	viewBaselines string
	//go:embed query/view_cart_orders.sql
	viewCartOrders string
	//go:embed query/view_carts.sql
	viewCarts string
	//go:embed query/view_dead_letters.sql
	viewDeadLetters string
	//go:embed query/view_findings.sql
	viewFindings string
	//go:embed query/view_hours.sql
	viewHours string
	//go:embed query/view_ledger.sql
	viewLedger string
	//go:embed query/view_minutes_by_category.sql
	viewMinutesByCategory string
	//go:embed query/view_minutes_by_country.sql
	viewMinutesByCountry string
	//go:embed query/view_open.sql
	viewOpen string
	//go:embed query/view_positions.sql
	viewPositions string
	//go:embed query/view_sessions.sql
	viewSessions string
	//go:embed query/view_stock.sql
	viewStock string
	//go:embed query/view_tasks.sql
	viewTasks string
	//go:embed query/view_unsent.sql
	viewUnsent string
)
