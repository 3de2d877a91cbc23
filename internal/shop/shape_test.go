package shop

import (
	"math"
	"slices"
	"testing"
	"time"

	"globalmart/internal/event"
)

func TestTheLoadIsEvenAndSplitOneThreeOne(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Faults = Faults{Anomalies: 0.002, Late: 0.002, Duplicates: 0.002, Corrupt: 0} })
	const n = 200_000
	counts := map[string]float64{}
	last, gaps := testStart, map[event.Time]int{}
	first(s, n, func(e Emission) {
		counts[e.Topic]++
		if gap := e.At - last; gap != 0 {
			gaps[gap]++
		}
		last = e.At
	})
	orders := counts[event.TopicTransactions]
	for topic, want := range map[string]float64{event.TopicProductViews: 3, event.TopicCartEvents: 1} {
		if got := counts[topic] / orders; math.Abs(got/want-1) > 0.01 {
			t.Errorf("%s: %.3f for each transaction, want %v within 1 %%", topic, got, want)
		}
	}
	if len(gaps) != 1 || gaps[2] == 0 {
		t.Errorf("gaps between sendings: %v, want 2 ms only (500 a second)", gaps)
	}
}

func TestPopularityIsZipfian(t *testing.T) {
	s := testShop(t, nil)
	counts := make([]float64, s.cfg.Products)
	rankOf := make(map[string]int, s.cfg.Products)
	for rank := range counts {
		rankOf[s.catalogue.id(s.catalogue.product(rank))] = rank
	}
	first(s, 800_000, func(e Emission) {
		if e.Event.Type == event.TypeProductView {
			counts[rankOf[e.Event.ProductID]]++
		}
	})
	// Over groups of ranks that double in size, so that each has thousands of
	// views: log of the mean against log of the middle.
	var x, y []float64
	for from := 8; from < 16_384; from *= 2 {
		var sum float64
		for _, c := range counts[from : 2*from] {
			sum += c
		}
		x = append(x, math.Log(float64(from)*1.5))
		y = append(y, math.Log(sum/float64(from)))
	}
	slope, _ := regress(x, y)
	if want := -s.cfg.ZipfExponent; math.Abs(slope-want) > 0.05 {
		t.Errorf("views fall with rank^%.3f, want %.2f within 0.05", slope, want)
	}
}

func TestPricesAreLogNormalInEachCategory(t *testing.T) {
	s := testShop(t, nil)
	logs := make([][]float64, s.cfg.Categories)
	for p, price := range s.catalogue.price {
		k := s.catalogue.category[p]
		logs[k] = append(logs[k], math.Log(float64(price)))
	}
	for k, l := range logs {
		if len(l) < 500 {
			t.Errorf("category %d has %d products, want some", k, len(l))
			continue
		}
		mu, sigma := priceCurve(s.cfg.Seed, k)
		mean, sd, skew, kurtosis := moments(l)
		// Five standard errors of each moment of a normal sample.
		n := float64(len(l))
		if math.Abs(mean-mu) > 5*sigma/math.Sqrt(n) || math.Abs(sd/sigma-1) > 5/math.Sqrt(2*n) {
			t.Errorf("category %d: mean %.3f, deviation %.3f, want %.3f and %.3f", k, mean, sd, mu, sigma)
		}
		if math.Abs(skew) > 5*math.Sqrt(6/n)+0.05 || math.Abs(kurtosis-3) > 5*math.Sqrt(24/n)+0.05 {
			t.Errorf("category %d: skewness %.3f, kurtosis %.3f, want about 0 and 3", k, skew, kurtosis)
		}
	}
}

func TestBusinessFollowsTheWeekOfItsCountries(t *testing.T) {
	s := testShop(t, func(c *Config) {
		c.Rate = Business(1500)
		c.Start = event.TimeOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	})
	var all, want [7 * 24]float64
	local := map[string]*[24]float64{}
	offset := map[string]time.Duration{}
	for _, c := range s.cfg.Countries {
		local[c.Code], offset[c.Code] = &[24]float64{}, c.Offset
	}
	var orders int
	for e := range s.Events() {
		hour := int(e.At-s.cfg.Start) / 3_600_000
		if hour >= len(all) {
			break
		}
		all[hour]++
		if e.Topic == event.TopicTransactions {
			orders++
		}
		if c := e.Event.Country; c != "" {
			local[c][e.At.Add(offset[c]).Std().Hour()]++
		}
	}
	for hour := range want {
		want[hour] = s.rhythm.at(s.cfg.Start.Add(time.Duration(hour) * time.Hour)).level
	}
	if r := correlate(all[:], want[:]); r < 0.98 {
		t.Errorf("correlation of events with the rhythm over a week: %.3f, want over 0.98", r)
	}
	if orders < 7*1500*95/100 || orders > 7*1500*105/100 {
		t.Errorf("%d orders in a week, want about %d", orders, 7*1500)
	}
	for code, hours := range local {
		if r := correlate(hours[:], hourly[:]); r < 0.95 {
			t.Errorf("%s: correlation with the local hours: %.3f, want over 0.95", code, r)
		}
	}
}

func TestCustomersReturnWithAHeavyTail(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Shoppers = 12_000 })
	orders := map[string]int{}
	var total, anonymous int
	first(s, 300_000, func(e Emission) {
		if e.Event.Type == event.TypeTransaction && e.Event.Status == event.StatusCompleted {
			if e.Event.UserID == "" {
				anonymous++
				return
			}
			orders[e.Event.UserID]++
			total++
		}
	})
	var counts []int
	for _, n := range orders {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	top := 0
	known := int(float64(s.cfg.Shoppers) * accounts * 0.9)
	for _, n := range counts[len(counts)-known/10:] {
		top += n
	}
	// The curve gives the busiest tenth 47 % of the visits.
	if share := float64(top) / float64(total); share < 0.42 || share > 0.55 {
		t.Errorf("the busiest tenth makes %.2f of the orders, want about 0.47", share)
	}
	if median := counts[len(counts)/2]; median < 1 || counts[len(counts)-1] < 10*median {
		t.Errorf("median %d orders, most %d: want a heavy tail", median, counts[len(counts)-1])
	}
	if share := float64(anonymous) / float64(anonymous+total); share < 0.15 || share > 0.35 {
		t.Errorf("%.2f of the orders are anonymous, want about a quarter", share)
	}
}

func TestCountriesHaveTheirShares(t *testing.T) {
	s := testShop(t, func(c *Config) { c.Rate = Load(0.5) })
	counts, total := map[string]float64{}, 0.0
	first(s, 7*24*3600/2, func(e Emission) { // a week
		if e.Event.Country != "" {
			counts[e.Event.Country]++
			total++
		}
	})
	for _, c := range s.cfg.Countries {
		if got, want := counts[c.Code]/total, c.Weight/100; math.Abs(got-want) > 0.06 {
			t.Errorf("%s has %.3f of the events, want about %.2f", c.Code, got, want)
		}
	}
}

// regress returns the slope and intercept of the least-squares line.
func regress(x, y []float64) (slope, intercept float64) {
	mx, my := mean(x), mean(y)
	var xy, xx float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	slope = xy / xx
	return slope, my - slope*mx
}

// correlate returns Pearson's correlation.
func correlate(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// moments returns the mean, the deviation and the standardized third and fourth
// moments.
func moments(x []float64) (m, sd, skew, kurtosis float64) {
	m = mean(x)
	var m2, m3, m4 float64
	for _, v := range x {
		d := v - m
		m2, m3, m4 = m2+d*d, m3+d*d*d, m4+d*d*d*d
	}
	n := float64(len(x))
	m2, m3, m4 = m2/n, m3/n, m4/n
	return m, math.Sqrt(m2), m3 / math.Pow(m2, 1.5), m4 / (m2 * m2)
}
