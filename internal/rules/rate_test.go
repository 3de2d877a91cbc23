package rules_test

import (
	"cmp"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

func TestRatesAreExactDecimals(t *testing.T) {
	tests := map[string]struct {
		text string
		want rules.Rate
		form string // "" = as text
	}{
		"a fraction":             {"1.27", 1_270_000_000, ""},
		"a whole number":         {"150", 150_000_000_000, ""},
		"nine places":            {"0.000000001", 1, ""},
		"the largest":            {"999999999.999999999", 999_999_999_999_999_999, ""},
		"zeros that say nothing": {"001.50", 1_500_000_000, "1.5"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := rules.ParseRate(test.text)
			if err != nil || got != test.want {
				t.Fatalf("ParseRate(%q) = %d, %v, want %d", test.text, got, err, test.want)
			}
			if want := cmp.Or(test.form, test.text); got.String() != want {
				t.Errorf("%q is written %q, want %q", test.text, got, want)
			}
		})
	}
	for _, text := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "1,27", "0", "0.0", " 1", "1_0", "0.0000000001", "1000000000", "NaN", "0x10", "१"} {
		if got, err := rules.ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %s, want an error", text, got)
		}
	}
}

func TestConvert(t *testing.T) {
	r := rules.Default()
	r.Rates["KWD"], r.Rates["CLF"] = 3_250_000_000, 40_123_456_789
	yen := r
	yen.Currency, yen.Rates = "JPY", map[string]rules.Rate{"USD": 149_500_000_000, "KWD": 485_000_000_000}
	tests := map[string]struct {
		rules    rules.Rules
		amount   event.Minor
		currency string
		want     event.Minor
		ok       bool
	}{
		"the reporting currency is returned as it is":    {r, 1299, "USD", 1299, true},
		"even where it is negative or huge":              {r, math.MinInt64 + 1, "USD", math.MinInt64 + 1, true},
		"cents to cents":                                 {r, 10_000, "GBP", 12_700, true},
		"a half is rounded up":                           {r, 50, "GBP", 64, true},   // 63.5
		"below a half is rounded down":                   {r, 3, "EUR", 3, true},     // 3.24
		"a negative half is rounded away from zero":      {r, -50, "GBP", -64, true}, // -63.5
		"whole yen to cents":                             {r, 1000, "JPY", 670, true},
		"thousandths of a dinar to cents":                {r, 1000, "KWD", 325, true},
		"ten-thousandths to cents":                       {r, 10_000, "CLF", 4012, true},
		"cents to whole yen":                             {yen, 100, "USD", 150, true}, // 149.5
		"thousandths of a dinar to whole yen":            {yen, 1, "KWD", 0, true},     // 0.485
		"zero":                                           {r, 0, "EUR", 0, true},
		"no rate":                                        {r, 100, "SEK", event.NoAmount, false},
		"not a currency":                                 {r, 100, "", event.NoAmount, false},
		"no amount":                                      {r, event.NoAmount, "EUR", event.NoAmount, false},
		"no amount in the reporting currency":            {r, event.NoAmount, "USD", event.NoAmount, false},
		"the largest amount":                             {r, event.MaxAmount * 100 / 127, "GBP", event.MaxAmount - 1, true},
		"over the largest amount":                        {r, event.MaxAmount, "GBP", event.NoAmount, false},
		"over the largest amount by far":                 {yen, math.MaxInt64, "USD", event.NoAmount, false},
		"over the largest amount by far, below zero too": {yen, math.MinInt64 + 1, "USD", event.NoAmount, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := test.rules.Convert(test.amount, test.currency)
			if got != test.want || ok != test.ok {
				t.Errorf("Convert(%d, %s) = %d, %t, want %d, %t", test.amount, test.currency, got, ok, test.want, test.ok)
			}
		})
	}
}

func TestConvertAgreesWithExactFractions(t *testing.T) {
	codes := []string{"USD", "JPY", "KWD", "CLF"}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(codes).Draw(t, "from")
		to := rapid.SampledFrom(codes).Filter(func(c string) bool { return c != from }).Draw(t, "to")
		rate := rules.Rate(rapid.Int64Range(1, 999_999_999_999_999_999).Draw(t, "rate"))
		amount := event.Minor(rapid.Int64Range(math.MinInt64+1, math.MaxInt64).Draw(t, "amount"))
		r := rules.Rules{Currency: to, Rates: map[string]rules.Rate{from: rate}}
		got, ok := r.Convert(amount, from)
		want, wantOK := exactly(amount, rate, from, to)
		if got != want || ok != wantOK {
			t.Fatalf("%d %s at %s = %d %s (%t), want %d (%t)", amount, from, rate, got, to, ok, want, wantOK)
		}
	})
}

// exactly converts with fractions of any size.
func exactly(amount event.Minor, rate rules.Rate, from, to string) (event.Minor, bool) {
	unit := func(code string) *big.Rat {
		places, _ := rules.Exponent(code)
		return new(big.Rat).SetFrac64(1, int64(math.Pow10(places)))
	}
	x := new(big.Rat).SetFrac(big.NewInt(int64(amount)), big.NewInt(1_000_000_000))
	x.Mul(x, new(big.Rat).SetInt64(int64(rate)))
	x.Mul(x, unit(from))
	x.Quo(x, unit(to))
	sign := big.NewInt(int64(x.Sign()))
	x.Abs(x)
	x.Add(x, big.NewRat(1, 2))
	n := new(big.Int).Div(x.Num(), x.Denom())
	if n.CmpAbs(big.NewInt(int64(event.MaxAmount))) > 0 {
		return event.NoAmount, false
	}
	return event.Minor(n.Mul(n, sign).Int64()), true
}

func TestExponentsAreThoseOfISO4217(t *testing.T) {
	for code, want := range map[string]int{"USD": 2, "JPY": 0, "KWD": 3, "CLF": 4, "HUF": 2, "IQD": 3, "ISK": 0} {
		if got, ok := rules.Exponent(code); !ok || got != want {
			t.Errorf("Exponent(%s) = %d, %t, want %d", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "usd", "EURO", "XYZ"} {
		if _, ok := rules.Exponent(code); ok {
			t.Errorf("Exponent(%q) is known", code)
		}
	}
}
