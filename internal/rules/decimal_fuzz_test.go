package rules_test

import (
	"math/big"
	"regexp"
	"testing"

	"globalmart/internal/rules"
)

// FuzzDecimals compares rates and thresholds with exact fractions.
func FuzzDecimals(f *testing.F) {
	for _, s := range []string{"", "1", "1.27", "0.000000001", "999999999.999999999", "0", "0.0", "1.", ".5", "+1", "-1", "1e3", "1_0", "007.50", "3.5", "1234567", "٣"} {
		f.Add(s)
	}
	rate := regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)
	milli := regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,3})?$`)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := rules.ParseRate(s)
		checkDecimal(t, s, rate, int64(r), 1_000_000_000, err)
		if err == nil {
			if again, err := rules.ParseRate(r.String()); err != nil || again != r {
				t.Errorf("rate %q is written as %q, which is %d: %v", s, r, again, err)
			}
		}
		m, err := rules.ParseMilli(s)
		checkDecimal(t, s, milli, int64(m), 1_000, err)
		if err == nil {
			if again, err := rules.ParseMilli(m.String()); err != nil || again != m {
				t.Errorf("decimal %q is written as %q, which is %d: %v", s, m, again, err)
			}
		}
	})
}

// checkDecimal checks that s was taken for got parts of one exactly if it has the
// form and is above 0.
func checkDecimal(t *testing.T, s string, form *regexp.Regexp, got, one int64, err error) {
	t.Helper()
	if !form.MatchString(s) {
		if err == nil {
			t.Errorf("%q is taken for %d", s, got)
		}
		return
	}
	want, _ := new(big.Rat).SetString(s)
	if want.Mul(want, big.NewRat(one, 1)); want.Sign() == 0 {
		if err == nil {
			t.Errorf("%q is taken, and is 0", s)
		}
		return
	}
	if err != nil || want.Cmp(big.NewRat(got, 1)) != 0 {
		t.Errorf("%q is %d parts of 1/%d, want %s: %v", s, got, one, want.RatString(), err)
	}
}
