package rules

import "time"

// Alerts are the rules of alerts.
type Alerts struct {
	Stock    StockAlerts   `yaml:"stock"`
	Carts    CartAlerts    `yaml:"carts"`
	Orders   OrderAlerts   `yaml:"orders"`
	Findings FindingAlerts `yaml:"findings"`
}

// StockAlerts are those of stock.
type StockAlerts struct {
	LeadTime          time.Duration `yaml:"lead_time"`           // from an order to the delivery
	LeadTimeDeviation time.Duration `yaml:"lead_time_deviation"` // standard deviation of it
	ServiceFactor     Milli         `yaml:"service_factor"`      // z of the service level
	Smoothing         Milli         `yaml:"smoothing"`           // weight of one day in the demand
	Low               int           `yaml:"low"`                 // units, while the demand is not known
	Critical          int           `yaml:"critical"`            // units, while the demand is not known
	Margin            Milli         `yaml:"margin"`              // of the threshold, before a level is left
}

// CartAlerts are those of carts.
type CartAlerts struct {
	AtRiskMinor int   `yaml:"at_risk_minor"` // value at risk, minor units of the reporting currency
	Margin      Milli `yaml:"margin"`        // of the threshold, before the alert is closed
}

// OrderAlerts are those of orders per minute.
type OrderAlerts struct {
	Smoothing Milli `yaml:"smoothing"`  // weight of one minute in what is usual
	Width     Milli `yaml:"width"`      // of the band of what is usual, in standard deviations to either side
	Margin    Milli `yaml:"margin"`     // of the band, before the alert is closed
	Warmup    int   `yaml:"warmup"`     // minutes before anything is judged
	Least     int   `yaml:"least"`      // orders; fewer are too few to judge by
	ZeroAfter int   `yaml:"zero_after"` // minutes without an order
}

// FindingAlerts are those of unusual orders.
type FindingAlerts struct {
	CloseAfter time.Duration `yaml:"close_after"` // without another finding of the same rule and visitor
}

const (
	maxLeadTime = 365 * 24 * time.Hour
	maxUnits    = 1_000_000_000
	maxValue    = 1_000_000_000_000_000
	maxMinutes  = 120
)

// check reports what is wrong with a.
func (a Alerts) check(add func(path, format string, args ...any)) {
	s, o := a.Stock, a.Orders
	if s.LeadTime < time.Hour || s.LeadTime > maxLeadTime {
		add("alerts.stock.lead_time", "found %s, want %s to %s", short(s.LeadTime), short(time.Hour), short(maxLeadTime))
	}
	if s.LeadTimeDeviation < 0 || s.LeadTimeDeviation > maxLeadTime {
		add("alerts.stock.lead_time_deviation", "found %s, want 0s to %s", short(s.LeadTimeDeviation), short(maxLeadTime))
	}
	if s.ServiceFactor > 10*milliOne {
		add("alerts.stock.service_factor", "found %s, want at most 10", s.ServiceFactor)
	}
	if s.Critical < 0 || s.Low < s.Critical || s.Low > maxUnits {
		add("alerts.stock.low", "found %d with critical %d, want 0 <= critical <= low <= %d", s.Low, s.Critical, maxUnits)
	}
	if n := a.Carts.AtRiskMinor; n < 1 || n > maxValue {
		add("alerts.carts.at_risk_minor", "found %d, want 1 to %d", n, maxValue)
	}
	for _, f := range []struct {
		path  string
		share Milli
	}{
		{"alerts.stock.smoothing", s.Smoothing},
		{"alerts.stock.margin", s.Margin},
		{"alerts.carts.margin", a.Carts.Margin},
		{"alerts.orders.smoothing", o.Smoothing},
		{"alerts.orders.margin", o.Margin},
	} {
		if f.share < 1 || f.share >= milliOne {
			add(f.path, "found %s, want above 0 and below 1", f.share)
		}
	}
	if o.Width < 1 || o.Width > 100*milliOne {
		add("alerts.orders.width", "found %s, want above 0 and at most 100", o.Width)
	}
	if o.Warmup < 1 || o.Warmup > maxMinutes {
		add("alerts.orders.warmup", "found %d, want 1 to %d", o.Warmup, maxMinutes)
	}
	if o.ZeroAfter < 1 || o.ZeroAfter > maxMinutes {
		add("alerts.orders.zero_after", "found %d, want 1 to %d", o.ZeroAfter, maxMinutes)
	}
	if o.Least < 1 || o.Least > maxUnits {
		add("alerts.orders.least", "found %d, want 1 to %d", o.Least, maxUnits)
	}
	if d := a.Findings.CloseAfter; d < time.Minute || d > maxKept {
		add("alerts.findings.close_after", "found %s, want %s to %s", short(d), short(time.Minute), short(maxKept))
	}
}
