package cli

import (
	"fmt"
	"time"
)

// probability checks the value of a flag that is a share.
func probability(flag string, v float64) error {
	if v < 0 || v > 1 || v != v {
		return fmt.Errorf("--%s: %v: want a share from 0 to 1", flag, v)
	}
	return nil
}

// notNegative checks the value of a flag that is a duration.
func notNegative(flag string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("--%s: %s: want a duration of 0 or more", flag, d)
	}
	return nil
}
