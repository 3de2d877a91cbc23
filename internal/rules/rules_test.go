package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/rules"
)

func TestDefaultsAreValid(t *testing.T) {
	r := rules.Default()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	want := rules.Rules{
		Version: 1, TimeZone: "UTC", Currency: "USD",
		Rates: map[string]rules.Rate{
			"EUR": 1_080_000_000, "GBP": 1_270_000_000, "CAD": 730_000_000, "AUD": 660_000_000, "JPY": 6_700_000,
		},
		Stream:  rules.Stream{Horizon: 2 * time.Hour, KeepMinutes: 7 * 24 * time.Hour},
		Session: rules.Session{Gap: 30 * time.Minute, Max: 24 * time.Hour, Keep: 35 * 24 * time.Hour},
		Cart:    rules.Cart{Idle: 30 * time.Minute, Episode: 24 * time.Hour, Recovery: 7 * 24 * time.Hour, Keep: 35 * 24 * time.Hour},
		Alerts: rules.Alerts{
			Stock: rules.StockAlerts{
				LeadTime: 24 * time.Hour, LeadTimeDeviation: 6 * time.Hour, ServiceFactor: 1645, Smoothing: 200, Low: 3, Critical: 1, Margin: 100,
			},
			Carts:    rules.CartAlerts{AtRiskMinor: 1_000_000_000, Margin: 100},
			Orders:   rules.OrderAlerts{Smoothing: 100, Width: 5000, Margin: 200, Warmup: 15, Least: 10, ZeroAfter: 3},
			Findings: rules.FindingAlerts{CloseAfter: time.Hour},
		},
		Anomaly: rules.Anomaly{
			HighValue:       rules.Outlier{Threshold: 3500, MinSpread: 675, Prior: rules.Prior{Median: 4500, Spread: 800}, Categories: map[string]rules.Prior{}},
			UnusualQuantity: rules.Outlier{Threshold: 3500, MinSpread: 500, Prior: rules.Prior{Median: 1, Spread: 500}, Categories: map[string]rules.Prior{}},
			Baseline:        rules.Baseline{Samples: 4, PerProduct: 4, Days: 7},
			Velocity:        rules.Velocity{Window: 5 * time.Minute, Orders: 5},
		},
		RFM: rules.RFM{Segments: rules.Segments{
			R5: [5]string{"New Customers", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"},
			R4: [5]string{"Promising", "Potential Loyalists", "Potential Loyalists", "Loyal Customers", "Loyal Customers"},
			R3: [5]string{"About To Sleep", "About To Sleep", "Need Attention", "Loyal Customers", "Loyal Customers"},
			R2: [5]string{"Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose Them"},
			R1: [5]string{"Lost", "Hibernating", "At Risk", "At Risk", "Can't Lose Them"},
		}},
		Schedule: rules.Schedule{
			ETL: "15 0 * * *", RFM: "20 0 * * *", Products: "25 0 * * *", Trends: "5 * * * *", Cohorts: "30 0 * * *", CatchUpDays: 7,
		},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsAreNotSharedBetweenCallers(t *testing.T) {
	rules.Default().Rates["EUR"] = 1
	if got := rules.Default().Rates["EUR"]; got == 1 {
		t.Error("changing the rates of one caller changed those of another")
	}
	rules.Default().Anomaly.HighValue.Categories["Books"] = rules.Prior{}
	if len(rules.Default().Anomaly.HighValue.Categories) > 0 {
		t.Error("changing the priors of one caller changed those of another")
	}
}

func TestAFileIsReadOverTheDefaults(t *testing.T) {
	base := rules.Default()
	tests := map[string]struct {
		text string
		want func(r *rules.Rules)
	}{
		"an empty file is the defaults":        {"", func(*rules.Rules) {}},
		"comments alone are the defaults":      {"# nothing yet\n", func(*rules.Rules) {}},
		"a key without a value is the default": {"stream:\nversion:\n", func(*rules.Rules) {}},
		"one key changes one value":            {"version: 3\n", func(r *rules.Rules) { r.Version = 3 }},
		"keys of a group are read alone": {"stream:\n  horizon: 90m\n", func(r *rules.Rules) {
			r.Stream.Horizon = 90 * time.Minute
		}},
		"rates replace the built-in ones, quoted or not": {"rates: {EUR: '1.1', GBP: 2}\n", func(r *rules.Rules) {
			r.Rates = map[string]rules.Rate{"EUR": 1_100_000_000, "GBP": 2_000_000_000}
		}},
		"another reporting currency drops the built-in rates": {"currency: GBP\n", func(r *rules.Rules) {
			r.Currency, r.Rates = "GBP", map[string]rules.Rate{}
		}},
		"naming the built-in currency keeps its rates": {"currency: USD\n", func(*rules.Rules) {}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := rules.Parse([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			want := base
			test.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryProblemIsReportedWithItsLineAndKey(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"unknown keys, bad values and bad rules together": {
			"currency: GPB\nstraem:\n  a: 1\nstream:\n  horizon: 2\n  horizo: 3\nrates:\n  EURO: 1\n  EUR: 1.5e3\nversion: 0\n",
			[]string{
				`line 1: currency: "GPB" is not a currency`, "line 2: straem: unknown key, want one of version, time_zone, currency",
				`line 5: stream.horizon: "2" is not a duration`, "line 6: stream.horizo: unknown key, want one of horizon, keep_minutes",
				`line 8: rates.EURO: "EURO" is not a currency`, `line 9: rates.EUR: "1.5e3" is not a rate`, "line 10: version: found 0",
			},
		},
		"a key that stands twice":               {"version: 1\nversion: 2\n", []string{"line 2: "}},
		"text that is not YAML":                 {"version: [", []string{"line 1: not YAML"}},
		"a list instead of keys":                {"- version\n", []string{"line 1: found sequence, want keys with values"}},
		"a value instead of a group":            {"stream: 5\n", []string{"line 1: stream: found integer, want keys with values"}},
		"a group instead of a value":            {"currency: {a: b}\n", []string{"line 1: currency: found mapping, want one value"}},
		"a list instead of a value":             {"version: [1]\n", []string{"line 1: version: found sequence, want one value"}},
		"a fraction for a whole number":         {"version: 2.5\n", []string{`line 1: version: found "2.5", want a whole number`}},
		"a second document":                     {"version: 1\n---\nversion: 2\n", []string{"line 3: a second document"}},
		"a merge key":                           {"<<: {version: 2}\n", []string{"line 1: <<: unknown key"}},
		"a zone that does not exist":            {"time_zone: Europe/Londn\n", []string{`line 1: time_zone: "Europe/Londn" is not a time zone`}},
		"the zone of the host":                  {"time_zone: Local\n", []string{"line 1: time_zone"}},
		"a rate for the reporting currency":     {"rates: {USD: 1}\n", []string{"line 1: rates.USD: is the reporting currency itself"}},
		"a rate of zero":                        {"rates: {EUR: 0.0}\n", []string{`line 1: rates.EUR: "0.0" is not a rate`}},
		"a horizon out of bounds":               {"stream: {horizon: 8d}\n", []string{`line 1: stream.horizon: "8d" is not a duration`}},
		"a horizon that is too long":            {"stream: {horizon: 169h}\n", []string{"line 1: stream.horizon: found 169h, want 1m to 168h"}},
		"minutes that go before late events do": {"stream: {keep_minutes: 1h}\n", []string{"line 1: stream.keep_minutes: found 1h, want at least the horizon (2h)"}},
		"a file that is far too large":          {strings.Repeat("#\n", 1<<20), []string{"the file has 2097152 bytes"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Parse([]byte(test.text))
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(test.want) {
				t.Fatalf("got %d problems, want %d:\n%v", len(got), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(got[i], "rules: "+want) {
					t.Errorf("problem %d is\n%s\nwant\nrules: %s", i, got[i], want)
				}
			}
		})
	}
}

// written returns r as a file.
func written(t interface{ Fatal(...any) }, r rules.Rules) []byte {
	text, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRulesThatAreNotValidAreNotWritten(t *testing.T) {
	if text, err := (rules.Rules{}).YAML(); err == nil {
		t.Errorf("no error, but\n%s", text)
	}
}

func TestWrittenRulesReadBackTheSame(t *testing.T) {
	base := rules.Default()
	rapid.Check(t, func(t *rapid.T) {
		r := base
		r.Version = rapid.IntRange(1, 1000).Draw(t, "version")
		r.TimeZone = rapid.SampledFrom(zones).Draw(t, "zone")
		r.Currency = rapid.SampledFrom([]string{"USD", "GBP", "NOK"}).Draw(t, "currency")
		r.Stream.Horizon = time.Duration(rapid.Int64Range(int64(time.Minute), int64(7*24*time.Hour)).Draw(t, "horizon"))
		r.Stream.KeepMinutes = r.Stream.Horizon + time.Duration(rapid.IntRange(0, 600).Draw(t, "keep"))*time.Second
		r.Rates = rapid.MapOf(
			rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CLF"}),
			rapid.Custom(func(t *rapid.T) rules.Rate {
				return rules.Rate(rapid.Int64Range(1, 999_999_999_999_999_999).Draw(t, "rate"))
			}),
		).Draw(t, "rates")
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

func TestWrittenRulesKeepTheComments(t *testing.T) {
	r := rules.Default()
	r.Currency, r.TimeZone, r.Rates = "GBP", "Europe/London", nil
	text := string(written(t, r))
	for _, want := range []string{"# The one currency of all analytics", "currency: GBP\n", "time_zone: Europe/London\n", "rates: {}\n", "horizon: 2h\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	err := rules.Rules{Rates: map[string]rules.Rate{"XYZ": -1}}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"version", "time_zone", "currency", "rates.XYZ", "stream.horizon"} {
		if !strings.Contains(err.Error(), "rules: "+want+": ") {
			t.Errorf("no problem of %s in\n%v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(written(f, rules.Default()))
	for _, text := range []string{"", "version: [", "<<: *a", "rates: {EUR: 1}", "a: &a {b: *a}", "? x\n: y", "stream:\n  horizon: 1h\n", "\"\\x\": 1"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := rules.Parse(text)
		if err != nil {
			return
		}
		if err := r.Validate(); err != nil {
			t.Errorf("parsed rules are not valid: %v", err)
		}
		text = written(t, r)
		again, err := rules.Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("written rules read back otherwise: %s", diff)
		}
	})
}
