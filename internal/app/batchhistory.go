package app

import (
	"context"
	"fmt"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/store"
)

// BatchHistoryOptions are those of `globalmart batch history`.
type BatchHistoryOptions struct {
	Batch BatchOptions
	Job   string // "" = all
	Limit int
}

// jobRun is a run of a batch job as JSON.
type jobRun struct {
	ID       int64      `json:"id"`
	Job      string     `json:"job"`
	Date     string     `json:"date"` // as of
	Status   string     `json:"status"`
	By       string     `json:"by"`            // schedule or hand
	Due      *time.Time `json:"due,omitempty"` // on the schedule
	Attempt  int64      `json:"attempt"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"` // nothing: it is under way
	Seconds  float64    `json:"seconds"`            // up to now, if it is under way
	RowsIn   int64      `json:"rows_in"`
	RowsOut  int64      `json:"rows_out"`
	Bytes    int64      `json:"bytes"`
	Engine   string     `json:"engine"`
	Owner    string     `json:"owner"`
	Error    string     `json:"error,omitempty"` // of one that is done: why a copy of the warehouse is behind

	Stages []store.JobStage `json:"stages,omitempty"` // nothing: not known
}

// BatchHistory shows the runs of batch jobs, newest first.
func BatchHistory(ctx context.Context, env Env, o BatchHistoryOptions) error {
	s, err := o.Batch.platform(env).openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	runs, err := s.JobRuns(ctx, store.JobRunQuery{Job: o.Job, Limit: o.Limit})
	if err != nil {
		return err
	}
	rows := make([]jobRun, 0, len(runs))
	for i := range runs {
		rows = append(rows, jobRunOf(&runs[i], time.Now()))
	}
	if err := env.Show(rows, func() console.Grid { return historyGrid(rows) }); err != nil {
		return err
	}
	if len(rows) == 0 {
		env.Say("no job has run yet; `globalmart batch run all` runs them, `up` and `schedule` do it by themselves")
	}
	return nil
}

func jobRunOf(r *store.JobRun, now time.Time) jobRun {
	row := jobRun{
		ID: r.ID, Job: r.Job, Date: r.Date, Status: string(r.Status), By: "schedule", Attempt: r.Attempt, Started: r.Started.Std(),
		RowsIn: r.RowsIn, RowsOut: r.RowsOut, Bytes: r.Bytes, Engine: r.Engine, Owner: r.Owner, Error: r.Error, Stages: r.Stages,
	}
	if r.Epoch == 0 {
		row.By = "hand"
	} else {
		due := r.Due.Std()
		row.Due = &due
	}
	end := event.TimeOf(now)
	if r.Finished > 0 {
		end = r.Finished
		at := end.Std()
		row.Finished = &at
	}
	row.Seconds = float64(end-r.Started) / 1000
	return row
}

func historyGrid(rows []jobRun) console.Grid {
	g := console.Grid{Header: []string{"started", "job", "as of", "status", "by", "seconds", "rows in", "rows out", "MB", "engine", "error"}}
	for i := range rows {
		r := &rows[i]
		status := r.Status
		if status == string(store.JobDone) && r.Error != "" {
			status += ", not copied"
		}
		g.Rows = append(g.Rows, []any{
			r.Started.Format(time.DateTime), r.Job, r.Date, status, r.By, fmt.Sprintf("%.2f", r.Seconds),
			console.Count(r.RowsIn), console.Count(r.RowsOut), fmt.Sprintf("%.1f", float64(r.Bytes)/1e6), r.Engine, r.Error,
		})
	}
	return g
}
