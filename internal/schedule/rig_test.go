package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is an installation in a bubble of virtual time: a store, the batch jobs, and
// the lake, whose data end with the day before asOf.
type rig struct {
	*testing.T
	store    *memory
	rules    rules.Rules
	calendar rules.Calendar

	mu   sync.Mutex
	asOf func() string
	more bool                                              // the lake has grown since a run of the ETL began
	rows int64                                             // that a job changes
	job  func(ctx context.Context, job, date string) error // what a job does
	// behind is why a copy of what jobs publish is of an earlier run.
	behind error
}

// inTime runs test in a bubble, from a time by the shop's clock on.
func inTime(t *testing.T, zone, from string, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, store: &memory{}, rules: rules.Default(), rows: 10}
		r.rules.TimeZone = zone
		r.calendar = r.rules.Calendar()
		r.asOf = func() string { return r.today() }
		r.job = func(ctx context.Context, _, _ string) error { return wait(ctx, time.Second) }
		r.sleepTo(from)
		test(r)
	})
}

// wait waits for d, or returns why it did not.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// today is the date in the shop.
func (r *rig) today() string { return r.calendar.Date(event.TimeOf(time.Now())) }

// clock is a time as the shop's clock shows it.
func (r *rig) clock(at event.Time) string {
	r.Helper()
	zone, err := time.LoadLocation(r.rules.TimeZone)
	if err != nil {
		r.Fatal(err)
	}
	return at.Std().In(zone).Format("01-02 15:04")
}

// sleepTo waits until the shop's clock shows at.
func (r *rig) sleepTo(at string) {
	r.Helper()
	zone, err := time.LoadLocation(r.rules.TimeZone)
	if err != nil {
		r.Fatal(err)
	}
	until, err := time.ParseInLocation("2006-01-02 15:04", at, zone)
	if err != nil {
		r.Fatal(err)
	}
	time.Sleep(time.Until(until))
	synctest.Wait()
}

// set changes what the rig's jobs do, or what the lake has.
func (r *rig) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// executor returns one for a process of this name.
func (r *rig) executor(owner string) *schedule.Executor {
	return &schedule.Executor{
		Store: r.store, Owner: owner, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		AsOf: func(context.Context) (string, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.asOf(), nil
		},
		Runner: func(ctx context.Context, job, date string) (schedule.Result, error) {
			r.mu.Lock()
			run, rows, behind := r.job, r.rows, r.behind
			if job == "etl" {
				r.more = false
			}
			r.mu.Unlock()
			return schedule.Result{RowsIn: 100, RowsOut: rows, Bytes: 1000, Engine: "none", Behind: behind}, run(ctx, job, date)
		},
	}
}

// process is a process with a scheduler.
type process struct {
	*schedule.Scheduler
	stop func()
}

// begin starts a process with a scheduler; it stops at the end of the test at last.
func (r *rig) begin(owner string) *process {
	return r.beginWith(r.executor(owner))
}

func (r *rig) beginWith(x *schedule.Executor) *process {
	s := schedule.New(schedule.Config{
		Executor: x, Jobs: schedule.Jobs(r.rules), Calendar: r.calendar, CatchUpDays: r.rules.Schedule.CatchUpDays,
		Grown: func(string) (bool, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.more, nil
		},
	})
	ctx, cancel := context.WithCancel(r.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			r.Error(err)
		}
	})
	stop := func() {
		cancel()
		running.Wait()
	}
	r.Cleanup(stop)
	return &process{s, stop}
}

// lines are runs as text: when each began, what it was for, and how it ended.
func (r *rig) lines(runs []store.JobRun) []string {
	var lines []string
	for _, run := range runs {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", r.clock(run.Started), run.Job, run.Date, run.Status))
	}
	return lines
}

var errBroken = errors.New("it is broken")
