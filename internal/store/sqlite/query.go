package sqlite

import _ "embed"

// The statements, one a file.
var (
	//go:embed query/has_version.sql
	hasVersion string
	//go:embed query/get_version.sql
	getVersion string

	//go:embed query/claim_task.sql
	claimTask string
	//go:embed query/add_position.sql
	addPosition string
	//go:embed query/get_positions.sql
	getPositions string
	//go:embed query/get_epoch.sql
	getEpoch string

	//go:embed query/get_current.sql
	getCurrent string
	//go:embed query/move_positions.sql
	movePositions string
	//go:embed query/add_ledger.sql
	addLedger string
	//go:embed query/add_dead_letter.sql
	addDeadLetter string
	//go:embed query/add_minute_country.sql
	addMinuteCountry string
	//go:embed query/add_minute_category.sql
	addMinuteCategory string
	//go:embed query/add_hour.sql
	addHour string
	//go:embed query/put_product.sql
	putProduct string
	//go:embed query/put_customer.sql
	putCustomer string

	//go:embed query/get_minutes_by_country.sql
	getMinutesByCountry string
	//go:embed query/get_minutes_by_category.sql
	getMinutesByCategory string
	//go:embed query/get_hours.sql
	getHours string

	//go:embed query/delete_snapshot.sql
	deleteSnapshot string
	//go:embed query/add_snapshot.sql
	addSnapshot string
	//go:embed query/add_state.sql
	addState string
	//go:embed query/prune_snapshots.sql
	pruneSnapshots string
	//go:embed query/get_snapshots.sql
	getSnapshots string
	//go:embed query/delete_segment.sql
	deleteSegment string
	//go:embed query/add_segment.sql
	addSegment string
	//go:embed query/get_segment.sql
	getSegment string
	//go:embed query/find_missing_segment.sql
	findMissingSegment string
	//go:embed query/prune_segments.sql
	pruneSegments string

	//go:embed query/get_outbox.sql
	getOutbox string
	//go:embed query/mark_sent.sql
	markSent string

	//go:embed query/get_totals_by_country.sql
	getTotalsByCountry string
	//go:embed query/get_totals_by_category.sql
	getTotalsByCategory string
	//go:embed query/get_totals_of_hours.sql
	getTotalsOfHours string
	//go:embed query/list_countries.sql
	listCountries string
	//go:embed query/list_categories.sql
	listCategories string

	//go:embed query/get_products.sql
	getProducts string
	//go:embed query/get_customer.sql
	getCustomer string
	//go:embed query/get_as_of.sql
	getAsOf string

	//go:embed query/prune_minutes_by_country.sql
	pruneMinutesByCountry string
	//go:embed query/prune_minutes_by_category.sql
	pruneMinutesByCategory string

	//go:embed query/view_tasks.sql
	viewTasks string
	//go:embed query/view_positions.sql
	viewPositions string
	//go:embed query/view_ledger.sql
	viewLedger string
	//go:embed query/view_dead_letters.sql
	viewDeadLetters string
	//go:embed query/view_unsent.sql
	viewUnsent string
	//go:embed query/view_minutes_by_country.sql
	viewMinutesByCountry string
	//go:embed query/view_minutes_by_category.sql
	viewMinutesByCategory string
	//go:embed query/view_hours.sql
	viewHours string
	//go:embed query/count_products.sql
	countProducts string
	//go:embed query/count_customers.sql
	countCustomers string
)
