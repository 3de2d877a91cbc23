package shop

import (
	"testing"
	"time"

	"globalmart/internal/event"
)

// testStart is a Monday.
var testStart = event.TimeOf(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))

// testRates are dollars for one unit, in millionths; for the yen, which has no
// minor unit, cents for one.
var testRates = map[string]event.Minor{"USD": 1_000_000, "EUR": 1_080_000, "GBP": 1_270_000, "JPY": 670_000}

func testConvert(minor event.Minor, currency string) (event.Minor, bool) {
	rate, ok := testRates[currency]
	return (minor*rate + 500_000) / 1_000_000, ok
}

// testConfig is the default shop with a start and rates.
func testConfig() Config {
	cfg := Default()
	cfg.Start = testStart
	cfg.Convert = testConvert
	return cfg
}

func testShop(t testing.TB, change func(*Config)) *Shop {
	t.Helper()
	cfg := testConfig()
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// first calls see with the first n emissions.
func first(s *Shop, n int, see func(Emission)) {
	for e := range s.Events() {
		see(e)
		if n--; n <= 0 {
			return
		}
	}
}

func BenchmarkEvents(b *testing.B) {
	s := testShop(b, nil)
	b.ReportAllocs()
	r := newRun(s, func(Emission) bool { return b.Loop() })
	r.forever()
}

func BenchmarkEventsEncoded(b *testing.B) {
	s := testShop(b, nil)
	b.ReportAllocs()
	var buf []byte
	var bytes int64
	r := newRun(s, func(e Emission) bool {
		buf = e.Event.AppendJSON(buf[:0])
		bytes += int64(len(buf))
		return b.Loop()
	})
	r.forever()
	b.ReportMetric(float64(bytes)/float64(b.N), "B/event")
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		testShop(b, nil)
	}
}
