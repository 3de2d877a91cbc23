// Package schedule decides when batch jobs run, runs them one at a time, and
// records every run.
//
// # When
//
// A job is due at the times of its timetable, which is by the shop's clock. A run is
// done for a date: data from before that day count. It is the day that the job is
// due on, or, where the data end earlier, the day after the last one that there are
// data of. What was missed, because nothing ran or the job failed, is made up for:
// by one run for each missed date, oldest first, where every day has a result of its
// own, else by one for the newest. Before the first run of all there is nothing to
// wait for: a job that has never run is due as soon as there is a whole day of data.
//
// A job waits until those that it needs are done for its date.
//
// # Done
//
// A job that is done for a date is due again for it, out of turn, once that is no
// longer true: the one that reads the lake when the lake has got more of the days
// before the date, from an import or from a writer that had fallen behind, which is
// looked for every five minutes; the others when a later run of one that they need
// has changed something. After a failure it waits until it is due.
//
// # Once
//
// One scheduler of an installation is at work at a time: it holds a lease in the
// store, whose epoch rises with each owner. A run is noted before it begins, and at
// most one is under way, whoever started it. Its owner has to give signs of life;
// when they stop, or when another scheduler takes the lead, the run counts as failed,
// and whatever its owner does later is not recorded. Runs are idempotent for their
// date, so that one that was lost is simply made again.
//
// # Failures
//
// A job that fails is tried again, three times in all, with pauses that double. Then
// it waits until it is due again. Nothing that a job does ends a scheduler.
//
// A copy of the warehouse that could not be brought along is no failure of the job: its
// run is done, with the reason, and the jobs after it run. The next run copies the rest.
package schedule

import (
	"context"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Store is what is needed of the store. Errors are those of package store.
type Store interface {
	// LeadSchedule gives owner the lead, or keeps it, for ttl from now on, unless
	// somebody else holds it. The epoch rises each time that it changes hands.
	LeadSchedule(ctx context.Context, owner string, now event.Time, ttl time.Duration) (epoch int64, held bool, err error)
	// StartRun notes that r begins at r.Started, and returns its id. It fails with a
	// [store.RunningError] if another run is under way, whose owner gave a sign of
	// life (see KeepRun) and has not lost the lead; and with store.ErrFenced if
	// r.Epoch is that of an earlier lead.
	StartRun(ctx context.Context, r store.JobRun) (id int64, err error)
	// KeepRun notes that the owner of a run is alive, and will say so again before
	// until; store.ErrFenced if the run is not under way any more.
	KeepRun(ctx context.Context, id int64, until event.Time) error
	// FinishRun notes how a run ended: its status, when, what it read and wrote, its
	// stages, and what was due that it answers; store.ErrFenced if the run is not under way any
	// more, or its epoch is that of an earlier lead.
	FinishRun(ctx context.Context, r store.JobRun) error
	// LoseRuns marks the runs as failed whose owner lost the lead or gave no sign of
	// life, and returns them; store.ErrFenced if epoch is that of an earlier lead.
	LoseRuns(ctx context.Context, epoch int64, now event.Time) ([]store.JobRun, error)
	// JobState returns what there is of a job.
	JobState(ctx context.Context, job string) (store.JobState, error)
}

// Runner runs one job for a date, yyyy-mm-dd, and publishes what it made. To do it
// again gives equal results. When ctx ends it stops soon, with an error.
type Runner func(ctx context.Context, job, date string) (Result, error)

// Result is what a run was. It holds as far as the run came, also beside an error.
type Result struct {
	RowsIn  int64
	RowsOut int64
	Bytes   int64 // written
	Engine  string
	Stages  []store.JobStage
	// Behind is why a copy of what was published is of an earlier run; nil if none is.
	// The job is done all the same, and the next run brings the copy along.
	Behind error
}

// Job is a batch job.
type Job struct {
	Name  string
	Due   rules.Timetable
	Needs []string // jobs that have to be done for its date
	Lake  bool     // it reads the lake
	Daily bool     // each date has a result of its own, and is made up for if it was missed
}

// Jobs are the jobs of an installation, each after those that it needs.
func Jobs(r rules.Rules) []Job {
	etl := []string{"etl"}
	return []Job{
		{Name: "etl", Due: r.Timetable(r.Schedule.ETL), Lake: true, Daily: true},
		{Name: "rfm", Due: r.Timetable(r.Schedule.RFM), Needs: etl, Daily: true},
		{Name: "products", Due: r.Timetable(r.Schedule.Products), Needs: etl, Daily: true},
		{Name: "cohorts", Due: r.Timetable(r.Schedule.Cohorts), Needs: etl, Daily: true},
		{Name: "trends", Due: r.Timetable(r.Schedule.Trends), Needs: etl},
	}
}
