package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/batch"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/verify"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/parquet"
)

// keepJobRuns is how long runs of batch jobs are kept: a year, and the same season of
// the last one to compare with.
const keepJobRuns = 400 * 24 * time.Hour

// ScheduleOptions are those of `globalmart schedule`.
type ScheduleOptions struct {
	Batch          BatchOptions
	Kafka          string // the log, for verify: host:port,… of a cluster; "" = it does not run verify
	Access         Access
	OperatorListen string
}

// Schedule runs the batch jobs when they are due, until ctx ends.
func Schedule(ctx context.Context, env Env, o ScheduleOptions) error {
	o.Batch.complete()
	l, err := listen(ctx, "metrics", o.OperatorListen, "--operator-listen")
	if err != nil {
		return err
	}
	defer l.Close()
	p := o.Batch.platform(env)
	if err := p.loadRules(); err != nil {
		return err
	}
	s, err := p.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	watch := newJobWatch()
	executor := p.newExecutor(s, p.jobRunner(o.Batch), o.Batch.Lake)
	scheduler := p.newSchedule(executor, o.Batch, watch)
	a := &attendant{
		Desk: p.newDesk(s), schedule: scheduler, executor: executor, jobs: &jobLog{liveStore: s, rules: p.rules}, byHand: newByHand(),
	}
	if a.verify, err = p.newVerifyRuns(s, a, o); err != nil {
		return err
	}
	operator := newOperator(env, l, watch.collectors(scheduler.Status)...)
	if err := announceSchedule(env, operator.addr, &p.rules); err != nil {
		return err
	}
	return serve(ctx, append(a.services(), service{"schedule", scheduler.Run}, operator.service)...)
}

// newVerifyRuns returns what runs verify for a; nil if o does not name the log.
func (p *platform) newVerifyRuns(s liveStore, a *attendant, o ScheduleOptions) (*verifyRuns, error) {
	if o.Kafka == "" {
		return nil, nil
	}
	p.src.Kafka, p.src.Access = o.Kafka, o.Access
	if _, err := p.find("schedule"); err != nil || len(p.kafka.Brokers) == 0 {
		return nil, err
	}
	return &verifyRuns{desk: a.Desk, lane: a.byHand.verify, log: p.env.Log, world: func() (verify.World, error) {
		return p.liveWorld(s, o.Batch.Lake, o.Batch.Warehouse)
	}}, nil
}

// announceSchedule tells what will run, and where its metrics are.
func announceSchedule(env Env, operator string, r *rules.Rules) error {
	type due struct {
		Job  string     `json:"job"`
		Next *time.Time `json:"next,omitempty"` // nothing: it does not run by itself
	}
	said := struct {
		PID     int    `json:"pid"`
		Metrics string `json:"metrics"`
		Jobs    []due  `json:"jobs"`
	}{PID: os.Getpid(), Metrics: "http://" + operator + "/metrics"}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return err
	}
	for _, job := range schedule.Jobs(*r) {
		d := due{Job: job.Name}
		if next := job.Due.Next(time.Now()); !next.IsZero() {
			next = next.In(zone)
			d.Next = &next
		}
		said.Jobs = append(said.Jobs, d)
	}
	return env.tell(said, func() {
		for _, d := range said.Jobs {
			if d.Next != nil {
				env.Say("%-8s  next due %s", d.Job, d.Next.Format("Mon 2 Jan 15:04 MST"))
			}
		}
		env.Say("schedule of batch jobs; metrics on %s; Ctrl-C stops it", said.Metrics)
	})
}

// jobRunner runs single jobs, each on an engine of its own: between two of them no
// memory is in use.
func (p *platform) jobRunner(o BatchOptions) schedule.Runner {
	return func(ctx context.Context, job, date string) (schedule.Result, error) {
		b, err := p.openBatch(ctx, o)
		if err != nil {
			return schedule.Result{}, err
		}
		defer b.close()
		result, err := b.Run(ctx, batch.Request{Run: newRun(time.Now()), Jobs: []batch.Job{batch.Job(job)}, Date: batch.Date(date)})
		return recorded(result, b.Engine.Name()), err
	}
}

// recorded is what is recorded of a run; result may be nil.
func recorded(result *batch.Result, engine string) schedule.Result {
	r := schedule.Result{Engine: engine}
	if result == nil {
		return r
	}
	r.Behind = result.Behind
	for _, j := range result.Jobs {
		r.RowsIn += j.RowsIn
		r.RowsOut += j.RowsOut
		r.Bytes += j.Bytes
		for _, t := range j.Tables {
			r.Stages = append(r.Stages, store.JobStage{Table: t.Table, Made: t.Made, Changed: t.Changed, Rows: t.Rows, Bytes: t.Bytes, Seconds: t.Seconds, Began: t.Began, Ended: t.Ended})
		}
	}
	return r
}

// newExecutor returns what runs jobs over the lake in dir and records them in s.
func (p *platform) newExecutor(s schedule.Store, run schedule.Runner, dir string) *schedule.Executor {
	calendar := p.rules.Calendar()
	return &schedule.Executor{
		Store: s, Runner: run, Owner: p.self(), Now: time.Now, Log: p.env.Log,
		AsOf: func(context.Context) (string, error) {
			return lakeAsOf(dir, calendar.Date(event.TimeOf(time.Now())))
		},
	}
}

// newSchedule returns a scheduler of runs by o, which w watches.
func (p *platform) newSchedule(x *schedule.Executor, o BatchOptions, w *jobWatch) *schedule.Scheduler {
	x.Ran = w.ran
	calendar := p.rules.Calendar()
	return schedule.New(schedule.Config{
		Executor: x, Jobs: schedule.Jobs(p.rules), Calendar: calendar, CatchUpDays: p.rules.Schedule.CatchUpDays,
		Grown: func(date string) (bool, error) {
			m, err := parquet.New(o.Warehouse, time.Now).Current()
			if errors.Is(err, warehouse.ErrNone) {
				return true, nil // it was removed: all is to be read again
			}
			if err != nil {
				return false, err
			}
			return batch.Grown(o.Lake, m.Cut, batch.Date(date), calendar.Date)
		},
	})
}

// newOwnSchedule returns the scheduler of a running platform, and what runs its jobs. It
// leaves half of the machine to the live side, and waits until the history is written.
func (u *upRun) newOwnSchedule(w *jobWatch) (*schedule.Scheduler, *schedule.Executor) {
	o := BatchOptions{Data: u.o.Data, Where: u.o.Warehouse, Engine: u.o.Engine, Threads: max(1, runtime.GOMAXPROCS(0)/2)}
	o.complete()
	x := u.newExecutor(u.store, u.jobRunner(o), o.Lake)
	asOf := x.AsOf
	x.AsOf = func(ctx context.Context) (string, error) {
		if !u.pastWritten.Load() {
			return "", nil
		}
		return asOf(ctx)
	}
	return u.newSchedule(x, o, w), x
}

// processName returns a name for a process, unlike any other.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8]) // a pid may come again
}

// self is the name of this process to those that share its store.
func (p *platform) self() string {
	if p.name == "" {
		p.name = processName()
	}
	return p.name
}

// shopperTopics hold what days of the shop are made of. The catalogue may be dated
// otherwise.
var shopperTopics = store.Shopping.Topics()

// lakeAsOf returns the latest date that the lake in dir has all data for: today, or
// the day after the last one that it has anything of; "" while it has no day before
// that.
func lakeAsOf(dir, today string) (string, error) {
	sources, err := lake.Sources(dir)
	if err != nil {
		return "", err
	}
	newest := ""
	whole := false
	for _, source := range sources {
		l, err := lake.List(dir, source)
		if err != nil {
			return "", err
		}
		for _, place := range l.Places() {
			if !slices.Contains(shopperTopics, place.Topic) {
				continue
			}
			for _, e := range l.Entries[place] {
				if day := batch.DateOf(time.Unix(int64(e.Day)*86_400, 0).UTC()); !e.Gap {
					newest = max(newest, string(day))
					whole = whole || string(day) < today
				}
			}
		}
	}
	if !whole {
		return "", nil
	}
	return min(today, string(batch.Date(newest).Add(1))), nil
}

// scheduleComponent is the schedule as health shows it.
func scheduleComponent(s schedule.Status) api.Component {
	c := api.Component{Name: "batch", Status: api.StatusOK}
	var failing []string
	for i := range s.Jobs {
		if j := &s.Jobs[i]; j.Failing() {
			failing = append(failing, fmt.Sprintf("%s for %s failed: %s", j.Name, j.Newest.Date, j.Newest.Error))
		}
	}
	switch {
	case s.Late != nil:
		c.Status, c.Detail = api.StatusDegraded, s.Late.Error()
	case !s.Leading:
		c.Detail = "standing by"
	case len(failing) > 0:
		c.Status, c.Detail = api.StatusDegraded, strings.Join(failing, "; ")
	case s.Behind() != nil:
		r := s.Behind()
		c.Status, c.Detail = api.StatusDegraded, fmt.Sprintf("%s for %s is done, but not copied: %s", r.Job, r.Date, r.Error)
	case len(s.Jobs) > 0 && s.Jobs[0].Done.ID > 0:
		c.Detail = "done for " + s.Jobs[0].Done.Date
	default:
		c.Detail = "there is no whole day yet"
	}
	return c
}

// platform is where o finds the rules and the records of runs.
func (o *BatchOptions) platform(env Env) *platform {
	return &platform{env: env, src: Source{Data: o.Data, Kafka: embeddedKafka, Store: o.Store}}
}
