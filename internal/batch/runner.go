package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/warehouse"
)

// Runner runs jobs.
type Runner struct {
	Engine    Engine
	Warehouse warehouse.Publisher
	Mirrors   []warehouse.Mirror // that are brought to what is published
	Lake      string             // directory
	Rules     int                // version of the business rules
	Values    Params             // of the business rules, for the {{name}} of queries
	Now       func() time.Time
	// Lanes is how many partitions are made at the same time, each on one core; below
	// 2 one after the other, on all that the engine has.
	Lanes int
	// Progress is told how many files of a table are made, of how many that it has.
	Progress func(table string, done, due int)
}

// Request says what to run.
type Request struct {
	Run  string // name, unique, sorts by time
	Jobs []Job  // run in the order of their dependence
	Date Date   // as of: the days before it are over
}

// Result is what a run did.
type Result struct {
	Run     string        `json:"run"`
	Date    Date          `json:"date"`
	Engine  string        `json:"engine"`
	Jobs    []JobResult   `json:"jobs"`
	Took    time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
	// Changed is false if every table was up to date: nothing was published then.
	Changed bool           `json:"changed"`
	Mirrors []MirrorResult `json:"mirrors,omitempty"`
	// Behind tells which mirrors could not be brought to what is published, each with a
	// *MirrorError; nil if all were. The jobs are done all the same.
	Behind error `json:"-"`
}

// JobResult is what one job of a run did.
type JobResult struct {
	Job       Job           `json:"job"`
	LakeFiles int           `json:"lake_files"` // that were new
	RowsIn    int64         `json:"rows_in"`    // of the lake and of tables, each partition as often as it was read
	RowsOut   int64         `json:"rows_out"`   // of the files that changed
	Bytes     int64         `json:"bytes"`      // of the files that changed
	Seconds   float64       `json:"seconds"`
	Tables    []TableResult `json:"tables"`
}

// TableResult is what became of a table.
type TableResult struct {
	Table   string  `json:"table"`
	Made    int     `json:"made"`    // partitions that were made anew
	Changed int     `json:"changed"` // of those, which came out different
	Merged  bool    `json:"merged"`  // what changed was added and taken away
	Rows    int64   `json:"rows"`    // of the whole table now
	Bytes   int64   `json:"bytes"`   // of the whole table now
	Seconds float64 `json:"seconds"` // of its queries; those of other tables may run at the same time
	Began   float64 `json:"began"`   // of its first query, seconds since the job began
	Ended   float64 `json:"ended"`   // of its last query, likewise; both 0 without one
}

// took notes a query, by its times since the job began.
func (r *TableResult) took(began, ended time.Duration) {
	if r.Ended == 0 || began.Seconds() < r.Began {
		r.Began = began.Seconds()
	}
	r.Ended = max(r.Ended, ended.Seconds())
	r.Seconds += (ended - began).Seconds()
}

// ErrNoFacts reports that a job has nothing to read because etl never ran.
var ErrNoFacts = errors.New("the warehouse has no facts yet")

// Run runs the jobs and publishes what they made, all of it or nothing, and then brings
// the mirrors to it, as far as they can be reached: the next run, also one that changes
// nothing, brings the others along. It fails with warehouse.ErrBusy if another run is
// writing, and with ErrNoFacts.
func (r *Runner) Run(ctx context.Context, q Request) (*Result, error) {
	if _, err := q.Date.time(); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(q.Jobs, func(j Job) bool { return !slices.Contains(Jobs(), j) }); i >= 0 {
		return nil, fmt.Errorf("batch: there is no job %q", q.Jobs[i])
	}
	started := r.Now()
	publication, err := r.Warehouse.Begin(ctx, q.Run)
	if err != nil {
		return nil, err
	}
	result, err := r.run(ctx, q, publication)
	if result != nil {
		result.Took = r.Now().Sub(started)
		result.Seconds = result.Took.Seconds()
	}
	return result, errors.Join(err, publication.Close())
}

func (r *Runner) run(ctx context.Context, q Request, publication warehouse.Publication) (result *Result, err error) {
	w := newWork(r, q, publication)
	defer func() { err = errors.Join(err, w.closeLanes()) }()
	result = &Result{Run: q.Run, Date: q.Date, Engine: r.Engine.Name()}
	for _, job := range Jobs() {
		if !slices.Contains(q.Jobs, job) {
			continue
		}
		done, err := w.job(ctx, job)
		if err != nil {
			return nil, fmt.Errorf("job %s: %w", job, err)
		}
		result.Jobs = append(result.Jobs, *done)
	}
	if result.Changed = w.changed; result.Changed {
		w.next.Run, w.next.AsOf, w.next.Created, w.next.Rules, w.next.Engine = q.Run, string(q.Date), r.Now().UTC(), r.Rules, result.Engine
		if err := publication.Publish(ctx, w.next); err != nil {
			return nil, err
		}
	}
	r.follow(ctx, &w.next, result)
	return result, nil
}

// job makes the tables of one job.
func (w *work) job(ctx context.Context, job Job) (*JobResult, error) {
	started := w.runner.Now()
	done := &JobResult{Job: job}
	w.now, w.began = done, started
	if job == ETL {
		n, err := w.takeArrivals(ctx)
		if err != nil {
			return nil, err
		}
		done.LakeFiles = n
	} else if len(w.next.Tables) == 0 {
		return nil, ErrNoFacts
	}
	tables := slices.DeleteFunc(Graph(), func(t Table) bool { return t.Job != job })
	done.Tables = make([]TableResult, len(tables))
	g, ctx := errgroup.WithContext(ctx)
	made := map[string]chan struct{}{}
	for i, t := range tables {
		var before []chan struct{}
		for _, in := range t.Inputs {
			if m := made[in.Name]; m != nil {
				before = append(before, m)
			}
		}
		ready := make(chan struct{})
		made[t.Name] = ready
		g.Go(func() error {
			if err := awaitAll(ctx, before); err != nil {
				return err
			}
			if err := w.table(ctx, t, &done.Tables[i]); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			close(ready)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	done.Seconds = w.runner.Now().Sub(started).Seconds()
	return done, w.closeLanes() // their memory is for the next job
}

// awaitAll waits until all are closed.
func awaitAll(ctx context.Context, all []chan struct{}) error {
	for _, one := range all {
		select {
		case <-one:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
