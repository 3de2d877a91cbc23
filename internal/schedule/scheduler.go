package schedule

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

const (
	turnEvery   = 10 * time.Second
	lookEvery   = 5 * time.Minute // at the lake, for more of days that are done
	releaseTime = time.Second
)

// Config is what a scheduler needs.
type Config struct {
	Executor    *Executor
	Jobs        []Job
	Calendar    rules.Calendar
	CatchUpDays int // what was missed longer ago is not made up for
	// Grown reports whether the lake has records of days before a date that no run
	// has read.
	Grown func(date string) (bool, error)
}

// Scheduler runs jobs when they are due. One goroutine runs it.
type Scheduler struct {
	*Executor
	plan   plan
	grown  func(date string) (bool, error)
	looked time.Time // at the lake
	epoch  int64     // 0 = not at work
	work   *work     // nil = no run of this process is under way

	states map[string]store.JobState
	next   map[string]time.Time // when jobs are due next, as was found last
	asOf   string               // as was found last
	late   error
	status atomic.Pointer[Status]
}

// work is a run of this scheduler.
type work struct {
	epoch int64
	stop  context.CancelCauseFunc
	done  chan struct{}
}

// New returns a scheduler.
func New(cfg Config) *Scheduler {
	return &Scheduler{Executor: cfg.Executor, grown: cfg.Grown, next: map[string]time.Time{}, plan: plan{
		jobs: cfg.Jobs, calendar: cfg.Calendar, catchUp: time.Duration(cfg.CatchUpDays) * 24 * time.Hour,
	}}
}

// Run runs what is due until ctx ends; a job that is under way then is stopped. A
// store that is down is tried again: jobs are late then, and made up for.
func (s *Scheduler) Run(ctx context.Context) error {
	defer s.release(ctx)
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	for {
		s.turn(ctx)
		var done <-chan struct{}
		if s.work != nil {
			done = s.work.done
		}
		select {
		case <-ctx.Done():
			s.settle(nil)
			return nil
		case <-done:
			s.settle(nil)
		case <-tick.C:
		}
	}
}

// settle waits for the run that is under way, which is stopped for a reason if there
// is one.
func (s *Scheduler) settle(reason error) {
	if s.work == nil {
		return
	}
	if reason != nil {
		s.work.stop(reason)
	}
	<-s.work.done
	s.work.stop(nil)
	s.work = nil
}

// release gives up the lead, and lets another begin at once.
func (s *Scheduler) release(ctx context.Context) {
	held := s.epoch != 0
	s.epoch = 0
	s.note()
	if !held {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if _, _, err := s.Store.LeadSchedule(ctx, s.Owner, event.TimeOf(s.Now()), 0); err != nil {
		s.Log.DebugContext(ctx, "the lead of the schedule is not released; it expires", "error", err)
	}
}

// turn is one step, and what becomes of its error.
func (s *Scheduler) turn(ctx context.Context) {
	err := s.step(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = nil
	case errors.Is(err, store.ErrFenced):
		s.retire()
		err = nil
	default:
		s.Log.WarnContext(ctx, "batch jobs are late", "error", err)
	}
	s.late = err
	s.note()
}

// step keeps the lead, and begins what is due.
func (s *Scheduler) step(ctx context.Context) error {
	now := s.Now()
	if err := s.lead(ctx, now); err != nil || s.epoch == 0 {
		return err
	}
	if s.work == nil {
		if err := s.loseRuns(ctx, now); err != nil {
			return err
		}
	}
	if err := s.readStates(ctx); err != nil || s.work != nil {
		return err
	}
	asOf, err := s.AsOf(ctx)
	if err != nil {
		return err
	}
	s.asOf = asOf
	t, ok := s.plan.next(s.states, event.TimeOf(now), asOf)
	if !ok {
		t, ok = s.look(now, asOf)
	}
	if !ok {
		return nil
	}
	return s.launch(ctx, &t)
}

// look returns a run of the job that reads the lake if that has grown since it was
// done. A lake that cannot be looked at is for that run to tell of.
func (s *Scheduler) look(now time.Time, asOf string) (task, bool) {
	if now.Sub(s.looked) < lookEvery {
		return task{}, false
	}
	s.looked = now
	for i := range s.plan.jobs {
		job := &s.plan.jobs[i]
		last := s.states[job.Name].Last
		t, ok := s.plan.again(job, &last, event.TimeOf(now), asOf)
		if !ok || !job.Lake {
			continue
		}
		if grown, err := s.grown(t.date); grown || err != nil {
			return t, true
		}
	}
	return task{}, false
}

// lead takes the lead or keeps it.
func (s *Scheduler) lead(ctx context.Context, now time.Time) error {
	epoch, held, err := s.Store.LeadSchedule(ctx, s.Owner, event.TimeOf(now), silence)
	if err != nil {
		return err
	}
	if !held || s.work != nil && s.work.epoch != epoch {
		s.retire()
	}
	if held {
		s.epoch = epoch
	}
	return nil
}

// retire stops being the one at work.
func (s *Scheduler) retire() {
	s.epoch, s.states = 0, nil
	s.settle(store.ErrFenced)
}

// loseRuns ends the books of runs whose owners are gone.
func (s *Scheduler) loseRuns(ctx context.Context, now time.Time) error {
	lost, err := s.Store.LoseRuns(ctx, s.epoch, event.TimeOf(now))
	for _, r := range lost {
		s.Log.WarnContext(ctx, "a batch job ended with its process", "job", r.Job, "date", r.Date, "owner", r.Owner)
	}
	return err
}

func (s *Scheduler) readStates(ctx context.Context) error {
	states := map[string]store.JobState{}
	for _, job := range s.plan.jobs {
		state, err := s.Store.JobState(ctx, job.Name)
		if err != nil {
			return err
		}
		states[job.Name] = state
	}
	s.states = states
	return nil
}

// launch begins a run beside the loop that keeps the lead.
func (s *Scheduler) launch(ctx context.Context, t *task) error {
	r := store.JobRun{Job: t.job.Name, Date: t.date, Due: t.due, Attempt: t.attempt, Epoch: s.epoch}
	id, err := s.begin(ctx, &r)
	if _, busy := errors.AsType[*store.RunningError](err); busy {
		return nil // its turn comes
	}
	if err != nil {
		return err
	}
	r.ID = id
	working, stop := context.WithCancelCause(ctx)
	w := &work{epoch: s.epoch, stop: stop, done: make(chan struct{})}
	s.work = w
	go func() {
		defer close(w.done)
		err := s.run(working, &r, nil)
		switch {
		case r.Status == store.JobFailed:
			s.Log.WarnContext(ctx, "a batch job failed", "job", r.Job, "date", r.Date, "attempt", r.Attempt, "of", tries, "error", err)
		case r.Behind():
			s.Log.WarnContext(ctx, "a batch job is done, but a copy of the warehouse is behind", "job", r.Job, "date", r.Date, "error", r.Error)
		case r.Status == store.JobDone && err == nil:
			s.Log.InfoContext(ctx, "batch job done", "job", r.Job, "date", r.Date, "seconds", float64(r.Finished-r.Started)/1000, "rows", r.RowsOut)
		}
	}()
	return nil
}
