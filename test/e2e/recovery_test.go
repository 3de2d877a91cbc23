package e2e_test

import (
	"testing"
)

func TestBenchRecoverySaysHowLongItTookToBeUpToDateAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for session timeouts")
	}
	// Not in parallel: up to date is what a worker with the machine to itself becomes.
	type recovered struct{ Seconds []float64 }
	f := ask[struct {
		Restart  recovered `json:"restart_in_place"`
		Takeover recovered `json:"takeover"`
	}](t, "bench", "recovery", "--rounds", "1", "--warm", "500ms", "--rate", "500")
	for name, r := range map[string]recovered{"restart": f.Restart, "takeover": f.Takeover} {
		if len(r.Seconds) != 1 || r.Seconds[0] <= 0 {
			t.Errorf("%s: %v", name, r.Seconds)
		}
	}
}
