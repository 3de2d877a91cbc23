package schedule_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func (r *rig) equal(want, got any) {
	r.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("(-want +got)\n%s", diff)
	}
}

func TestADay(t *testing.T) {
	inTime(t, "Europe/Berlin", "2026-03-10 22:30", func(r *rig) {
		p := r.begin("a")
		r.sleepTo("2026-03-11 01:30")
		r.equal([]string{
			// Nothing has run yet.
			"03-10 22:30 etl 2026-03-10 done", "03-10 22:30 rfm 2026-03-10 done", "03-10 22:30 products 2026-03-10 done",
			"03-10 22:30 cohorts 2026-03-10 done", "03-10 22:30 trends 2026-03-10 done",
			"03-10 23:05 trends 2026-03-10 done",
			// The trends of 00:05 wait for the ETL of their day.
			"03-11 00:15 etl 2026-03-11 done", "03-11 00:15 trends 2026-03-11 done", "03-11 00:20 rfm 2026-03-11 done",
			"03-11 00:25 products 2026-03-11 done", "03-11 00:30 cohorts 2026-03-11 done",
			"03-11 01:05 trends 2026-03-11 done",
		}, r.lines(r.store.all()))
		last := r.store.all()[11]
		want := store.JobRun{
			ID: 12, Job: "trends", Date: "2026-03-11", Due: last.Due, Attempt: 1, Epoch: 1, Owner: "a", Status: store.JobDone,
			Started: last.Started, Until: last.Until, Finished: last.Started.Add(time.Second), RowsIn: 100, RowsOut: 10, Bytes: 1000, Engine: "none",
		}
		r.equal(want, last)
		r.equal("03-11 01:05", r.clock(last.Due))

		s := p.Status()
		if !s.Leading || s.Late != nil || len(s.Jobs) != 5 {
			r.Fatalf("status %+v", s)
		}
		for _, j := range s.Jobs {
			if j.Failing() || j.Done.ID == 0 {
				r.Errorf("%+v", j)
			}
		}
		r.equal("03-12 00:15", r.clock(event.TimeOf(s.Jobs[0].Next)))
	})
}

func TestDaysOnWhichTheClockChanges(t *testing.T) {
	for name, test := range map[string]struct {
		from, to string
		trends   int // of 24 hours and an hour more or less
	}{
		"to summer time": {"2026-03-28 22:00", "2026-03-30 04:00", 29},
		"to winter time": {"2026-10-24 22:00", "2026-10-26 04:00", 31},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, "Europe/Berlin", test.from, func(r *rig) {
				r.rules.Schedule.ETL = "30 2 * * *" // comes never, and twice
				r.begin("a")
				r.sleepTo(test.to)
				dates := map[string]int{}
				for _, run := range r.store.of("etl") {
					dates[run.Date]++
				}
				if len(dates) != 3 {
					r.Errorf("ETL for %v, want three days", sorted(dates))
				}
				if n := len(r.store.of("trends")); n < test.trends-3 || n > test.trends+1 {
					r.Errorf("trends ran %d times, want about %d", n, test.trends)
				}
			})
		})
	}
}

func TestWhatWasMissedIsMadeUpFor(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		p := r.begin("a")
		r.sleepTo("2026-05-01 12:30")
		p.stop()
		before := len(r.store.all())

		r.sleepTo("2026-05-04 12:10")
		r.begin("b")
		r.sleepTo("2026-05-04 12:30")
		r.equal([]string{
			"05-04 12:10 etl 2026-05-02 done", "05-04 12:10 rfm 2026-05-02 done", "05-04 12:10 products 2026-05-02 done", "05-04 12:10 cohorts 2026-05-02 done",
			"05-04 12:10 etl 2026-05-03 done", "05-04 12:10 rfm 2026-05-03 done", "05-04 12:10 products 2026-05-03 done", "05-04 12:10 cohorts 2026-05-03 done",
			"05-04 12:10 etl 2026-05-04 done", "05-04 12:10 rfm 2026-05-04 done", "05-04 12:10 products 2026-05-04 done", "05-04 12:10 cohorts 2026-05-04 done",
			"05-04 12:10 trends 2026-05-04 done", // once, not 72 times
		}, r.lines(r.store.all()[before:]))
	})
}

func TestOnlyTheLastDaysAreMadeUpFor(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		p := r.begin("a")
		r.sleepTo("2026-05-01 12:30")
		p.stop()
		r.sleepTo("2026-07-01 12:10")
		r.begin("b")
		r.sleepTo("2026-07-01 12:30")
		var dates []string
		for _, run := range r.store.of("rfm")[1:] {
			dates = append(dates, run.Date)
		}
		r.equal([]string{"2026-06-25", "2026-06-26", "2026-06-27", "2026-06-28", "2026-06-29", "2026-06-30", "2026-07-01"}, dates)
	})
}

func TestWhatComesSeldomIsMadeUpForHoweverLongAgoItWas(t *testing.T) {
	inTime(t, "UTC", "2026-05-20 12:00", func(r *rig) {
		r.rules.Schedule.Cohorts = "0 3 1 * *"
		p := r.begin("a")
		r.sleepTo("2026-05-20 12:30")
		p.stop()
		r.sleepTo("2026-06-20 12:10")
		r.begin("b")
		r.sleepTo("2026-06-20 12:30")
		r.equal([]string{"05-20 12:00 cohorts 2026-05-20 done", "06-20 12:10 cohorts 2026-06-01 done"}, r.lines(r.store.of("cohorts")))
	})
}

func TestJobsWaitForData(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.asOf = func() string { return "" }
		r.begin("a")
		r.sleepTo("2026-05-02 13:00")
		if runs := r.store.all(); len(runs) > 0 {
			r.Errorf("%v without data", r.lines(runs))
		}
		// Of a shop of long ago.
		r.set(func() { r.asOf = func() string { return "2011-12-10" } })
		r.sleepTo("2026-05-02 13:01")
		r.equal([]string{
			"05-02 13:00 etl 2011-12-10 done", "05-02 13:00 rfm 2011-12-10 done", "05-02 13:00 products 2011-12-10 done",
			"05-02 13:00 cohorts 2011-12-10 done", "05-02 13:00 trends 2011-12-10 done",
		}, r.lines(r.store.all()))
		// The dates do not run away from the data.
		r.sleepTo("2026-05-03 00:16")
		r.equal("05-03 00:15 etl 2011-12-10 done", r.lines(r.store.of("etl"))[1])
	})
}

func TestAJobThatFailsIsTriedThreeTimes(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		p := r.begin("a")
		r.sleepTo("2026-05-01 23:50")
		r.set(func() {
			r.job = func(_ context.Context, job, _ string) error {
				if job == "rfm" {
					return errBroken
				}
				return nil
			}
		})
		r.sleepTo("2026-05-02 00:50")
		runs := r.store.of("rfm")[1:]
		if len(runs) != 3 {
			r.Fatalf("%v, want three attempts", r.lines(runs))
		}
		for i, run := range runs {
			if run.Attempt != int64(i+1) || run.Status != store.JobFailed || run.Error != errBroken.Error() || run.Due != runs[0].Due {
				r.Errorf("attempt %d: %+v", i+1, run)
			}
			if i == 0 {
				continue
			}
			// Pauses double; half of each is chance, and it is looked every ten seconds.
			full := 30 * time.Second << (i - 1)
			if pause := run.Started.Std().Sub(runs[i-1].Finished.Std()); pause < full/2 || pause > full+10*time.Second {
				r.Errorf("attempt %d after %s, want %s to %s", i+1, pause, full/2, full)
			}
		}
		if r.store.state("products").Done.Date != "2026-05-02" {
			r.Error("a job that does not need it did not run")
		}
		s := p.Status()
		if !s.Jobs[1].Failing() || s.Jobs[2].Failing() || s.Late != nil {
			r.Errorf("status %+v, want rfm failing and the rest well", s)
		}

		r.set(func() { r.job = func(context.Context, string, string) error { return nil } })
		r.sleepTo("2026-05-03 00:50")
		r.equal([]string{"05-03 00:20 rfm 2026-05-03 done"}, r.lines(r.store.of("rfm")[4:]))
		if s := p.Status(); s.Jobs[1].Failing() {
			r.Error("it still counts as failing")
		}
	})
}

func TestJobsWaitForTheOneThatTheyNeed(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		broken := true
		r.job = func(_ context.Context, job, _ string) error {
			if job == "etl" && broken {
				return errBroken
			}
			return nil
		}
		r.begin("a")
		r.sleepTo("2026-05-01 23:50")
		if n := len(r.store.all()); n != 3 {
			r.Errorf("%v, want three attempts at the ETL and nothing else", r.lines(r.store.all()))
		}
		r.set(func() { broken = false })
		r.sleepTo("2026-05-02 00:50")
		for _, job := range []string{"etl", "rfm", "products", "trends", "cohorts"} {
			if done := r.store.state(job).Done.Date; done != "2026-05-02" {
				r.Errorf("%s is done for %q", job, done)
			}
		}
	})
}

func TestACopyThatIsBehindHoldsNothingUp(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.behind = errBroken
		p := r.begin("a")
		r.sleepTo("2026-05-01 12:03")
		runs := r.store.all()
		if len(runs) != 5 {
			r.Fatalf("%v, want every job once", r.lines(runs))
		}
		for i := range runs {
			if run := &runs[i]; !run.Behind() || run.Status != store.JobDone || run.Error != errBroken.Error() {
				r.Errorf("%+v, want it done, and why the copy is behind", run)
			}
		}
		status := p.Status()
		if last := status.Behind(); last == nil || last.Job != "trends" {
			r.Errorf("the status tells of %+v", last)
		}
		for i := range status.Jobs {
			if status.Jobs[i].Failing() {
				r.Errorf("%s counts as failed", status.Jobs[i].Name)
			}
		}
		// One job that brings the copy along is enough.
		r.set(func() { r.behind = nil })
		r.sleepTo("2026-05-01 13:10")
		status = p.Status()
		if last := status.Behind(); last != nil {
			r.Errorf("the copy was brought along, and the status tells of %+v", last)
		}
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.job = func(context.Context, string, string) error { panic("index out of range") }
		p := r.begin("a")
		r.sleepTo("2026-05-01 12:30")
		runs := r.store.all()
		if len(runs) != 3 || runs[0].Status != store.JobFailed || !strings.Contains(runs[0].Error, "index out of range") {
			r.Errorf("runs %+v", runs)
		}
		if !p.Status().Leading {
			r.Error("the scheduler does not go on")
		}
	})
}

func TestALongErrorIsCutShort(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.job = func(context.Context, string, string) error { return fmt.Errorf("%s", strings.Repeat("é", 100_000)) }
		_, err := r.executor("a").RunNow(r.Context(), []string{"etl"}, "2026-05-01")
		if err == nil || len(err.Error()) < 100_000 {
			r.Error("who ran it is not told all")
		}
		if kept := r.store.all()[0].Error; len(kept) > 5000 || strings.Trim(kept, "é") != "…" {
			r.Errorf("%d bytes are kept: …%q", len(kept), kept[len(kept)-8:])
		}
	})
}

func TestWhileTheStoreIsDownNothingRunsAndThenAllIsMadeUpFor(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		p := r.begin("a")
		r.sleepTo("2026-05-01 23:50")
		r.store.fail(store.ErrUnavailable)
		r.sleepTo("2026-05-02 03:00")
		if s := p.Status(); s.Late == nil {
			r.Error("the status says nothing of it")
		}
		r.store.fail(nil)
		r.sleepTo("2026-05-02 03:01")
		for _, job := range []string{"etl", "rfm", "trends"} {
			if done := r.store.state(job).Done.Date; done != "2026-05-02" {
				r.Errorf("%s is done for %q", job, done)
			}
		}
		if s := p.Status(); s.Late != nil {
			r.Errorf("late: %v", s.Late)
		}
	})
}
