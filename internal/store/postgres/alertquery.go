package postgres

import _ "embed"

// The statements of alerts.
var (
	//go:embed query/take_lease.sql
	takeLease string
	//go:embed query/hold_lease.sql
	holdLease string
	//go:embed query/put_alert.sql
	putAlert string
	//go:embed query/add_notice.sql
	addNotice string
	//go:embed query/list_open_alerts.sql
	listOpenAlerts string
	//go:embed query/list_alerts.sql
	listAlerts string
	//go:embed query/count_open_alerts.sql
	countOpenAlerts string
	//go:embed query/get_stock_alarms.sql
	getStockAlarms string
	//go:embed query/list_due_demand.sql
	listDueDemand string
	//go:embed query/put_demand.sql
	putDemand string
	//go:embed query/find_findings.sql
	findFindings string
	//go:embed query/get_pending_notices.sql
	getPendingNotices string
	//go:embed query/put_delivery.sql
	putDelivery string
	//go:embed query/list_deliveries.sql
	listDeliveries string
	//go:embed query/prune_alerts.sql
	pruneAlerts string
	//go:embed query/prune_notices.sql
	pruneNotices string
)
