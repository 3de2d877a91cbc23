package app

import (
	"math"
	"strings"
	"testing"
)

// FuzzAmounts reads rates and numbers of days, which are written as they can be
// read.
func FuzzAmounts(f *testing.F) {
	for _, s := range []string{"", "0", "500", "0.5", "1e7", "1e8", "-1", "NaN", "Inf", "0x10p-2", "1_000", "business", "max", "MAX", "28d", "0d", "3660d", "3661d", "28", "+1d", "d", "1dd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var r, rAgain Rate
		if r.UnmarshalText([]byte(s)) == nil {
			if !(r.PerSecond >= 0 && r.PerSecond <= maxPerSecond) {
				t.Errorf("%q is a rate of %g", s, r.PerSecond)
			}
			if err := rAgain.UnmarshalText([]byte(r.String())); err != nil || r != rAgain {
				t.Errorf("%q is written as %q, which is %+v: %v", s, r, rAgain, err)
			}
		}
		var d, dAgain Days
		if d.UnmarshalText([]byte(s)) == nil {
			if d < 0 || d > MaxDays {
				t.Errorf("%q are %d days", s, d)
			}
			if err := dAgain.UnmarshalText([]byte(d.String())); err != nil || d != dAgain {
				t.Errorf("%q is written as %q, which is %d: %v", s, d, dAgain, err)
			}
		}
	})
}

// FuzzMetrics reads what may be answered in the place of metrics: the live view
// must do with it, and never tell of a quantile beyond the buckets.
func FuzzMetrics(f *testing.F) {
	const info = "# TYPE globalmart_build_info gauge\nglobalmart_build_info 1\n"
	for _, s := range []string{
		"", info, info + "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n",
		info + "# TYPE h histogram\nh_bucket{le=\"NaN\"} 2\nh_count 18446744073709551615\n", info + "# TYPE h counter\nh{topic=\"a\"} NaN\nh{topic=\"b\"} +Inf\n",
		info + "h{topic=\"\\xff\"} 1", info + "# TYPE h summary\nh{quantile=\"0.5\"} 1\n", info + "h{a=\"b\",} 1e400\n",
	} {
		f.Add(s, "")
		f.Add(s, info)
	}
	f.Fuzz(func(t *testing.T, now, before string) {
		a, err := parseMetrics(strings.NewReader(now), "here")
		if err != nil {
			return
		}
		b, err := parseMetrics(strings.NewReader(before), "here")
		if err != nil {
			b = &readings{}
		}
		for name := range a.families {
			_, _, _ = a.has(name), a.sum(name), a.highest(name)
			grown(a.by(name, "topic"), b.by(name, "topic"))
			most := 0.0
			for bound := range a.buckets(name) {
				if !math.IsInf(bound, 0) {
					most = max(most, bound)
				}
			}
			if v, ok := quantile(0.99, a.buckets(name), b.buckets(name)); ok && v > most {
				t.Errorf("quantile %g of %q is beyond the buckets, which end at %g", v, name, most)
			}
		}
	})
}
