package store_test

import (
	"testing"

	"globalmart/internal/store"
)

func TestASessionReachesAStepIfItLeftNoneOut(t *testing.T) {
	for name, tt := range map[string]struct {
		session store.Session
		reached int
		did     int // steps
	}{
		"nothing but a refund":    {store.Session{Events: 1}, 0, 0},
		"looks":                   {store.Session{Views: 3}, 1, 1},
		"looks and adds":          {store.Session{Views: 1, Adds: 2}, 2, 2},
		"leaves at checkout":      {store.Session{Views: 1, Adds: 1, Checkouts: 1}, 3, 3},
		"buys":                    {store.Session{Views: 1, Adds: 1, Checkouts: 1, Orders: 2}, 4, 4},
		"buys at once":            {store.Session{Views: 1, Orders: 1}, 1, 2},
		"checks out the next day": {store.Session{Checkouts: 1, Orders: 1}, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			did := 0
			for _, step := range store.FunnelSteps {
				if tt.session.Did(step) {
					did++
				}
			}
			if reached := tt.session.Reached(); reached != tt.reached || did != tt.did {
				t.Errorf("reached %d and did %d steps, want %d and %d", reached, did, tt.reached, tt.did)
			}
		})
	}
}
