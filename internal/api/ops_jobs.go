package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/store"
)

// jobReader reads what there is of the batch jobs.
type jobReader interface {
	// Jobs returns the jobs in the order in which they run.
	Jobs(ctx context.Context) ([]JobState, error)
	// JobRuns returns the runs of q, those that were started last first.
	JobRuns(ctx context.Context, q store.JobRunQuery) ([]store.JobRun, error)
}

// JobState is a job, when it is due, and its last runs.
type JobState struct {
	Name  string
	Needs []string
	Next  time.Time // zero: it does not run by itself
	store.JobState
}

// JobStage is what a run made of a table.
type JobStage struct {
	Table   string  `json:"table"`
	Made    int     `json:"made" doc:"Partitions that were made anew."`
	Changed int     `json:"changed" doc:"Of those, which came out different."`
	Rows    int64   `json:"rows" doc:"Of the whole table."`
	Bytes   int64   `json:"bytes" doc:"Of the whole table."`
	Seconds float64 `json:"seconds" doc:"Of its queries; those of other tables may run at the same time."`
	Began   float64 `json:"began_seconds" doc:"When its first query did, seconds after the start of the run."`
	Ended   float64 `json:"ended_seconds" doc:"When its last query did, likewise; both are 0 if nothing was made anew."`
}

// JobRun is a run of a batch job.
type JobRun struct {
	ID       int64      `json:"id"`
	Job      string     `json:"job"`
	Date     string     `json:"date" format:"date" doc:"The days before it count."`
	Status   string     `json:"status" enum:"running,done,failed,stopped"`
	By       string     `json:"by" enum:"schedule,hand"`
	Due      *time.Time `json:"due" doc:"On the schedule; null if it was started by hand."`
	Attempt  int64      `json:"attempt"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished" doc:"null while it is under way."`
	Seconds  float64    `json:"seconds" doc:"Up to now, if it is under way."`
	RowsIn   int64      `json:"rows_in"`
	RowsOut  int64      `json:"rows_out"`
	Bytes    int64      `json:"bytes" doc:"Written."`
	Engine   *string    `json:"engine" doc:"That ran it; null if it did not come to that."`
	Owner    string     `json:"owner" doc:"The process that runs it."`
	Error    *string    `json:"error" doc:"Why it failed."`
}

// Job is a batch job.
type Job struct {
	Job    string     `json:"job" enum:"etl,rfm,products,cohorts,trends"`
	Needs  []string   `json:"needs" nullable:"false" doc:"Jobs that have to be done for its date."`
	Next   *time.Time `json:"next" doc:"When it is due; null if it does not run by itself."`
	Newest *JobRun    `json:"newest,omitempty" doc:"The run that was started last; absent before the first."`
	Done   *JobRun    `json:"done,omitempty" doc:"Of those that are done, the one of the latest date; absent before the first."`
}

// JobList are the jobs, in the order in which they run.
type JobList struct {
	Jobs []Job `json:"jobs" nullable:"false"`
}

// JobRuns are runs, those that were started last first.
type JobRuns struct {
	Runs       []JobRun `json:"runs" nullable:"false"`
	NextCursor *string  `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (v JobRuns) next() *string { return v.NextCursor }

// JobRunDetail is a run with its stages.
type JobRunDetail struct {
	JobRun
	Stages []JobStage `json:"stages" doc:"The tables that it made, in the order of their jobs; null while it is under way, and if it made none."`
}

// JobStarted is a run that was started.
type JobStarted struct {
	Job  string `json:"job"`
	Date string `json:"date" format:"date" doc:"The days before it count."`
}

type jobRunsInput struct {
	Page
	Job string `query:"job" enum:"etl,rfm,products,cohorts,trends" doc:"Absent: all."`
}

type jobRunInput struct {
	Run int64 `path:"run" minimum:"1" example:"42" doc:"Id of the run."`
}

type runJobInput struct {
	Job string `path:"job" enum:"etl,rfm,products,cohorts,trends,all" example:"rfm" doc:"all runs them one after the other."`
}

func (in *runJobInput) about() string { return in.Job }

func (a *API) exampleRun() JobRun {
	started, finished := a.local(exampleNow-7*hourMS), a.local(exampleNow-7*hourMS+41_200)
	engine := "duckdb"
	return JobRun{
		ID: 42, Job: "rfm", Date: exampleState.AsOf, Status: string(store.JobDone), By: "schedule", Due: &started, Attempt: 1,
		Started: started, Finished: &finished, Seconds: 41.2, RowsIn: 1_204_118, RowsOut: 1_204_123, Bytes: 48_204_112, Engine: &engine, Owner: exampleWorker,
	}
}

func (a *API) addJobs() {
	run := a.exampleRun()
	next := a.local(a.calendar.NextDay(exampleNow) + 3*hourMS)
	list := huma.Operation{
		OperationID: "ops-jobs", Method: http.MethodGet, Path: "/api/v1/ops/jobs",
		Summary:     "The batch jobs: when they are due, and their last runs",
		Description: "In the order in which they run.",
	}
	operate(a, list, JobList{Jobs: []Job{{Job: "rfm", Needs: []string{"etl"}, Next: &next, Newest: &run, Done: &run}}}, a.jobs)
	runs := huma.Operation{
		OperationID: "ops-job-runs", Method: http.MethodGet, Path: "/api/v1/ops/runs",
		Summary:     "Runs of the batch jobs",
		Description: "Those that were started last first. They are kept for 400 days.",
	}
	operate(a, runs, JobRuns{Runs: []JobRun{run}}, a.jobRuns)
	one := huma.Operation{
		OperationID: "ops-job-run", Method: http.MethodGet, Path: "/api/v1/ops/runs/{run}",
		Summary:     "A run of a batch job, with its stages",
		Description: "What it made of each table, and how long that took. Of runs that failed, stages are not known.",
	}
	operate(a, one, JobRunDetail{JobRun: run, Stages: []JobStage{{Table: "mart_rfm", Made: 1, Changed: 1, Rows: 1_204_118, Bytes: 48_204_112, Seconds: 20.4, Began: 0.3, Ended: 20.7}}}, a.jobRun)
	start := huma.Operation{
		OperationID: "ops-run-job", Method: http.MethodPost, Path: "/api/v1/ops/jobs/{job}/runs",
		Summary:     "Run a batch job now",
		Description: "As far as the lake has whole days. It goes on after the answer: /api/v1/ops/runs shows it. One at a time.",
	}
	operate(a, start, JobStarted{Job: "rfm", Date: exampleState.AsOf}, func(ctx context.Context, in *runJobInput) (seen[JobStarted], error) {
		if a.deps.Operations.RunJob == nil {
			return seen[JobStarted]{}, unknownHere("the lake", ofThePlatform)
		}
		date, err := a.deps.Operations.RunJob(ctx, in.Job)
		return seen[JobStarted]{data: JobStarted{in.Job, date}}, err
	})
}

func (a *API) jobs(ctx context.Context, _ *struct{}) (seen[JobList], error) {
	if a.deps.Operations.Jobs == nil {
		return seen[JobList]{}, unknownHere("the batch jobs", ofThePlatform)
	}
	found, err := a.deps.Operations.Jobs.Jobs(ctx)
	if err != nil {
		return seen[JobList]{}, fmt.Errorf("api: jobs: %w", err)
	}
	out := JobList{Jobs: make([]Job, len(found))}
	for i := range found {
		j := &found[i]
		out.Jobs[i] = Job{Job: j.Name, Needs: append([]string{}, j.Needs...), Newest: a.runOrNull(&j.Newest), Done: a.runOrNull(&j.Done)}
		if !j.Next.IsZero() {
			next := j.Next.In(a.zone)
			out.Jobs[i].Next = &next
		}
	}
	return seen[JobList]{data: out}, nil
}

func (a *API) jobRuns(ctx context.Context, in *jobRunsInput) (seen[JobRuns], error) {
	if a.deps.Operations.Jobs == nil {
		return seen[JobRuns]{}, unknownHere("the batch jobs", ofThePlatform)
	}
	before, err := parseCursor[int64](in.Cursor)
	if err != nil {
		return seen[JobRuns]{}, invalid(wrong("cursor", in.Cursor, "%v", err))
	}
	found, err := a.deps.Operations.Jobs.JobRuns(ctx, store.JobRunQuery{Job: in.Job, Before: before, Limit: in.Limit})
	if err != nil {
		return seen[JobRuns]{}, fmt.Errorf("api: runs: %w", err)
	}
	out := JobRuns{Runs: make([]JobRun, len(found)), NextCursor: nextCursor(in.Page, found, func(r *store.JobRun) any { return r.ID })}
	for i := range found {
		out.Runs[i] = a.run(&found[i])
	}
	return seen[JobRuns]{data: out}, nil
}

func (a *API) jobRun(ctx context.Context, in *jobRunInput) (seen[JobRunDetail], error) {
	if a.deps.Operations.Jobs == nil {
		return seen[JobRunDetail]{}, unknownHere("the batch jobs", ofThePlatform)
	}
	found, err := a.deps.Operations.Jobs.JobRuns(ctx, store.JobRunQuery{Before: in.Run + 1, Limit: 1})
	if err != nil {
		return seen[JobRunDetail]{}, fmt.Errorf("api: run %d: %w", in.Run, err)
	}
	if len(found) == 0 || found[0].ID != in.Run {
		return seen[JobRunDetail]{}, huma.Error404NotFound(fmt.Sprintf("There is no run %d. GET /api/v1/ops/runs lists them.", in.Run))
	}
	out := JobRunDetail{JobRun: a.run(&found[0])}
	for _, s := range found[0].Stages {
		out.Stages = append(out.Stages, JobStage(s))
	}
	return seen[JobRunDetail]{data: out}, nil
}

// runOrNull is run, or nil if there is none.
func (a *API) runOrNull(r *store.JobRun) *JobRun {
	if r.ID == 0 {
		return nil
	}
	run := a.run(r)
	return &run
}

func (a *API) run(r *store.JobRun) JobRun {
	out := JobRun{
		ID: r.ID, Job: r.Job, Date: r.Date, Status: string(r.Status), By: "schedule", Attempt: r.Attempt, Started: a.local(r.Started),
		Finished: a.localOrNull(r.Finished), RowsIn: r.RowsIn, RowsOut: r.RowsOut, Bytes: r.Bytes,
		Engine: known(r.Engine), Owner: r.Owner, Error: known(r.Error),
	}
	if r.Epoch == 0 {
		out.By = "hand"
	} else {
		out.Due = a.localOrNull(r.Due)
	}
	end := r.Finished
	if end == 0 {
		end = a.now()
	}
	out.Seconds = float64(end-r.Started) / 1000
	return out
}
