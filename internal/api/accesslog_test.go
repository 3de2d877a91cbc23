package api

import (
	"strings"
	"testing"
	"time"
)

func TestTheAccessLogSaysHowLongARequestTookInMilliseconds(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) {
		now := c.Now()
		c.Now = func() time.Time { // each look at the clock is 1.5 ms later
			now = now.Add(1500 * time.Microsecond)
			return now
		}
	})
	f.get(t, "/")
	if log := f.logs.String(); !strings.Contains(log, `"took_ms":1.5,`) {
		t.Errorf("the log has:\n%s", log)
	}
}
