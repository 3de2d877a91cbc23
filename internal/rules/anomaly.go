package rules

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"globalmart/internal/event"
)

// Anomaly are the rules by which orders are unusual.
type Anomaly struct {
	HighValue       Outlier  `yaml:"high_value"`       // of ln(amount of a line, minor units of the reporting currency)
	UnusualQuantity Outlier  `yaml:"unusual_quantity"` // of ln(units of a line)
	Baseline        Baseline `yaml:"baseline"`
	Velocity        Velocity `yaml:"velocity"`
}

// Outlier is the rule of one measure of order lines: a line is unusual if its
// robust z-score against the baseline of its category reaches the threshold.
type Outlier struct {
	Threshold  Milli            `yaml:"threshold"`  // modified z-score of Iglewicz and Hoaglin
	MinSpread  Milli            `yaml:"min_spread"` // least median absolute deviation of ln(x) that is reckoned with
	Prior      Prior            `yaml:"prior"`      // in force until a category has a baseline
	Categories map[string]Prior `yaml:"categories"` // the same of single categories
}

// Prior is what is taken for usual before there is a baseline.
type Prior struct {
	Median int   `yaml:"median"` // in the unit of the measure
	Spread Milli `yaml:"spread"` // median absolute deviation of ln(x)
}

// Baseline says what baselines are made of.
type Baseline struct {
	Samples    int `yaml:"samples"`     // lines that the first one of a category is made from
	PerProduct int `yaml:"per_product"` // lines of a product that count, a day
	Days       int `yaml:"days"`        // closed days that one is made from
}

// Velocity is the rule of orders that follow each other too quickly.
type Velocity struct {
	Window time.Duration `yaml:"window"` // event time from the first to the last order is below it
	Orders int           `yaml:"orders"` // so many completed orders of a visitor within it are unusual
}

// PriorOf returns the prior of a category.
func (o Outlier) PriorOf(category string) Prior {
	if p, ok := o.Categories[category]; ok {
		return p
	}
	return o.Prior
}

// Bounds of the rules of anomalies. Spreads are of logarithms: 10 is a factor of
// 22,000 to either side.
const (
	maxThreshold  = 1_000 * milliOne
	maxSpread     = 10 * milliOne
	maxMedian     = int(event.MaxAmount)
	maxSamples    = 1_000_000
	maxPerProduct = 255
	maxDays       = 60
	minWindow     = time.Second
	maxWindow     = time.Hour
	minBurst      = 2
	maxBurst      = 100
)

// check reports what is wrong with a.
func (a Anomaly) check(add func(path, format string, args ...any)) {
	a.HighValue.check("anomaly.high_value", maxMedian, add)
	a.UnusualQuantity.check("anomaly.unusual_quantity", int(event.MaxQuantity), add)
	if n := a.Baseline.Samples; n < 2 || n > maxSamples {
		add("anomaly.baseline.samples", "found %d, want 2 to %d", n, maxSamples)
	}
	if n := a.Baseline.PerProduct; n < 1 || n > maxPerProduct {
		add("anomaly.baseline.per_product", "found %d, want 1 to %d", n, maxPerProduct)
	}
	if n := a.Baseline.Days; n < 1 || n > maxDays {
		add("anomaly.baseline.days", "found %d, want 1 to %d", n, maxDays)
	}
	if d := a.Velocity.Window; d < minWindow || d > maxWindow {
		add("anomaly.velocity.window", "found %s, want %s to %s", short(d), short(minWindow), short(maxWindow))
	}
	if n := a.Velocity.Orders; n < minBurst || n > maxBurst {
		add("anomaly.velocity.orders", "found %d, want %d to %d", n, minBurst, maxBurst)
	}
}

func (o Outlier) check(path string, maxMedian int, add func(path, format string, args ...any)) {
	if o.Threshold < 1 || o.Threshold > maxThreshold {
		add(path+".threshold", "found %s, want above 0 and at most %s", o.Threshold, Milli(maxThreshold))
	}
	if o.MinSpread < 1 || o.MinSpread > maxSpread {
		add(path+".min_spread", "found %s, want above 0 and at most %s", o.MinSpread, Milli(maxSpread))
	}
	o.Prior.check(path+".prior", maxMedian, add)
	for _, category := range slices.Sorted(maps.Keys(o.Categories)) {
		at := path + ".categories." + category
		if !isCategory(category) {
			add(at, "%s is not a category, want 1 to %d bytes of printable text", strconv.Quote(category), event.MaxTextLength)
		}
		o.Categories[category].check(at, maxMedian, add)
	}
}

func (p Prior) check(path string, maxMedian int, add func(path, format string, args ...any)) {
	if p.Median < 1 || p.Median > maxMedian {
		add(path+".median", "found %d, want 1 to %d", p.Median, maxMedian)
	}
	if p.Spread < 1 || p.Spread > maxSpread {
		add(path+".spread", "found %s, want above 0 and at most %s", p.Spread, Milli(maxSpread))
	}
}

// isCategory reports whether name can be that of a category in a rules file.
func isCategory(name string) bool {
	if name == "" || len(name) > event.MaxTextLength || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
