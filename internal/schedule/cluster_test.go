package schedule_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestOfSeveralSchedulersOneRunsEachJob(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		first := r.begin("a")
		second, third := r.begin("b"), r.begin("c")
		r.sleepTo("2026-05-02 01:00")
		leading := 0
		for _, p := range []*process{first, second, third} {
			if s := p.Status(); s.Leading {
				leading++
			} else if s.Jobs != nil {
				r.Error("who stands by tells of jobs")
			}
		}
		if leading != 1 {
			r.Errorf("%d lead", leading)
		}
		due := map[string]int{}
		for _, run := range r.store.all() {
			due[run.Job+r.clock(run.Due)]++
		}
		for what, n := range due {
			if n != 1 {
				r.Errorf("%s ran %d times", what, n)
			}
		}
		if n := len(r.store.of("etl")); n != 2 {
			r.Errorf("ETL ran %d times, want 2", n)
		}
	})
}

func TestAnotherLeadsAtOnceAfterAStop(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		first := r.begin("a")
		synctest.Wait()
		second := r.begin("b")
		r.sleepTo("2026-05-01 12:10")
		first.stop()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if !second.Status().Leading {
			r.Error("nobody leads")
		}
	})
}

func TestAStopEndsWhatIsUnderWayAndItIsRunAgain(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.job = func(ctx context.Context, _, _ string) error { return wait(ctx, time.Hour) }
		p := r.begin("a")
		r.sleepTo("2026-05-01 12:01")
		p.stop()
		r.equal([]string{"05-01 12:00 etl 2026-05-01 stopped"}, r.lines(r.store.all()))
		r.begin("b")
		r.sleepTo("2026-05-01 13:02")
		runs := r.store.of("etl")
		r.equal([]string{"05-01 12:00 etl 2026-05-01 stopped", "05-01 12:01 etl 2026-05-01 done"}, r.lines(runs))
		if runs[1].Attempt != 1 || runs[1].Due != runs[0].Due {
			r.Errorf("second run %+v, want a first attempt at the same", runs[1])
		}
	})
}

// TestAFrozenOwnerRecordsNothing: whoever stands still for too long, and goes on later,
// has lost its run.
func TestAFrozenOwnerRecordsNothing(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		// Its job goes on although its signs of life do not reach the store.
		x := r.executor("a")
		silent := &silenced{memory: r.store}
		x.Store = silent
		r.job = func(ctx context.Context, _, _ string) error { return wait(ctx, 10*time.Minute) }
		r.beginWith(x)
		r.sleepTo("2026-05-01 12:01")
		silent.freeze(true)
		r.set(func() { r.job = func(context.Context, string, string) error { return nil } })
		r.begin("b")
		r.sleepTo("2026-05-01 12:05")
		runs := r.store.of("etl")
		if len(runs) != 2 || runs[0].Status != store.JobFailed || runs[1].Status != store.JobDone {
			r.Fatalf("%v, want one that was lost and one that is done", r.lines(runs))
		}
		if runs[1].Epoch <= runs[0].Epoch || runs[1].Attempt != 2 {
			r.Errorf("second run %+v, want a second attempt of a later epoch", runs[1])
		}
		silent.freeze(false)
		r.sleepTo("2026-05-01 12:20")
		r.equal(runs, r.store.of("etl"))
	})
}

// silenced is a store that cannot be reached while its process is frozen.
type silenced struct {
	*memory
	frozen bool
}

func (s *silenced) freeze(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = on
}

func (s *silenced) dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frozen
}

func (s *silenced) LeadSchedule(ctx context.Context, owner string, now event.Time, ttl time.Duration) (int64, bool, error) {
	if s.dead() {
		return 0, false, store.ErrUnavailable
	}
	return s.memory.LeadSchedule(ctx, owner, now, ttl)
}

func (s *silenced) KeepRun(ctx context.Context, id int64, until event.Time) error {
	if s.dead() {
		return store.ErrUnavailable
	}
	return s.memory.KeepRun(ctx, id, until)
}

func TestARunByHand(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		x := r.executor("hand")
		runs, err := x.RunNow(r.Context(), []string{"etl", "rfm"}, "2026-05-01")
		if err != nil {
			r.Fatal(err)
		}
		r.equal(runs, r.store.all())
		if runs[0].Epoch != 0 || runs[0].RowsIn != 100 || runs[1].Job != "rfm" {
			r.Errorf("runs %+v", runs)
		}
		// It answers what was due until then, and what it did not run is left to do.
		r.begin("a")
		r.sleepTo("2026-05-01 12:01")
		r.equal([]string{"05-01 12:00 products 2026-05-01 done", "05-01 12:00 cohorts 2026-05-01 done", "05-01 12:00 trends 2026-05-01 done"},
			r.lines(r.store.all()[2:]))
		// One for an earlier date answers nothing.
		r.sleepTo("2026-05-02 00:10")
		if _, err := x.RunNow(r.Context(), []string{"etl"}, "2026-04-01"); err != nil {
			r.Fatal(err)
		}
		r.sleepTo("2026-05-02 00:16")
		if done := r.store.state("etl").Done.Date; done != "2026-05-02" {
			r.Errorf("ETL is done for %s", done)
		}
	})
}

func TestAJobIsNotRunTwiceAtOnce(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.job = func(ctx context.Context, job, _ string) error {
			if job == "etl" {
				return wait(ctx, 10*time.Minute)
			}
			return nil
		}
		r.begin("a")
		r.sleepTo("2026-05-01 12:01")
		x := r.executor("hand")
		_, err := x.RunNow(r.Context(), []string{"etl", "rfm"}, "2026-05-01")
		busy, ok := errors.AsType[*store.RunningError](err)
		if !ok || busy.Run.Job != "etl" || busy.Run.Owner != "a" {
			r.Errorf("error %v, want that a runs it", err)
		}
		// Another job waits.
		started := time.Now()
		runs, err := x.RunNow(r.Context(), []string{"products"}, "2026-05-01")
		if err != nil || len(runs) != 1 || time.Since(started) < 8*time.Minute {
			r.Errorf("runs %v after %s, error %v", r.lines(runs), time.Since(started), err)
		}
	})
}

func TestARunByHandThatFailsStopsTheOnesAfterIt(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.job = func(context.Context, string, string) error { return errBroken }
		runs, err := r.executor("hand").RunNow(r.Context(), []string{"etl", "rfm"}, "2026-05-01")
		if !errors.Is(err, errBroken) || len(runs) != 1 || runs[0].Status != store.JobFailed {
			r.Errorf("runs %v, error %v", r.lines(runs), err)
		}
		// The schedule does not take it for an attempt of its own.
		r.set(func() { r.job = func(context.Context, string, string) error { return nil } })
		r.begin("a")
		r.sleepTo("2026-05-01 12:01")
		if s := r.store.state("etl"); s.Done.Attempt != 1 {
			r.Errorf("state %+v", s)
		}
	})
}
