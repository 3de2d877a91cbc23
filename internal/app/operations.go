package app

import (
	"context"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/warehouse/mongodb"
)

// lane is where long work that an operator starts is done, one at a time, without the
// request that started it.
type lane chan func(context.Context)

// start hands work over, and reports whether the lane was free.
func (l lane) start(work func(context.Context)) bool {
	select {
	case l <- work:
		return true
	default:
		return false
	}
}

// service does the work. When it is stopped, the work under way is told.
func (l lane) service(name string) service {
	return service{name, func(ctx context.Context) error {
		for {
			select {
			case work := <-l:
				work(ctx)
			case <-ctx.Done():
				return nil
			}
		}
	}}
}

// byHand is what operators start by hand.
type byHand struct {
	jobs, verify lane
}

func newByHand() *byHand { return &byHand{make(lane), make(lane)} }

// observeFrom opens what an API shows of live tables: their dead letters and jobs, the
// warehouse, and the log if the process that runs on the data directory has it.
func (p *platform) observeFrom(s liveStore) error {
	p.operations = &api.Operations{Letters: s, Jobs: &jobLog{liveStore: s, rules: p.rules}}
	switch {
	case p.files != nil:
		p.operations.Tables = p.files
	case p.mongodb != nil:
		p.operations.Tables = mongodb.NewBrowser(mongodb.NewReader(p.mongodb), warehouseShapes())
	}
	if len(p.kafka.Brokers) == 0 {
		if _, err := p.find("api"); err != nil || len(p.kafka.Brokers) == 0 {
			return err
		}
	}
	observer, err := kafka.NewObserver(p.kafka)
	if err != nil {
		return err
	}
	p.observer, p.operations.Log, p.operations.Redrive = observer, observer, &redriver{p.kafka, p.newOrderFinder(p.lakeDir(""))}
	p.operations.MoveOffsets = func(ctx context.Context, q kafka.OffsetQuery) ([]kafka.Moved, error) {
		if q.Group == group {
			return nil, api.Refusal{Why: "the offsets of " + group + " are committed with its results, in the live tables"}
		}
		return kafka.MoveOffsets(ctx, p.kafka, q)
	}
	return nil
}

// observeElsewhere adds to what an API shows and does the parts that other processes run.
func (p *platform) observeElsewhere(s liveStore) *elsewhere {
	e := &elsewhere{Desk: p.newDesk(s), jobs: &jobLog{liveStore: s, rules: p.rules}}
	p.operations.Stream = e.stream
	p.operations.RunJob = e.runJob
	p.operations.Verify, p.operations.RunVerify = e.verified, e.runVerify
	p.operations.Sources = newSources(s, e.Desk, func() collector.Stats { return collector.Stats{} }, CollectorOptions{}, nil).list
	return e
}

// openOperations opens all that operators of a running platform look at and do.
func (u *upRun) openOperations(ctx context.Context, x *schedule.Executor) error {
	if err := u.observeFrom(u.store); err != nil {
		return err
	}
	rates, d := &kafka.Rates{}, u.newDesk(u.store)
	u.sources = newSources(u.store, d, u.collector.Stats, u.o.Collector, &u.watch.duplicates)
	u.operations.Sources = u.sources.list
	u.operations.Stream = func(context.Context) (api.Stream, error) {
		return streamOf(d.Owner, u.worker.Status(), u.watch.latency.Snapshot(), rates), nil
	}
	jobs := &jobLog{liveStore: u.store, rules: u.rules}
	u.operations.Jobs = jobs
	u.operations.RunJob = func(ctx context.Context, job string) (string, error) { return jobs.start(ctx, job, x, u.byHand.jobs) }
	v := &verifyRuns{desk: d, lane: u.byHand.verify, world: u.verifyWorld, log: u.env.Log}
	if err := v.recall(ctx, 0); err != nil { // whoever ran it is gone: this process has the directory
		return err
	}
	u.operations.Verify, u.operations.RunVerify = v.now, v.start
	u.attendant = &attendant{Desk: d, schedule: u.schedule, executor: x, jobs: jobs, byHand: u.byHand, verify: v}
	return nil
}

// jobLog is what there is of the batch jobs.
type jobLog struct {
	liveStore
	rules rules.Rules
}

// Jobs implements what the API needs.
func (l *jobLog) Jobs(ctx context.Context) ([]api.JobState, error) {
	var all []api.JobState
	for _, job := range schedule.Jobs(l.rules) {
		state, err := l.JobState(ctx, job.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, api.JobState{Name: job.Name, Needs: job.Needs, Next: job.Due.Next(time.Now()), JobState: state})
	}
	return all, nil
}

// allJobs in the place of a job is all of them, one after the other.
const allJobs = "all"

// idle returns the id of the newest run, 0 for none; an [api.Refusal] if no job can begin
// for date now.
func (l *jobLog) idle(ctx context.Context, date string) (int64, error) {
	if date == "" {
		return 0, api.Refusal{Why: "the lake has no whole day yet"}
	}
	newest, err := l.JobRuns(ctx, store.JobRunQuery{Limit: 1})
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	r := &newest[0]
	if r.Status == store.JobRunning && r.Until > event.TimeOf(time.Now()) {
		return 0, api.Refusal{Why: (&store.RunningError{Run: *r}).Error()}
	}
	return r.ID, nil
}

// start runs a job, or all of them, on a lane, and returns the date that it runs for.
func (l *jobLog) start(ctx context.Context, job string, x *schedule.Executor, on lane) (string, error) {
	date, err := x.AsOf(ctx)
	if err != nil {
		return "", err
	}
	if _, err := l.idle(ctx, date); err != nil {
		return "", err
	}
	jobs := []string{job}
	if job == allJobs {
		jobs = BatchJobs()
	}
	started := on.start(func(ctx context.Context) {
		runs, err := x.RunNow(ctx, jobs, date)
		if err != nil && ctx.Err() == nil {
			x.Log.WarnContext(ctx, "a batch job that was started by hand did not end well", "job", job, "date", date, "error", err)
		} else if last := len(runs) - 1; last >= 0 && runs[last].Behind() {
			x.Log.WarnContext(ctx, "batch jobs that were started by hand are done, but a copy of the warehouse is behind", "job", job, "date", date, "error", runs[last].Error)
		}
	})
	if !started {
		return "", api.Refusal{Why: "another job that was started by hand is under way"}
	}
	return date, nil
}
