package app

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/store/storetest"
	"globalmart/internal/verify"
)

// newTestVerifyRuns returns runs of a verify that finds no log, kept on s.
func newTestVerifyRuns(s desk.Store) *verifyRuns {
	log := slog.New(slog.DiscardHandler)
	return &verifyRuns{
		desk:  &desk.Desk{Store: s, Now: time.Now, Log: log},
		world: func() (verify.World, error) { return verify.World{}, errors.New("no log") }, log: log,
	}
}

// TestPastVerifyRunsAreKept: the newest first, as many as are kept, also those that failed,
// and past the end of the process.
func TestPastVerifyRunsAreKept(t *testing.T) {
	s := &storetest.MemoryDesk{}
	v := newTestVerifyRuns(s)
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
	next := newTestVerifyRuns(s)
	if err := next.recall(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v.state(), next.state()); diff != "" {
		t.Errorf("what the next process knows (-was +is):\n%s", diff)
	}
}

// TestAVerifyRunEndsWithItsProcess: the next process says so, and can begin another.
func TestAVerifyRunEndsWithItsProcess(t *testing.T) {
	s := &storetest.MemoryDesk{}
	v := newTestVerifyRuns(s)
	v.last = api.VerifyRun{Started: time.Now().Add(-time.Minute)}
	v.records.Store(7)
	if err := v.tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := newTestVerifyRuns(s)
	if err := next.start(t.Context()); !isRefusal(err) {
		t.Errorf("while another process may run it: %v", err)
	}
	if err := next.recall(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	now := next.state()
	if underWay(&now) || now.Err == "" || now.Records != 7 || len(now.Past) != 1 || now.Past[0].Status != "failed" {
		t.Errorf("after its process ended: %+v", now)
	}
}
