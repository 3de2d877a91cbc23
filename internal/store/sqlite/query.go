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
)
