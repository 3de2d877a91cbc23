package alert

import (
	"fmt"
	"math"
	"slices"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// stockLevels are the levels of stock, from good to bad; "" is enough.
var stockLevels = []store.AlertLevel{"", store.StockLow, store.StockCritical, store.StockOut, store.StockOversold}

// stockLevel returns the level of onHand units, of a product whose alert is at
// level now.
func stockLevel(onHand int64, d *store.Demand, now store.AlertLevel, margin rules.Milli) store.AlertLevel {
	held := slices.Index(stockLevels, now)
	if worse := severity(onHand, d); worse >= held {
		return stockLevels[worse]
	}
	eased := severity(onHand, &store.Demand{Low: widen(d.Low, margin), Critical: widen(d.Critical, margin)})
	return stockLevels[min(held, eased)]
}

// severity is the index in stockLevels of onHand units, without regard to what
// was before.
func severity(onHand int64, d *store.Demand) int {
	switch {
	case onHand < 0:
		return 4
	case onHand == 0:
		return 3
	case onHand <= d.Critical:
		return 2
	case onHand <= d.Low:
		return 1
	}
	return 0
}

// widen returns n and a margin in thousandths of it, at least 1.
func widen(n int64, margin rules.Milli) int64 {
	return n + max(1, n*int64(margin)/1000)
}

// stockCondition is what a product calls for.
func stockCondition(s *store.StockLevel, now store.AlertLevel, margin rules.Milli) condition {
	level := stockLevel(s.OnHand, &s.Demand, now, margin)
	c := condition{kind: store.AlertStock, subject: s.ProductID, level: level, value: s.OnHand}
	switch level {
	case store.StockLow:
		c.threshold = s.Demand.Low
	case store.StockCritical:
		c.threshold = s.Demand.Critical
	default: // the others are about nothing, or less
	}
	c.text = stockText(s, level)
	return c
}

func stockText(s *store.StockLevel, level store.AlertLevel) string {
	switch level {
	case "":
		return fmt.Sprintf("%s: %d in stock again", s.ProductID, s.OnHand)
	case store.StockOversold:
		return fmt.Sprintf("%s: %d more sold than there were", s.ProductID, -s.OnHand)
	case store.StockOut:
		return s.ProductID + ": out of stock"
	default:
	}
	text := fmt.Sprintf("%s: %d left", s.ProductID, s.OnHand)
	if lasts := cover(s.OnHand, &s.Demand); lasts > 0 {
		text += ", enough for about " + coverText(lasts)
	}
	return text
}

// cover is how long onHand units last at the demand of d; 0 if nothing is there,
// or the demand is not known or nothing.
func cover(onHand int64, d *store.Demand) time.Duration {
	if onHand <= 0 || d.MeanMilli <= 0 {
		return 0
	}
	days := float64(onHand) * 1000 / float64(d.MeanMilli)
	return time.Duration(min(days*24, math.MaxInt64/float64(time.Hour)/2) * float64(time.Hour))
}

func coverText(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// Refresh brings the demand of a product up to date at a time, which is after d.At,
// when sold units were sold in all.
//
// Mean and variance are weighted by 1-(1-α)^(days), so that it does not matter how
// the time was cut: variance' = (1-w)·(variance + w·δ²) (West 1979). A product that
// is seen for the first time has the variance of a Poisson process, its mean.
func Refresh(d store.Demand, at event.Time, sold int64, r rules.StockAlerts) store.Demand {
	days := at.Std().Sub(d.At.Std()).Hours() / 24
	x := max(0, float64(sold-d.SoldUntil)) / days
	mean, variance := float64(d.MeanMilli)/1000, float64(d.VarianceMilli)/1000
	if d.MeanMilli < 0 {
		mean, variance = x, x
	} else {
		w := 1 - math.Pow(1-r.Smoothing.Float(), days)
		delta := x - mean
		mean += w * delta
		variance = (1 - w) * (variance + w*delta*delta)
	}
	d.At, d.SoldUntil = at, sold
	d.MeanMilli, d.VarianceMilli = int64(math.Round(mean*1000)), int64(math.Round(variance*1000))
	d.Low, d.Critical = ReorderPoint(mean, variance, r)
	return d
}

// ReorderPoint returns the stock at which to order, and the safety stock below
// which a delivery may come too late, in units, for a demand of mean units a day
// with that variance.
func ReorderPoint(mean, variance float64, r rules.StockAlerts) (reorder, safety int64) {
	lead, leadDeviation := r.LeadTime.Hours()/24, r.LeadTimeDeviation.Hours()/24
	s := r.ServiceFactor.Float() * math.Sqrt(lead*variance+mean*mean*leadDeviation*leadDeviation)
	return int64(math.Ceil(mean*lead + s)), int64(math.Ceil(s))
}

// Unknown is the demand of a product before it is known: the fixed numbers of
// the rules stand in.
func Unknown(at event.Time, sold int64, r rules.StockAlerts) store.Demand {
	return store.Demand{At: at, SoldUntil: sold, MeanMilli: -1, Low: int64(r.Low), Critical: int64(r.Critical)}
}
