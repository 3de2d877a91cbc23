package store

import (
	"fmt"

	"globalmart/internal/event"
)

// Rule is a rule by which an order is unusual.
type Rule string

// The rules.
const (
	HighValue       Rule = "high_value"
	UnusualQuantity Rule = "unusual_quantity"
	Velocity        Rule = "velocity"
)

// FindingKey names a finding: the order's event and the rule that it broke.
type FindingKey struct {
	EventID string
	Rule    Rule
}

// Finding says that an order is unusual, how much, and compared with what. It is
// a final that is never taken back.
type Finding struct {
	At            event.Time // of the order
	ReceivedAt    event.Time
	TransactionID string
	VisitorID     string
	UserID        string
	Country       string
	ProductID     string // of the line that was judged; "" = the order as a whole
	Category      string // of that line
	OrderMinor    event.Minor
	// Value is what was judged, Expected what is usual: minor units of the
	// reporting currency, units, or orders within the window.
	Value    int64
	Expected int64
	// ScoreMilli is how unusual it is, in thousandths; ThresholdMilli is from where
	// on there is a finding. For velocity both are orders.
	ScoreMilli     int64
	ThresholdMilli int64
	Baseline       string // id of the baseline; "prior" = that of the rules; "" = none is needed
}

// Measure is what a baseline is about.
type Measure string

// The measures.
const (
	MeasureAmount   Measure = "amount"   // of an order line, minor units of the reporting currency
	MeasureQuantity Measure = "quantity" // of an order line, units
)

// BaselineKey names a baseline. Partition is that of the task whose orders it was
// made from: visitors are spread over tasks by hash, so each is a fair sample.
type BaselineKey struct {
	Category  string
	Measure   Measure
	Partition int32
	Version   int64 // rises
}

// String returns the id by which findings name a baseline.
func (k BaselineKey) String() string {
	return fmt.Sprintf("%s/%s/%d/%d", k.Category, k.Measure, k.Partition, k.Version)
}

// Baseline is what is usual in a category. It is a final that never changes.
type Baseline struct {
	From        event.Time // record time from which on it is in force
	Samples     int64
	Median      int64 // in the unit of the measure
	SpreadMilli int64 // median absolute deviation of ln(x), in thousandths
}

// FindingRow is a stored finding.
type FindingRow struct {
	Key     FindingKey
	Finding Finding
}
