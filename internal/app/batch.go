package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
)

// BatchOptions are those of `globalmart batch`.
type BatchOptions struct {
	Data    string
	Lake    string           // directory; "" = that of the data directory
	Where   telemetry.Secret // of the warehouse: a directory, or the URL of a MongoDB; "" = that of the data directory
	Store   string           // where runs are recorded: sqlite:PATH; "" = the store of the data directory
	Engine  EngineOptions
	Threads int       // of the engine of this process; 0 = one for each core
	Job     string    // a job, or "all"
	Date    time.Time // as of; zero = as far as the lake has data, at most today in the shop's time zone

	// What complete finds out.
	Warehouse string           // directory of the files
	mongodb   telemetry.Secret // that they are copied to; "" = none
}

func (o *BatchOptions) complete() {
	data := datadir.Layout(o.Data)
	if o.Lake == "" {
		o.Lake = data.Lake()
	}
	place := placeWarehouse(o.Where, o.Lake, data)
	o.Warehouse, o.mongodb = place.dir, place.mongodb
}

// BatchJobs are the names of the jobs, in the order in which they run.
func BatchJobs() []string {
	names := make([]string, 0, len(batch.Jobs()))
	for _, j := range batch.Jobs() {
		names = append(names, string(j))
	}
	return names
}

// BatchRun runs one of the jobs, or all, beside whatever else uses the data
// directory.
func BatchRun(ctx context.Context, env Env, o BatchOptions) error {
	o.complete()
	if err := needLake(o); err != nil {
		return err
	}
	jobs := batch.Jobs()
	if o.Job != "all" {
		jobs = []batch.Job{batch.Job(o.Job)}
	}
	p := o.platform(env)
	if err := p.loadRules(); err != nil {
		return err
	}
	s, err := p.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	b, err := p.openBatch(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	date, err := p.batchDate(o)
	if err != nil {
		return err
	}
	result, err := b.run(ctx, s, jobs, date)
	if err != nil {
		return err
	}
	if err := env.Show(result, func() console.Grid { return batchGrid(result) }); err != nil {
		return err
	}
	if result.Behind != nil {
		return mirrorFault(ctx, result.Behind)
	}
	if !result.Changed {
		env.Say("the warehouse in %s is up to date as of %s", o.Warehouse, date)
	}
	return nil
}

// needLake fails if there is nothing that jobs could read, and says what brings it.
func needLake(o BatchOptions) error {
	what := "there is no lake in " + o.Lake
	if isDir(o.Lake) {
		holds, err := lakeHolds(o.Lake)
		if err != nil || holds {
			return err
		}
		what = "the lake in " + o.Lake + " is empty"
	}
	run, err := running(o.Data)
	if err != nil {
		return err
	}
	fix := "bring events in first, with `globalmart import`, `backfill` or `up`, or name another lake with --data or --lake"
	if run.Command == "up" {
		fix = "wait some minutes: `globalmart up` finishes the first files once they are as old as --lake-roll-after, or when it stops"
	} else if isDir(datadir.Layout(o.Data).Kafka()) {
		fix = "write what the log holds to it first: globalmart lake --once --data " + o.Data
	}
	return fault.New(fault.NotFound, what, nil, fix)
}

// lakeHolds reports whether the lake in dir has any file.
func lakeHolds(dir string) (bool, error) {
	sources, err := lake.Sources(dir)
	if err != nil {
		return false, err
	}
	for _, source := range sources {
		l, err := lake.List(dir, source)
		if err != nil || len(l.Entries) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// batchDate is the date that jobs are run for.
func (p *platform) batchDate(o BatchOptions) (batch.Date, error) {
	if !o.Date.IsZero() {
		return batch.DateOf(o.Date), nil
	}
	today := p.rules.Calendar().Date(event.TimeOf(time.Now()))
	asOf, err := lakeAsOf(o.Lake, today)
	return batch.Date(cmp.Or(asOf, today)), err
}

// batchRunner is a runner with what it needs.
type batchRunner struct {
	batch.Runner
	*platform
	mirrors *mirrors
}

// openBatch opens what runs the jobs. The caller closes it.
func (p *platform) openBatch(ctx context.Context, o BatchOptions) (*batchRunner, error) {
	if err := os.MkdirAll(o.Warehouse, 0o755); err != nil {
		return nil, fault.New(fault.Failed, "cannot use the warehouse in "+o.Warehouse, err, "make it writable, or name another with --warehouse DIR")
	}
	lake, err := filepath.Abs(o.Lake) // the engine may run elsewhere
	if err != nil {
		return nil, err
	}
	files, err := filepath.Abs(o.Warehouse)
	if err != nil {
		return nil, err
	}
	o.Lake, o.Warehouse = lake, files
	engine, lanes, err := openEngine(ctx, o)
	if err != nil {
		return nil, err
	}
	mirrors, err := p.openMirrors(ctx, o)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &batchRunner{
		Runner: batch.Runner{
			Engine: engine, Warehouse: parquet.New(o.Warehouse, time.Now), Mirrors: mirrors.all, Lake: o.Lake, Rules: p.rules.Version, Now: time.Now, Lanes: lanes,
			Values: batch.Params{"segments": p.rules.RFM.Segments.Cells()},
		},
		platform: p, mirrors: mirrors,
	}, nil
}

func (b *batchRunner) close() {
	if err := errors.Join(b.mirrors.close(), b.Engine.Close()); err != nil {
		b.env.Log.Warn("the batch engine did not close cleanly", "error", err)
	}
}

// run runs jobs as of a date one after the other, records them in s, and shows how
// far it is. Each publishes what it made; the result is that of all.
func (b *batchRunner) run(ctx context.Context, s schedule.Store, jobs []batch.Job, date batch.Date) (*batch.Result, error) {
	progress := b.env.Progress("batch", "files", 0)
	defer progress.Done()
	b.Progress = func(string, int, int) { progress.Add(1) }
	all := &batch.Result{Date: date, Engine: b.Engine.Name()}
	x := b.newExecutor(s, func(ctx context.Context, job, date string) (schedule.Result, error) {
		result, err := b.Run(ctx, batch.Request{Run: newRun(time.Now()), Jobs: []batch.Job{batch.Job(job)}, Date: batch.Date(date)})
		if err == nil {
			all.Run, all.Changed = result.Run, all.Changed || result.Changed
			all.Jobs = append(all.Jobs, result.Jobs...)
			all.Mirrors = append(all.Mirrors, result.Mirrors...)
			all.Behind = result.Behind // a later job brings along what an earlier one could not
			all.Seconds += result.Seconds
		}
		return recorded(result, all.Engine), err
	}, b.Lake)
	names := make([]string, len(jobs))
	for i, job := range jobs {
		names[i] = string(job)
	}
	_, err := x.RunNow(ctx, names, string(date))
	other, running := errors.AsType[*store.RunningError](err)
	switch {
	case err == nil:
		return all, nil
	case ctx.Err() != nil:
		return nil, fault.New(fault.Interrupted, "interrupted: of the job that was under way nothing was published", ctx.Err(), "run it again: it begins anew, and the warehouse is whole")
	case running:
		return nil, fault.New(fault.Failed, "the jobs were not run", other, "wait until it has ended; `globalmart batch history` shows when")
	case errors.Is(err, batch.ErrLost):
		return nil, fault.New(fault.Failed, "the jobs failed; the warehouse is as it was", err, "see that Spark runs, and run them again: they begin where the last finished job ended")
	case errors.Is(err, warehouse.ErrBusy), errors.Is(err, warehouse.ErrConflict):
		return nil, fault.New(fault.Failed, "the jobs were not run", err, "wait until the other run has ended, then run them again")
	case errors.Is(err, batch.ErrNoFacts):
		return nil, fault.New(fault.Failed, "the jobs were not run", err, "run `globalmart batch run etl` first, or `globalmart batch run all`")
	}
	return nil, fault.New(fault.Failed, "the jobs failed; the warehouse is as it was", err,
		"a damaged file of the lake is named by `globalmart verify`; files of a full disk are removed, so run it again once there is space")
}

// newRun names a run.
func newRun(now time.Time) string {
	return fmt.Sprintf("%s-%d", now.UTC().Format("20060102T150405.000000"), os.Getpid())
}

func batchGrid(r *batch.Result) console.Grid {
	g := console.Grid{Header: []string{"job", "table", "files made", "changed", "rows", "MB", "seconds"}}
	for _, j := range r.Jobs {
		for _, t := range j.Tables {
			g.Rows = append(g.Rows, []any{j.Job, t.Table, t.Made, t.Changed, console.Count(t.Rows), fmt.Sprintf("%.1f", float64(t.Bytes)/1e6), fmt.Sprintf("%.2f", t.Seconds)})
		}
	}
	for _, m := range r.Mirrors {
		if m.Followed == (warehouse.Followed{}) {
			continue
		}
		g.Rows = append(g.Rows, []any{"", fmt.Sprintf("copy in %s: %s rows put, %s removed", m.Mirror, console.Count(m.Put), console.Count(m.Removed)), "", "", "", "", fmt.Sprintf("%.2f", m.Seconds)})
	}
	return g
}

// batchTable is a table as `batch list` shows it.
type batchTable struct {
	Job   batch.Job `json:"job"`
	Table string    `json:"table"`
	Grain string    `json:"grain"`
	AsOf  string    `json:"as_of"` // "" = it was not made yet
	Files int       `json:"files"`
	Rows  int64     `json:"rows"`
	Bytes int64     `json:"bytes"`
	Note  string    `json:"note"`
}

// BatchList shows the jobs with their tables, and what the warehouse has of them.
func BatchList(env Env, o BatchOptions) error {
	o.complete()
	m, err := parquet.New(o.Warehouse, time.Now).Current()
	if errors.Is(err, warehouse.ErrNone) {
		m, err = &warehouse.Manifest{}, nil
	}
	if err != nil {
		return fault.New(fault.Failed, "cannot read the warehouse in "+o.Warehouse, err, "check that it is readable")
	}
	var tables []batchTable
	for _, t := range batch.Graph() {
		have := m.Tables[t.Name]
		tables = append(tables, batchTable{t.Job, t.Name, t.Grain.String(), have.AsOf, len(have.Files), have.Rows(), have.Bytes(), t.Note})
	}
	return env.Show(tables, func() console.Grid {
		g := console.Grid{Header: []string{"job", "table", "kept by", "as of", "rows", "MB", "a row is"}}
		for _, t := range slices.All(tables) {
			g.Rows = append(g.Rows, []any{t.Job, t.Table, t.Grain, t.AsOf, console.Count(t.Rows), fmt.Sprintf("%.1f", float64(t.Bytes)/1e6), t.Note})
		}
		return g
	})
}
