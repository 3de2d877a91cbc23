package batch

var cohortTables = []Table{
	{
		Name: "customer_month", Job: Cohorts, Grain: Month, SQL: "70_customer_month.sql",
		Key:     keys("month, customer_key"),
		Note:    "what a known customer bought and gave back in a month",
		Inputs:  []Input{{Name: "fact_customer_day"}},
		Columns: columns(`month date, customer_key bigint, orders bigint, net_minor bigint`),
	},
	{
		Name: "cohort_member", Job: Cohorts, Grain: Month, SQL: "71_cohort_member.sql",
		Key:     keys("customer_key"),
		Note:    "a known customer, in the month (cohort) of its first completed order",
		Inputs:  []Input{{Name: "customer_month"}, {Name: "cohort_member", Before: All, After: -31}},
		Columns: columns(`cohort date, customer_key bigint`),
	},
	{
		Name: "cohort_month", Job: Cohorts, Grain: Month, SQL: "72_cohort_month.sql",
		Key:     keys("cohort, month"),
		Note:    "what the customers of a cohort did in a month from their first on",
		Inputs:  []Input{{Name: "customer_month"}, {Name: "cohort_member", Before: All}},
		Columns: columns(`cohort date, month date, customers bigint, net_minor bigint`),
	},
	{
		Name: "mart_cohort", Job: Cohorts, SQL: "73_mart_cohort.sql",
		Key:     keys("cohort, month"),
		Note:    "a cohort in a month: how many of its customers ordered (retention is their share), and its net revenue",
		Inputs:  []Input{{Name: "cohort_month", Before: All, After: All}},
		Columns: columns(`cohort date, month date, age_months int, customers bigint, retention double, net_minor bigint, is_complete int`),
	},
}
