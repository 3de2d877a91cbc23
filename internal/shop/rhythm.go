package shop

import (
	"time"

	"globalmart/internal/event"
)

// hourly is how busy each local hour is: a trough before dawn, a plateau over
// the working day and a peak after dinner, the shape that shops report.
var hourly = [24]float64{
	0.45, 0.28, 0.18, 0.13, 0.13, 0.20, 0.40, 0.65, 0.90, 1.10, 1.20, 1.25,
	1.30, 1.25, 1.20, 1.20, 1.20, 1.25, 1.40, 1.65, 1.85, 1.75, 1.35, 0.85,
}

// daily is how busy each day is, Monday first.
var daily = [7]float64{1.08, 1.03, 1.00, 0.98, 0.90, 0.93, 1.12}

const (
	quarter         = 15 * 60 * 1000 // milliseconds
	quartersPerWeek = 7 * 24 * 4
	// epochQuarter is the place in its week of the Unix epoch, a Thursday.
	epochQuarter = 3 * 24 * 4
)

// rhythm is who is awake when, over a week of UTC.
type rhythm struct {
	week [quartersPerWeek]moment
}

// moment is a quarter of an hour.
type moment struct {
	level      float64               // activity, 1 on average
	cumulative [maxCountries]float64 // share of the countries up to each; ends with 1
}

func newRhythm(countries []Country) *rhythm {
	r := &rhythm{}
	var weights, mean float64
	for _, c := range countries {
		weights += c.Weight
	}
	for i := range r.week {
		m := &r.week[i]
		for c, country := range countries {
			m.level += country.Weight / weights * busy(i, country.Offset)
			m.cumulative[c] = m.level
		}
		for c := range countries {
			m.cumulative[c] /= m.level
		}
		mean += m.level / quartersPerWeek
	}
	for i := range r.week {
		r.week[i].level /= mean
	}
	return r
}

// busy is the level of a country at the i-th quarter of the week, between hours
// in a straight line.
func busy(i int, offset time.Duration) float64 {
	local := (i + int(offset/(15*time.Minute)) + quartersPerWeek) % quartersPerWeek
	hour, part := local/4%24, float64(local%4)/4
	level := hourly[hour]*(1-part) + hourly[(hour+1)%24]*part
	return level * daily[local/96]
}

// at returns the moment of t.
func (r *rhythm) at(t event.Time) *moment {
	i := (int64(t)/quarter + epochQuarter) % quartersPerWeek
	return &r.week[i]
}

// country picks the country of a shopper who acts now; u is in [0, 1).
func (m *moment) country(u float64) int {
	c := 0
	for m.cumulative[c] <= u {
		c++
	}
	return c
}
