package api

// What is exported of each list and series, and where it goes on.

func (p *Page) all(cursor *string) {
	p.Limit = exportPage
	if cursor != nil {
		p.Cursor = *cursor
	}
}

func (in *salesMetricsInput) all(*string) { in.Limit = exportPage }

func (in *salesSplitInput) all(*string) { in.Limit = exportPage }

// Those of one page.

func (v SalesMetrics) rows() any   { return v.Windows }
func (SalesMetrics) next() *string { return nil }

func (v Series) rows() any   { return v.Points }
func (Series) next() *string { return nil }

func (v SalesSplit) rows() any   { return v.Parts }
func (SalesSplit) next() *string { return nil }

func (v Heatmap) rows() any   { return v.Cells }
func (Heatmap) next() *string { return nil }

func (v Funnel) rows() any   { return v.Steps }
func (Funnel) next() *string { return nil }

func (v KPIs) rows() any   { return v.KPIs }
func (KPIs) next() *string { return nil }

func (v Payments) rows() any   { return v.Methods }
func (Payments) next() *string { return nil }

func (v CustomerWorth) rows() any   { return v.Classes }
func (CustomerWorth) next() *string { return nil }

func (v RFMMatrix) rows() any   { return v.Cells }
func (RFMMatrix) next() *string { return nil }

func (v Migration) rows() any   { return v.Moves }
func (Migration) next() *string { return nil }

func (v Pareto) rows() any   { return v.Curve }
func (Pareto) next() *string { return nil }

// cohortRow is a month of a cohort, with the cohort.
type cohortRow struct {
	Cohort string `json:"cohort"`
	Size   int64  `json:"cohort_customers"`
	CohortMonth
}

func (v Cohorts) rows() any {
	rows := []cohortRow{}
	for _, c := range v.Cohorts {
		for _, m := range c.Months {
			rows = append(rows, cohortRow{c.Cohort, c.Customers, m})
		}
	}
	return rows
}
func (Cohorts) next() *string { return nil }

// Those of many.

func (v Trend) rows() any     { return v.Periods }
func (v Trend) next() *string { return v.NextCursor }

func (v ProductList) rows() any     { return v.Products }
func (v ProductList) next() *string { return v.NextCursor }

func (v Affinity) rows() any     { return v.Pairs }
func (v Affinity) next() *string { return v.NextCursor }

func (v StockRisk) rows() any     { return v.Products }
func (v StockRisk) next() *string { return v.NextCursor }

func (v Inventory) rows() any     { return v.Products }
func (v Inventory) next() *string { return v.NextCursor }

func (v Sessions) rows() any     { return v.Sessions }
func (v Sessions) next() *string { return v.NextCursor }

func (v Carts) rows() any     { return v.Carts }
func (v Carts) next() *string { return v.NextCursor }

func (v Anomalies) rows() any     { return v.Anomalies }
func (v Anomalies) next() *string { return v.NextCursor }

func (v Alerts) rows() any     { return v.Alerts }
func (v Alerts) next() *string { return v.NextCursor }

func (v Orders) rows() any     { return v.Orders }
func (v Orders) next() *string { return v.NextCursor }

func (v Timeline) rows() any     { return v.Entries }
func (v Timeline) next() *string { return v.NextCursor }

// rows are the customers where one segment was asked for, and else the segments.
func (v Segments) rows() any {
	if v.one {
		return v.Customers
	}
	return v.Segments
}
func (v Segments) next() *string { return v.NextCursor }
