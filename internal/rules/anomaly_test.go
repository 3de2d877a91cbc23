package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/rules"
)

func TestADecimalIsReadExactlyOrRefused(t *testing.T) {
	tests := map[string]struct {
		want rules.Milli
		ok   bool
	}{
		"3.5": {3500, true}, "4": {4000, true}, "0.001": {1, true}, "999999.999": {999_999_999, true}, "03.50": {3500, true},
		"": {}, "0": {}, "0.0": {}, "-1": {}, "+1": {}, "1.": {}, ".5": {}, "1e3": {}, "0.0001": {}, "1000000": {}, "1_0": {}, "1.-5": {},
	}
	for text, test := range tests {
		got, err := rules.ParseMilli(text)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%q: got %d, %v", text, got, err)
		}
	}
}

func TestAWrittenDecimalReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rules.Milli(rapid.Int64Range(1, 999_999_999).Draw(t, "milli"))
		if got, err := rules.ParseMilli(want.String()); err != nil || got != want {
			t.Fatalf("%d is written as %s and read as %d, %v", want, want, got, err)
		}
	})
	if got := rules.Milli(-1500).String(); got != "-1.5" {
		t.Errorf("got %s, want -1.5", got)
	}
}

func TestACategoryHasItsOwnPrior(t *testing.T) {
	r, err := rules.Parse([]byte("anomaly:\n  high_value:\n    threshold: 5\n    categories:\n      Books: {median: 1900, spread: 0.5}\n      'Home: Garden': {median: 7, spread: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Default().Anomaly
	want.HighValue.Threshold = 5000
	want.HighValue.Categories = map[string]rules.Prior{"Books": {Median: 1900, Spread: 500}, "Home: Garden": {Median: 7, Spread: 2000}}
	if diff := cmp.Diff(want, r.Anomaly); diff != "" {
		t.Error(diff)
	}
	for category, want := range map[string]rules.Prior{
		"Books": {Median: 1900, Spread: 500}, "Toys": rules.Default().Anomaly.HighValue.Prior, "": rules.Default().Anomaly.HighValue.Prior,
	} {
		if got := r.Anomaly.HighValue.PriorOf(category); got != want {
			t.Errorf("prior of %q: got %v, want %v", category, got, want)
		}
	}
}

func TestRulesOfAnomaliesThatMakeNoSenseAreReported(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no threshold":                  {"high_value: {threshold: 0}", `anomaly.high_value.threshold: found "0", want a decimal above 0`},
		"a threshold beyond everything": {"high_value: {threshold: 1001}", "anomaly.high_value.threshold: found 1001, want above 0 and at most 1000"},
		"a spread beyond everything":    {"unusual_quantity: {min_spread: 11}", "anomaly.unusual_quantity.min_spread: found 11, want above 0 and at most 10"},
		"a median of nothing":           {"high_value: {prior: {median: 0}}", "anomaly.high_value.prior.median: found 0, want 1 to 1000000000000000"},
		"a median of too many units":    {"unusual_quantity: {prior: {median: 1000000001}}", "anomaly.unusual_quantity.prior.median: found 1000000001, want 1 to 1000000000"},
		"half a prior":                  {"high_value: {categories: {Books: {median: 1900}}}", "rules: anomaly.high_value.categories.Books.spread: found 0, want above 0"},
		"a category without a name":     {"high_value: {categories: {'': {median: 1, spread: 1}}}", `anomaly.high_value.categories.: "" is not a category`},
		"a baseline of one line":        {"baseline: {samples: 1}", "anomaly.baseline.samples: found 1, want 2 to 1000000"},
		"no line of a product":          {"baseline: {per_product: 0}", "anomaly.baseline.per_product: found 0, want 1 to 255"},
		"a baseline of no day":          {"baseline: {days: 0}", "anomaly.baseline.days: found 0, want 1 to 60"},
		"a window of two hours":         {"velocity: {window: 2h}", "anomaly.velocity.window: found 2h, want 1s to 1h"},
		"a burst of one order":          {"velocity: {orders: 1}", "anomaly.velocity.orders: found 1, want 2 to 100"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Parse([]byte("anomaly: {" + test.text + "}\n"))
			if err == nil || !strings.HasPrefix(strings.TrimPrefix(err.Error(), "rules: line 1: "), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestWrittenRulesOfAnomaliesReadBackTheSame(t *testing.T) {
	prior := rapid.Custom(func(t *rapid.T) rules.Prior {
		return rules.Prior{Median: rapid.IntRange(1, 1e9).Draw(t, "median"), Spread: rules.Milli(rapid.Int64Range(1, 10_000).Draw(t, "spread"))}
	})
	outlier := rapid.Custom(func(t *rapid.T) rules.Outlier {
		return rules.Outlier{
			Threshold: rules.Milli(rapid.Int64Range(1, 1_000_000).Draw(t, "threshold")),
			MinSpread: rules.Milli(rapid.Int64Range(1, 10_000).Draw(t, "least")),
			Prior:     prior.Draw(t, "prior"),
			Categories: rapid.MapOfN(rapid.SampledFrom([]string{
				"Books", "Home & Garden", "a: b", "# no", "12", "null", "true", "- x", "'", `"`, "<<", "ü", " lead", "*a", "{", "a.b",
			}), prior, 0, 4).Draw(t, "categories"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := rules.Default()
		r.Anomaly = rules.Anomaly{
			HighValue: outlier.Draw(t, "value"), UnusualQuantity: outlier.Draw(t, "quantity"),
			Baseline: rules.Baseline{
				Samples: rapid.IntRange(2, 1e6).Draw(t, "samples"), PerProduct: rapid.IntRange(1, 255).Draw(t, "lines of a product"),
				Days: rapid.IntRange(1, 60).Draw(t, "days"),
			},
			Velocity: rules.Velocity{Window: time.Duration(rapid.Int64Range(1e9, 3600e9).Draw(t, "window")), Orders: rapid.IntRange(2, 100).Draw(t, "orders")},
		}
		text := written(t, r)
		got, err := rules.Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}
