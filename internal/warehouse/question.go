package warehouse

import (
	"errors"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// ErrGone reports that the run that a question names is no longer kept.
var ErrGone = errors.New("that run of the warehouse is no longer kept")

// ErrUnavailable reports that what holds the warehouse cannot be reached at the moment.
var ErrUnavailable = errors.New("the warehouse cannot be reached")

// State is the run that an answer is from.
type State struct {
	Run     string
	AsOf    string // yyyy-mm-dd: days before it are in the figures
	Created time.Time
	// Seam is where the live store takes over: before it, only the warehouse knows
	// all that happened. See [Manifest.Seam].
	Seam event.Time
	// Since is where history begins; 0 = not known. See [Manifest.Since].
	Since event.Time
}

// Answer is rows as of one run.
type Answer[T any] struct {
	State State
	Rows  []T
}

// Page is a part of a list. Lists of one run never change, so pages fit together.
type Page struct {
	Run   string // the run to read; "" = the newest
	Skip  int    // rows before the page
	Limit int    // rows in it, at most
}

// Segment is an RFM segment and what its customers come to.
type Segment struct {
	Name             string
	Customers        int64
	CustomerShare    *float64 // of all customers with a segment; nil without one
	NetMinor         event.Minor
	RevenueShare     *float64
	AvgRecencyDays   *float64 // nil without customers, as the next two
	AvgFrequency     *float64
	AvgMonetaryMinor *event.Minor
}

// CustomerQuery selects customers who have a segment.
type CustomerQuery struct {
	Page
	Segment string // "" = all
	Country string // ISO 3166-1 alpha-2; "" = all
	UserID  string // "" = all
}

// Customer is a customer with the scores of the last 365 days. The best by
// monetary value come first.
type Customer struct {
	UserID        string
	Country       string
	Segment       string
	LastOrder     string // yyyy-mm-dd
	RecencyDays   int64
	Frequency     int64
	MonetaryMinor event.Minor
	R, F, M       int64 // 1 to 5
}

// ProductSort is what products can be sorted by, the best first.
type ProductSort string

// The orders of products.
const (
	ByRevenue    ProductSort = "total_revenue"
	ByUnits      ProductSort = "units_sold"
	ByOrders     ProductSort = "orders"
	ByViews      ProductSort = "views"
	ByConversion ProductSort = "conversion_rate"
	ByReturnRate ProductSort = "return_rate"
	ByMargin     ProductSort = "margin"
	ByRankChange ProductSort = "rank_change"
)

var productColumns = map[ProductSort]string{
	ByRevenue:    "net_minor",
	ByUnits:      "units",
	ByOrders:     "orders",
	ByViews:      "views",
	ByConversion: "view_to_buy",
	ByReturnRate: "return_rate",
	ByMargin:     "margin_minor",
	ByRankChange: "rank_change",
}

// Column returns the column of mart_product that s sorts by, or an error if there is no
// such order.
func (s ProductSort) Column() (string, error) {
	if column, ok := productColumns[s]; ok {
		return column, nil
	}
	return "", fmt.Errorf("warehouse: products by %q: no such order", s)
}

// SplitColumn returns the column of the facts that by tells sales apart by, or an error
// if there is no such split.
func SplitColumn(by store.Split) (string, error) {
	switch by {
	case store.ByCountry, store.ByCategory:
		return string(by), nil
	}
	return "", fmt.Errorf("warehouse: sales by %q: no such split", by)
}

// ProductQuery selects products that had a view or a sale in a period.
type ProductQuery struct {
	Page
	Days      int    // of the period: 7, 30, 90 or 365 before the as-of date; 0 = each of them
	Category  string // "" = all
	ProductID string // "" = all
	Sort      ProductSort
}

// Product is how a product did in a period.
type Product struct {
	ID             string
	Days           int     // of the period
	Name           *string // nil if it is not in the catalogue, as Brand
	Brand          *string
	Category       *string
	Views          int64
	Orders         int64
	Units          int64 // net of returns
	NetMinor       event.Minor
	ReturnedUnits  int64
	ReturnRate     *float64     // returned of sold; nil if none was sold
	ViewToBuy      *float64     // orders per view; nil without views
	MarginMinor    *event.Minor // nil where a cost is not known
	MarginRate     *float64
	RevenueRank    int64
	RankInCategory int64
	PreviousRank   *int64 // in the period before; nil if it sold nothing in it
	RankChange     *int64 // above 0: it rose
	ABC            string // A, B or C
}

// TrendQuery selects a series of sales.
type TrendQuery struct {
	Page
	Granularity string // day, week or month
	Country     string // "" = all together
	Category    string // "" = all together
	From, To    string // yyyy-mm-dd, half open; "" = no bound
}

// TrendPoint is a period of a series, the newest first.
type TrendPoint struct {
	Start        string // yyyy-mm-dd: its first day
	NetMinor     event.Minor
	RefundMinor  event.Minor
	Orders       int64
	Units        int64
	Buyers       *int64       // known customers who ordered; nil for a category
	PrevMinor    *event.Minor // net revenue of the period before
	Change       *float64     // to it, 0.12 = 12 % more; nil unless both are complete
	YearAgoMinor *event.Minor
	YearChange   *float64
	MovingAvg    *event.Minor // of 7 days, 4 weeks or 3 months
	Complete     bool
}

// CohortQuery selects cohorts by the month of the first order.
type CohortQuery struct {
	Run      string
	From, To string // yyyy-mm-dd, half open; "" = no bound
}

// CohortCell is a cohort in one month of its life.
type CohortCell struct {
	Cohort    string // yyyy-mm-dd: first day of the month of the first order
	Month     string
	Age       int64 // months since
	Customers int64 // who ordered in that month
	Retention *float64
	NetMinor  event.Minor
	Complete  bool
}

// SalesQuery selects sales of a time, half open. The measures are those of the live
// store, but that tax and shipping are not kept by category: they are 0 in an answer
// for one.
type SalesQuery struct {
	Run      string
	From, To event.Time
	Country  string // "" = all
	Category string // "" = all
	Limit    int    // the newest windows, at most; 0 = all
}

// SalesWindow is the sales of a window.
type SalesWindow struct {
	Start event.Time
	Sales store.Sales
}

// SalesDaysQuery selects sales by day.
type SalesDaysQuery struct {
	Run      string
	From, To string // yyyy-mm-dd, half open; "" = no bound
	Country  string // "" = all
	Category string // "" = all
	Limit    int    // the newest days, at most; 0 = all
}

// SalesDay is the sales of a day.
type SalesDay struct {
	Day   string // yyyy-mm-dd
	Sales store.Sales
}
