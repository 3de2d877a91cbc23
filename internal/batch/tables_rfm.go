package batch

var rfmTables = []Table{
	{
		Name: "customer_base", Job: RFM, SQL: "30_customer_base.sql", Merge: "30_customer_base_merge.sql",
		Key:     keys("customer_key"),
		Note:    "a known customer's 365 days before the as-of date: what segments are made of; days are its rows in fact_customer_day",
		Inputs:  []Input{{Name: "fact_customer_day", Before: 365}},
		Columns: columns(`customer_key bigint, last_order_date date, days bigint, orders bigint, net_minor bigint`),
	},
	{
		Name: "dim_segment", Job: RFM, SQL: "40_dim_segment.sql",
		Key:     keys("r, fm"),
		Note:    "the segment of a recency score r and the mean fm of frequency and monetary score, rounded down; position 1 is the best segment",
		Columns: columns(`r int, fm int, segment varchar, position int`),
	},
	{
		Name: "rfm_thresholds", Job: RFM, SQL: "41_rfm_thresholds.sql",
		Note:   "one row: the values at which scores change, and the share of customers whose equals lie on both sides of a fifth's border",
		Inputs: []Input{{Name: "customer_base"}},
		Columns: columns(`customers bigint, r1 date, r2 date, r3 date, r4 date, f1 bigint, f2 bigint, f3 bigint, f4 bigint, m1 bigint, m2 bigint, m3 bigint, m4 bigint,
			r_tie_share double, f_tie_share double, m_tie_share double`),
	},
	{
		Name: "mart_rfm", Job: RFM, SQL: "42_mart_rfm.sql", Paged: true,
		Key:    keys("customer_key"),
		Note:   "a known customer with a completed order in the 365 days before the as-of date: scores from 1 to 5, 5 is the best, and segment",
		Inputs: []Input{{Name: "customer_base"}, {Name: "rfm_thresholds"}, {Name: "dim_segment"}, {Name: "dim_customer"}},
		Columns: columns(`customer_key bigint, user_id varchar, country varchar, last_order_date date, recency_days int, frequency bigint, monetary_minor bigint,
			r int, f int, m int, fm int, segment varchar`),
	},
	{
		Name: "mart_rfm_score", Job: RFM, SQL: "43_mart_rfm_score.sql",
		Key:     keys("measure, score"),
		Note:    "the customers of a score, and the values that came to it: r in days, f in orders, m in minor units",
		Inputs:  []Input{{Name: "mart_rfm"}, {Name: "dim_segment"}},
		Columns: columns(`measure varchar, score int, customers bigint, customer_share double, lowest bigint, highest bigint`),
	},
	{
		Name: "mart_segment", Job: RFM, SQL: "44_mart_segment.sql",
		Key:     keys("segment"),
		Note:    "a segment as of the as-of date",
		Inputs:  []Input{{Name: "mart_rfm"}, {Name: "dim_segment"}},
		Columns: columns(`segment varchar, position int, customers bigint, customer_share double, net_minor bigint, revenue_share double, avg_recency_days double, avg_frequency double, avg_monetary_minor bigint`),
	},
	{
		Name: "mart_segment_interval", Job: RFM, SQL: "45_segment_interval.sql", Merge: "45_segment_interval_merge.sql",
		Key:     keys("customer_key, from_date"),
		Note:    "a customer's stay in a segment from one run until another (to_date, or null), of the last 90 days",
		Inputs:  []Input{{Name: "mart_rfm"}},
		Columns: columns(`customer_key bigint, segment varchar, from_date date, to_date date`),
	},
	{
		Name: "mart_migration", Job: RFM, SQL: "46_migration.sql",
		Key:     keys("period, from_segment, to_segment"),
		Note:    "how many customers were in one segment so many days (period) before the as-of date and are in another, or the same, now; '' is none",
		Inputs:  []Input{{Name: "mart_segment_interval"}},
		Columns: columns(`period int, from_segment varchar, to_segment varchar, customers bigint`),
	},
}
