package app

import "testing"

func TestEventsPerCPUSecondAreAlwaysANumber(t *testing.T) {
	for _, tt := range []struct {
		events  int64
		seconds float64
		want    float64
	}{{100, 0.5, 200}, {0, 0.5, 0}, {100, 0, 0}, {0, 0, 0}} {
		if got := perCPUSecond(tt.events, tt.seconds); got != tt.want {
			t.Errorf("%d events in %g s: %g, want %g", tt.events, tt.seconds, got, tt.want)
		}
	}
}
