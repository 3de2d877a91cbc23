package app

import (
	"context"
	"fmt"
	"slices"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

// scheduleSaid is what the process of a schedule says of itself.
type scheduleSaid struct {
	Leading   bool          `json:"leading"`
	AsOf      string        `json:"as_of"`  // the date that jobs run for; "" = the lake has no whole day yet
	Proves    bool          `json:"proves"` // it can run verify
	Component api.Component `json:"component"`
}

// attendant does what operators ask for at other processes, and says that it is there.
type attendant struct {
	*desk.Desk
	schedule *schedule.Scheduler
	executor *schedule.Executor
	jobs     *jobLog
	byHand   *byHand
	verify   *verifyRuns // nil: it does not know the log
}

// services are what it does, until they are stopped.
func (a *attendant) services() []service {
	return []service{
		{"report", func(ctx context.Context) error { return a.Tell(ctx, store.ReportSchedule, a.said) }},
		{"errands", func(ctx context.Context) error {
			return a.Serve(ctx, func() bool { return a.schedule.Status().Leading }, a.do)
		}},
		a.byHand.jobs.service("jobs by hand"), a.byHand.verify.service("verify"),
	}
}

func (a *attendant) said() any {
	s := a.schedule.Status()
	return scheduleSaid{Leading: s.Leading, AsOf: s.AsOf, Proves: a.verify != nil, Component: scheduleComponent(s)}
}

// do begins e.
func (a *attendant) do(ctx context.Context, e store.Errand) error {
	switch e.Kind {
	case store.ErrandJob:
		if e.Subject != allJobs && !slices.Contains(BatchJobs(), e.Subject) {
			return fmt.Errorf("no batch job is called %q", e.Subject)
		}
		_, err := a.jobs.start(ctx, e.Subject, a.executor, a.byHand.jobs)
		return err
	case store.ErrandVerify:
		if a.verify == nil {
			return api.Absence{Why: "this process does not know the log"}
		}
		return a.verify.start(ctx)
	default:
		return fmt.Errorf("this build does not know errands of the kind %q", e.Kind)
	}
}
