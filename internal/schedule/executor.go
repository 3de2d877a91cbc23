package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	// silence is how long the owner of a run, or of the lead, may say nothing.
	silence   = 30 * time.Second
	beatEvery = turnEvery
	// How long a run's end is tried to be noted, and how often.
	finishTime  = 20 * time.Second
	finishPause = time.Second
	// waitEvery is how often one who waits for another run looks again.
	waitEvery = time.Second
	// maxError bounds what is kept of an error, in bytes.
	maxError = 4096
)

// Executor runs jobs and records their runs. Its fields are not to be changed.
type Executor struct {
	Store  Store
	Runner Runner
	// AsOf returns the latest date that there are all data for: every day before it
	// is whole. "" = there is none.
	AsOf  func(ctx context.Context) (string, error)
	Owner string // names this process, unlike any other
	Now   func() time.Time
	Log   *slog.Logger
	Ran   func(store.JobRun) // is told of every run that ended here; may be nil
}

// RunNow runs jobs for a date, one after the other in the order given, and returns
// their runs; after one that fails it begins no other, and returns its error. It
// waits for a run of another job that is under way; one of these jobs it refuses to
// run twice at once, with a [store.RunningError].
func (x *Executor) RunNow(ctx context.Context, jobs []string, date string) ([]store.JobRun, error) {
	asOf, err := x.AsOf(ctx)
	if err != nil {
		return nil, err
	}
	var runs []store.JobRun
	for _, job := range jobs {
		r := store.JobRun{Job: job, Date: date, Attempt: 1}
		r.ID, err = x.start(ctx, &r, jobs)
		if err != nil {
			return runs, err
		}
		err = x.run(ctx, &r, func(r *store.JobRun) {
			if r.Status == store.JobDone && date >= asOf {
				r.Due = r.Started // nothing that was due until then is left to do
			}
		})
		runs = append(runs, r)
		if err != nil {
			return runs, err
		}
	}
	return runs, nil
}

// start notes a run as soon as no other job is under way.
func (x *Executor) start(ctx context.Context, r *store.JobRun, refuse []string) (int64, error) {
	for waiting := false; ; waiting = true {
		id, err := x.begin(ctx, r)
		other, busy := errors.AsType[*store.RunningError](err)
		if !busy || slices.Contains(refuse, other.Run.Job) {
			return id, err
		}
		if !waiting {
			x.Log.InfoContext(ctx, "waiting for another batch job", "job", other.Run.Job, "owner", other.Run.Owner)
		}
		if !pause(ctx, waitEvery) {
			return 0, ctx.Err()
		}
	}
}

func (x *Executor) begin(ctx context.Context, r *store.JobRun) (int64, error) {
	r.Owner, r.Status, r.Started = x.Owner, store.JobRunning, event.TimeOf(x.Now())
	r.Until = r.Started.Add(silence)
	return x.Store.StartRun(ctx, *r)
}

// run runs what was begun, gives signs of life meanwhile, and notes how it ended,
// which ended may complete. Its error is that of the job, or store.ErrFenced if the
// run was taken from this process.
func (x *Executor) run(ctx context.Context, r *store.JobRun, ended func(*store.JobRun)) error {
	working, cancel := context.WithCancelCause(ctx)
	var beating sync.WaitGroup
	beating.Go(func() { x.beat(working, r.ID, cancel) })
	result, err := x.call(working, r.Job, r.Date)
	fenced := errors.Is(context.Cause(working), store.ErrFenced)
	cancel(nil)
	beating.Wait()
	if fenced {
		return x.lost(ctx, r)
	}
	r.Finished = event.TimeOf(x.Now())
	r.RowsIn, r.RowsOut, r.Bytes, r.Engine, r.Stages = result.RowsIn, result.RowsOut, result.Bytes, result.Engine, result.Stages
	switch {
	case err == nil:
		r.Status = store.JobDone
		if result.Behind != nil {
			r.Error = shorten(result.Behind.Error())
		}
	case ctx.Err() != nil:
		r.Status, r.Error = store.JobStopped, "its process was stopped"
	default:
		r.Status, r.Error = store.JobFailed, shorten(err.Error())
	}
	if ended != nil {
		ended(r)
	}
	if err := x.finish(ctx, r); errors.Is(err, store.ErrFenced) {
		return x.lost(ctx, r)
	} else if err != nil {
		x.Log.WarnContext(ctx, "how a batch job ended is not recorded; it will run again", "job", r.Job, "date", r.Date, "status", r.Status, "error", err)
	}
	if x.Ran != nil {
		x.Ran(*r)
	}
	return err
}

// lost is the end of a run that was taken from this process.
func (x *Executor) lost(ctx context.Context, r *store.JobRun) error {
	x.Log.WarnContext(ctx, "a batch job was taken over; what it did here is not recorded", "job", r.Job, "date", r.Date)
	return fmt.Errorf("%s for %s: %w", r.Job, r.Date, store.ErrFenced)
}

// call runs a job. A panic in it is its failure.
func (x *Executor) call(ctx context.Context, job, date string) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.Log.ErrorContext(ctx, "a batch job panicked", "job", job, "date", date, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return x.Runner(ctx, job, date)
}

// beat gives signs of life until ctx ends, and ends it by cancel if the run is not
// this process's any more.
func (x *Executor) beat(ctx context.Context, id int64, cancel context.CancelCauseFunc) {
	for pause(ctx, beatEvery) {
		err := x.Store.KeepRun(ctx, id, event.TimeOf(x.Now()).Add(silence))
		switch {
		case errors.Is(err, store.ErrFenced):
			cancel(err)
			return
		case err != nil && ctx.Err() == nil:
			x.Log.WarnContext(ctx, "a batch job cannot give a sign of life", "error", err)
		}
	}
}

// finish notes how a run ended, also when ctx has ended.
func (x *Executor) finish(ctx context.Context, r *store.JobRun) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	unknown := false // an attempt may have been the one that was noted
	for {
		err := x.Store.FinishRun(ctx, *r)
		switch {
		case unknown && errors.Is(err, store.ErrFenced):
			return nil
		case err == nil, errors.Is(err, store.ErrFenced), !pause(ctx, finishPause):
			return err
		}
		unknown = unknown || errors.Is(err, store.ErrOutcomeUnknown)
	}
}

func shorten(text string) string {
	if len(text) <= maxError {
		return text
	}
	return strings.ToValidUTF8(text[:maxError], "") + "…"
}

// pause waits for d, and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
