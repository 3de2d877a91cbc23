package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/store"
)

const (
	// lookElsewhere is how often an API looks how the parts of its cluster do.
	lookElsewhere = time.Second
	// beginTime is how long a request waits until what it asked for begins elsewhere: less
	// than the API gives it.
	beginTime, beginPause = 3 * time.Second, 200 * time.Millisecond
)

// newDesk returns this process at the desk of those that share s.
func (p *platform) newDesk(s desk.Store) *desk.Desk {
	return &desk.Desk{Store: s, Owner: p.self(), Now: time.Now, Log: p.env.Log}
}

// elsewhere is what an API shows and has done of parts that other processes run.
type elsewhere struct {
	*desk.Desk
	jobs *jobLog
	seen atomic.Pointer[sight] // nil before the first look
}

// sight is how others did at a time.
type sight struct {
	at      time.Time
	workers []desk.Told[api.Stream]
	batch   *desk.Told[scheduleSaid] // of the schedule that leads; nil = there is none
}

// last is how others did, as far as it is not too long ago.
func (e *elsewhere) last() sight {
	seen := e.seen.Load()
	if seen == nil || e.Now().Sub(seen.at) > desk.Holds {
		return sight{}
	}
	return *seen
}

// watch keeps in mind how others do, until ctx ends.
func (e *elsewhere) watch(ctx context.Context) error {
	for {
		if err := e.look(ctx); err != nil && ctx.Err() == nil {
			e.Log.DebugContext(ctx, "the parts of the cluster are not seen", "error", err)
		}
		if !sleep(ctx, lookElsewhere) {
			return nil
		}
	}
}

func (e *elsewhere) look(ctx context.Context) error {
	workers, err := desk.Read[api.Stream](ctx, e.Desk, store.ReportStream)
	if err != nil {
		return err
	}
	schedules, err := desk.Read[scheduleSaid](ctx, e.Desk, store.ReportSchedule)
	if err != nil {
		return err
	}
	e.seen.Store(&sight{e.Now(), workers, leading(schedules)})
	return nil
}

// leading is the schedule that is at work, or one that stands by, or nil.
func leading(schedules []desk.Told[scheduleSaid]) *desk.Told[scheduleSaid] {
	var found *desk.Told[scheduleSaid]
	for i := range schedules {
		if s := &schedules[i]; found == nil || s.Value.Leading {
			found = s
		}
	}
	return found
}

// stream is how the stream workers do.
func (e *elsewhere) stream(ctx context.Context) (api.Stream, error) {
	workers, err := desk.Read[api.Stream](ctx, e.Desk, store.ReportStream)
	if err != nil {
		return api.Stream{}, mayNot(err)
	}
	if len(workers) == 0 {
		return api.Stream{}, api.Absence{Why: fmt.Sprintf("No stream worker said in the last %.0f seconds how it does. See that `globalmart stream` or `globalmart up` runs.", desk.Holds.Seconds())}
	}
	return together(workers), nil
}

// pipeline is how the stream did when it was looked at last; nil if nobody said so.
func (e *elsewhere) pipeline() *api.Pipeline {
	workers := e.last().workers
	if len(workers) == 0 {
		return nil
	}
	s := together(workers)
	p := &api.Pipeline{}
	for i := range s.Topics {
		t := &s.Topics[i]
		p.BehindRecords += t.Behind
		p.Dispositions.Add(store.Counts{Applied: t.Applied, Duplicate: t.Duplicate, Dead: t.Dead, TooOld: t.TooOld})
	}
	if l := s.Latency; l != nil {
		p.LatencyP50, p.LatencyP95, p.LatencyP99 = l.P50MS, l.P95MS, l.P99MS
	}
	return p
}

// components are the parts that others run, as health shows them. One that nobody speaks
// for is not shown: it may be that this installation has none.
func (e *elsewhere) components() []api.Component {
	var list []api.Component
	seen := e.last()
	if len(seen.workers) > 0 {
		list = append(list, workersComponent(together(seen.workers)))
	}
	if seen.batch != nil {
		list = append(list, seen.batch.Value.Component)
	}
	for i := range list {
		list[i].Elsewhere = true
	}
	return list
}

// workersComponent is the stream as health shows it.
func workersComponent(s api.Stream) api.Component {
	starting := 0
	for i := range s.Workers {
		if !s.Workers[i].Ready {
			starting++
		}
	}
	c := api.Component{Name: "stream", Status: api.StatusOK, Detail: fmt.Sprintf("%d of %d workers ready", len(s.Workers)-starting, len(s.Workers))}
	switch {
	case s.Trouble != nil:
		c.Status, c.Detail = api.StatusDown, *s.Trouble
	case starting == len(s.Workers): // while one is restarted, the others go on
		c.Status = api.StatusDegraded
	}
	return c
}

// schedule is what the schedule that leads said last.
func (e *elsewhere) schedule(ctx context.Context) (scheduleSaid, error) {
	schedules, err := desk.Read[scheduleSaid](ctx, e.Desk, store.ReportSchedule)
	if err != nil {
		return scheduleSaid{}, mayNot(err)
	}
	s := leading(schedules)
	if s == nil || !s.Value.Leading {
		return scheduleSaid{}, api.Absence{Why: fmt.Sprintf("No schedule of batch jobs said in the last %.0f seconds that it is at work. See that `globalmart schedule` or `globalmart up` runs.", desk.Holds.Seconds())}
	}
	return s.Value, nil
}

// runJob has a job run by the schedule, and returns the date that it runs for.
func (e *elsewhere) runJob(ctx context.Context, job string) (string, error) {
	s, err := e.schedule(ctx)
	if err != nil {
		return "", err
	}
	newest, err := e.jobs.idle(ctx, s.AsOf)
	if err != nil {
		return "", err
	}
	if err := e.Ask(ctx, store.ErrandJob, job); err != nil {
		return "", mayNot(err)
	}
	first := job
	if job == allJobs {
		first = BatchJobs()[0]
	}
	begun, err := begins(ctx, func() (bool, error) {
		runs, err := e.jobs.JobRuns(ctx, store.JobRunQuery{Job: first, Limit: 1})
		return len(runs) > 0 && runs[0].ID > newest && runs[0].Epoch == 0, err
	})
	if err == nil && !begun {
		_, err = e.jobs.idle(ctx, s.AsOf) // one that is due may have come before
	}
	return s.AsOf, err
}

// verified is the last run of verify.
func (e *elsewhere) verified(ctx context.Context) (api.VerifyRun, error) {
	reports, err := desk.Read[api.VerifyRun](ctx, e.Desk, store.ReportVerify)
	if err != nil || len(reports) == 0 {
		return api.VerifyRun{}, mayNot(err)
	}
	return verifyRunOf(reports[0], e.Now(), desk.Holds), nil
}

// runVerify has verify run by the process of the schedule.
func (e *elsewhere) runVerify(ctx context.Context) error {
	s, err := e.schedule(ctx)
	if err != nil {
		return err
	}
	if !s.Proves {
		return api.Absence{Why: "The schedule of batch jobs does not know the log. Start `globalmart schedule` with --kafka, or run `globalmart verify`."}
	}
	before, err := e.verified(ctx)
	if err != nil {
		return err
	}
	if underWay(&before) {
		return api.Refusal{Why: "verify is under way"}
	}
	if err := e.Ask(ctx, store.ErrandVerify, ""); err != nil {
		return mayNot(err)
	}
	_, err = begins(ctx, func() (bool, error) {
		now, err := e.verified(ctx)
		return !now.Started.Equal(before.Started), err
	})
	return err
}

// begins waits until begun says so. What has not begun by then still may: the next look
// shows it.
func begins(ctx context.Context, begun func() (bool, error)) (bool, error) {
	for end := time.Now().Add(beginTime); time.Now().Before(end); {
		if ok, err := begun(); ok || err != nil {
			return ok, err
		}
		if !sleep(ctx, beginPause) {
			return false, ctx.Err()
		}
	}
	return false, nil
}

// mayNot makes of an error that the user of the database lacks a right one that says
// which; any other, and nil, it returns as it is.
func mayNot(err error) error {
	if errors.Is(err, store.ErrDenied) {
		return api.Absence{Why: "The user of the database may not do this here: grant it SELECT, INSERT and UPDATE on the tables report and errand."}
	}
	return err
}
