package schedule_test

import (
	"context"
	"testing"
)

// since returns the runs after the first n, without their times.
func (r *rig) since(n int) []string {
	r.Helper()
	lines := r.lines(r.store.all()[n:])
	for i, line := range lines {
		lines[i] = line[len("05-02 09:06 "):]
	}
	return lines
}

// grow has the lake grow.
func (r *rig) grow() { r.set(func() { r.more = true }) }

func TestWhatIsDoneIsDoneAgainOnceTheLakeHasGrown(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.begin("a")
		r.sleepTo("2026-05-02 09:06")
		before := len(r.store.all())
		r.grow()
		r.sleepTo("2026-05-02 09:12")
		r.equal([]string{
			"etl 2026-05-02 done", "rfm 2026-05-02 done", "products 2026-05-02 done", "cohorts 2026-05-02 done", "trends 2026-05-02 done",
		}, r.since(before))
		// Once is enough, and the next day is as ever.
		r.sleepTo("2026-05-02 10:00")
		r.equal(before+5, len(r.store.all()))
		r.sleepTo("2026-05-03 00:31")
		r.equal([]string{"05-02 00:20 rfm 2026-05-02 done", "05-03 00:20 rfm 2026-05-03 done"}, append(r.lines(r.store.of("rfm"))[1:2], r.lines(r.store.of("rfm"))[3:]...))
	})
}

func TestAGrowthThatChangesNothingStopsAtTheETL(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.begin("a")
		r.sleepTo("2026-05-02 09:06")
		before := len(r.store.all())
		r.set(func() { r.more, r.rows = true, 0 })
		r.sleepTo("2026-05-02 09:12")
		r.equal([]string{"etl 2026-05-02 done"}, r.since(before))
	})
}

func TestMoreOfAShopOfLongAgoMovesItsDate(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.asOf = func() string { return "2011-12-10" }
		r.begin("a")
		r.sleepTo("2026-05-02 09:06")
		before := len(r.store.all())
		r.set(func() { r.more, r.asOf = true, func() string { return "2012-03-01" } })
		r.sleepTo("2026-05-02 09:12")
		r.equal([]string{
			"etl 2012-03-01 done", "rfm 2012-03-01 done", "products 2012-03-01 done", "cohorts 2012-03-01 done", "trends 2012-03-01 done",
		}, r.since(before))
	})
}

func TestTheDayThatBeginsWaitsForItsTime(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.begin("a")
		r.sleepTo("2026-05-02 00:02")
		r.grow()
		r.sleepTo("2026-05-02 00:14")
		for _, run := range r.store.all() {
			if run.Date != "2026-05-01" {
				r.Errorf("%s for %s before it was due", run.Job, run.Date)
			}
		}
	})
}

func TestAfterAFailureTheGrowthWaits(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.begin("a")
		r.sleepTo("2026-05-02 09:06")
		before := len(r.store.all())
		r.grow()
		r.set(func() {
			r.job = func(_ context.Context, job, _ string) error {
				if job != "etl" {
					return nil
				}
				r.grow()
				return errBroken
			}
		})
		r.sleepTo("2026-05-02 10:00")
		r.equal([]string{"etl 2026-05-02 failed", "etl 2026-05-02 failed", "etl 2026-05-02 failed"}, r.since(before))
	})
}

func TestAJobThatNeverRunsByItselfIsNotDoneAgain(t *testing.T) {
	inTime(t, "UTC", "2026-05-01 12:00", func(r *rig) {
		r.rules.Schedule.RFM = "never"
		r.begin("a")
		r.sleepTo("2026-05-02 09:06")
		if _, err := r.executor("by hand").RunNow(r.Context(), []string{"rfm"}, "2026-05-02"); err != nil {
			r.Fatal(err)
		}
		before := len(r.store.all())
		r.grow()
		r.sleepTo("2026-05-02 09:12")
		r.equal([]string{"etl 2026-05-02 done", "products 2026-05-02 done", "cohorts 2026-05-02 done", "trends 2026-05-02 done"}, r.since(before))
	})
}
