package shop

import (
	"math"
	"strings"
	"testing"
	"time"

	"globalmart/internal/event"
)

func TestValidateReportsEveryProblem(t *testing.T) {
	cfg := Config{
		Start:        event.TimeOf(time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)),
		Rate:         Rate{Orders: -1, Views: math.NaN(), Carts: -2},
		Countries:    []Country{{Code: "us", Weight: -1, Offset: 20 * time.Hour, Currency: "dollar", TaxBasisPoints: -1, ShippingMinor: -1}},
		ZipfExponent: math.NaN(),
		Faults:       Faults{Anomalies: -0.1, Late: 0.7, Duplicates: 2, Corrupt: 0.7},
	}
	_, err := New(cfg)
	if err == nil {
		t.Fatal("New took a Config without one valid field")
	}
	for _, want := range []string{
		"start:", "shoppers:", "products:", "categories:", "max sessions:", "zipf exponent:", "convert:",
		"rate: orders:", "rate: views:", "rate: carts:",
		"faults: anomalies:", "faults: duplicates:", "faults: late + corrupt:",
		"countries[0]: code:", "countries[0]: weight:", "countries[0]: offset:", "countries[0]: tax:",
		"countries[0]: shipping:", "countries[0]: currency:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in:\n%v", want, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string // part of the error; empty = valid
	}{
		"the default with start and rates is valid": {func(*Config) {}, ""},
		"the business rate is valid":                {func(c *Config) { c.Rate = Business(100_000) }, ""},
		"a shop without carts is valid":             {func(c *Config) { c.Rate.Carts = 0 }, ""},
		"a currency without a rate is refused":      {func(c *Config) { c.Countries[4].Currency = "CHF" }, "countries[4]: currency: CHF: no rate"},
		"a country may come once":                   {func(c *Config) { c.Countries[1].Code = "US" }, "listed twice"},
		"no country":                                {func(c *Config) { c.Countries = nil }, "countries: 0: want 1 to 16"},
		"a rate of zero for a currency":             {func(c *Config) { c.Convert = func(event.Minor, string) (event.Minor, bool) { return 0, true } }, "within a million times"},
		"more categories than products":             {func(c *Config) { c.Products, c.Categories = 5, 6 }, "categories: 6: want 1 to 5"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			tc.change(&cfg)
			err := cfg.Validate()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate: %v, want %q", err, tc.want)
			}
		})
	}
}

func TestAShopDoesNotChangeWithTheSliceItWasMadeOf(t *testing.T) {
	cfg := testConfig()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	before := digest(s, 2000)
	cfg.Countries[0].Code = "CA"
	if after := digest(s, 2000); after != before {
		t.Error("changing the caller's Countries changed the events")
	}
}
