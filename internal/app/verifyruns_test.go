package app

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"globalmart/internal/verify"
)

// TestPastVerifyRunsAreKept: the newest first, as many as are kept, also those that failed.
func TestPastVerifyRunsAreKept(t *testing.T) {
	v := &verifyRuns{world: func() (verify.World, error) { return verify.World{}, errors.New("no log") }, log: slog.New(slog.DiscardHandler)}
	first := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for i := range keptVerifyRuns + 1 {
		v.last.Started = first.Add(time.Duration(i) * time.Minute)
		v.run(t.Context())
	}
	past := v.state().Past
	if n := len(past); n != keptVerifyRuns {
		t.Fatalf("%d runs are kept, want %d", n, keptVerifyRuns)
	}
	newest, oldest := past[0], past[keptVerifyRuns-1]
	if !newest.Started.Equal(first.Add(keptVerifyRuns*time.Minute)) || !oldest.Started.Equal(first.Add(time.Minute)) || newest.Status != "failed" {
		t.Errorf("the newest is %+v, the oldest %+v", newest, oldest)
	}
}
