package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
)

// JobStore is what batch jobs and their schedule need of a store.
type JobStore interface {
	schedule.Store
	// JobRuns returns the runs of q, those that were started last first.
	JobRuns(ctx context.Context, q store.JobRunQuery) ([]store.JobRun, error)
	// PruneJobRuns deletes runs that began before before and returns how many. Those
	// that JobState tells of stay, and what is under way.
	PruneJobRuns(ctx context.Context, before event.Time) (int64, error)
}

// RunJobs tests what open returns.
func RunJobs(t *testing.T, open func(t *testing.T) JobStore) {
	for name, test := range jobTests {
		t.Run(name, func(t *testing.T) { test(&jobFixture{&fixture{T: t}, open(t)}) })
	}
}

type jobFixture struct {
	*fixture
	s JobStore
}

// lead takes the lead of the schedule for a minute.
func (f *jobFixture) lead(owner string, now event.Time) (int64, bool) {
	f.Helper()
	epoch, held, err := f.s.LeadSchedule(f.Context(), owner, now, time.Minute)
	f.check(err)
	return epoch, held
}

// begun is a run of etl that begins at a time, and whose owner says nothing for a
// minute at most.
func begun(at event.Time, epoch int64) store.JobRun {
	return store.JobRun{
		Job: "etl", Date: "2026-03-01", Due: at - 5, Attempt: 1, Epoch: epoch, Owner: "a", Status: store.JobRunning, Started: at, Until: at.Add(time.Minute),
	}
}

// start starts r.
func (f *jobFixture) start(r store.JobRun) store.JobRun {
	f.Helper()
	id, err := f.s.StartRun(f.Context(), r)
	f.check(err)
	r.ID = id
	return r
}

// ended is r as it ended a second after it began.
func ended(r store.JobRun, status store.JobStatus) store.JobRun {
	r.Status, r.Finished = status, r.Started.Add(time.Second)
	r.RowsIn, r.RowsOut, r.Bytes, r.Engine = 1000, 10, 4096, "duckdb 1.5"
	r.Stages = []store.JobStage{
		{Table: "fact_order_line", Made: 3, Changed: 2, Rows: 1 << 40, Bytes: 1 << 50, Seconds: 12.0625, Began: 0.25, Ended: 13.5}, {Table: `of "Zoë" '\'`, Rows: 1},
	}
	if status == store.JobFailed {
		r.Error = "the disk is full"
	}
	return r
}

// run starts and ends r.
func (f *jobFixture) run(r store.JobRun, status store.JobStatus) store.JobRun {
	f.Helper()
	r = ended(f.start(r), status)
	f.check(f.s.FinishRun(f.Context(), r))
	return r
}

func (f *jobFixture) runs(q store.JobRunQuery) []store.JobRun {
	f.Helper()
	runs, err := f.s.JobRuns(f.Context(), q)
	f.check(err)
	return runs
}

func (f *jobFixture) state(job string) store.JobState {
	f.Helper()
	state, err := f.s.JobState(f.Context(), job)
	f.check(err)
	return state
}

// fenced expects that err is store.ErrFenced.
func (f *jobFixture) fenced(what string, err error) {
	f.Helper()
	if !errors.Is(err, store.ErrFenced) {
		f.Errorf("%s: error %v, want %v", what, err, store.ErrFenced)
	}
}

var jobTests = map[string]func(*jobFixture){
	"one owner leads, until its time is over": func(f *jobFixture) {
		first, held := f.lead("a", noon)
		if !held || first < 1 {
			f.Fatalf("held %t, epoch %d", held, first)
		}
		if _, held := f.lead("b", noon.Add(time.Minute-time.Millisecond)); held {
			f.Error("two lead")
		}
		if again, held := f.lead("a", noon.Add(time.Second)); !held || again != first {
			f.Errorf("kept: held %t, epoch %d after %d", held, again, first)
		}
		if next, held := f.lead("b", noon.Add(2*time.Minute)); !held || next <= first {
			f.Errorf("taken over: held %t, epoch %d after %d", held, next, first)
		}
		if _, held := f.lead("a", noon.Add(2*time.Minute)); held {
			f.Error("the earlier owner leads again")
		}
	},
	"an owner that comes back before another is the one that it was": func(f *jobFixture) {
		first, _ := f.lead("a", noon)
		if again, held := f.lead("a", noon.Add(time.Hour)); !held || again != first {
			f.Errorf("held %t, epoch %d after %d", held, again, first)
		}
	},
	"a lead that is given up is free at once": func(f *jobFixture) {
		first, _ := f.lead("a", noon)
		_, _, err := f.s.LeadSchedule(f.Context(), "a", noon+1, 0)
		f.check(err)
		if next, held := f.lead("b", noon+1); !held || next <= first {
			f.Errorf("held %t, epoch %d after %d", held, next, first)
		}
	},
	"a run is under way until it ends": func(f *jobFixture) {
		epoch, _ := f.lead("a", noon)
		r := f.start(begun(noon, epoch))
		f.equal([]store.JobRun{r}, f.runs(store.JobRunQuery{Limit: 9}))
		done := ended(r, store.JobDone)
		done.Due = noon + 7
		f.check(f.s.FinishRun(f.Context(), done))
		f.equal([]store.JobRun{done}, f.runs(store.JobRunQuery{Limit: 9}))
		f.fenced("ended twice", f.s.FinishRun(f.Context(), ended(r, store.JobFailed)))
		f.fenced("kept after its end", f.s.KeepRun(f.Context(), r.ID, noon.Add(time.Hour)))
		f.equal([]store.JobRun{done}, f.runs(store.JobRunQuery{Limit: 9}))
	},
	"one run is under way, by hand or by schedule": func(f *jobFixture) {
		epoch, _ := f.lead("a", noon)
		first := f.start(begun(noon, epoch))
		second := begun(noon.Add(time.Minute), 0)
		second.Job = "rfm"
		_, err := f.s.StartRun(f.Context(), second)
		busy, ok := errors.AsType[*store.RunningError](err)
		if !ok {
			f.Fatalf("error %v, want one that says which run is under way", err)
		}
		f.equal(first, busy.Run)
		f.check(f.s.FinishRun(f.Context(), ended(first, store.JobStopped)))
		f.start(second)
	},
	"of many that start at once one does": func(f *jobFixture) {
		var all sync.WaitGroup
		started := make([]bool, 8)
		for i := range started {
			all.Go(func() {
				_, err := f.s.StartRun(f.Context(), begun(noon, 0))
				if _, busy := errors.AsType[*store.RunningError](err); err != nil && !busy {
					f.Error(err)
				}
				started[i] = err == nil
			})
		}
		all.Wait()
		n := 0
		for _, ok := range started {
			if ok {
				n++
			}
		}
		if n != 1 || len(f.runs(store.JobRunQuery{Limit: 9})) != 1 {
			f.Errorf("%d started, want one", n)
		}
	},
	"an earlier lead starts, ends and loses nothing": func(f *jobFixture) {
		stale, _ := f.lead("a", noon)
		r := f.start(begun(noon, stale))
		next, _ := f.lead("b", noon.Add(time.Minute))
		f.fenced("end", f.s.FinishRun(f.Context(), ended(r, store.JobDone)))
		_, err := f.s.StartRun(f.Context(), begun(noon.Add(time.Minute), stale))
		f.fenced("start", err)
		_, err = f.s.LoseRuns(f.Context(), stale, noon.Add(time.Hour))
		f.fenced("lose", err)
		f.equal([]store.JobRun{r}, f.runs(store.JobRunQuery{Limit: 9}))

		lost, err := f.s.LoseRuns(f.Context(), next, noon.Add(time.Minute))
		f.check(err)
		if len(lost) != 1 || lost[0].ID != r.ID || lost[0].Status != store.JobFailed || lost[0].Finished != noon.Add(time.Minute) || lost[0].Error == "" {
			f.Errorf("lost %+v, want the run of the earlier lead, failed, with a reason", lost)
		}
		f.equal(lost, f.runs(store.JobRunQuery{Limit: 9}))
		f.fenced("kept by its owner", f.s.KeepRun(f.Context(), r.ID, noon.Add(time.Hour)))
	},
	"a run of whose owner nothing is heard is lost": func(f *jobFixture) {
		epoch, _ := f.lead("a", noon)
		r := f.start(begun(noon, 0)) // by hand
		f.check(f.s.KeepRun(f.Context(), r.ID, noon.Add(2*time.Minute)))
		lost, err := f.s.LoseRuns(f.Context(), epoch, noon.Add(2*time.Minute))
		f.check(err)
		if len(lost) > 0 {
			f.Errorf("lost %+v, which gave a sign of life", lost)
		}
		second := f.start(begun(noon.Add(2*time.Minute+time.Millisecond), 0)) // takes its place
		f.fenced("end", f.s.FinishRun(f.Context(), ended(r, store.JobDone)))
		runs := f.runs(store.JobRunQuery{Limit: 9})
		if len(runs) != 2 || runs[1].Status != store.JobFailed || runs[1].Stages != nil {
			f.Fatalf("runs %+v, want one under way and one failed, of which nothing is known", runs)
		}
		f.equal(second, runs[0])
	},
	"the state of a job is what is due last, done for the latest date, and started last": func(f *jobFixture) {
		f.equal(store.JobState{}, f.state("etl"))
		first := f.run(begun(noon, 0), store.JobDone)
		f.equal(store.JobState{Last: first, Done: first, Newest: first}, f.state("etl"))
		next := begun(noon.Add(time.Hour), 0)
		next.Date = "2026-03-02"
		failed := f.run(next, store.JobFailed)
		f.equal(store.JobState{Last: failed, Done: first, Newest: failed}, f.state("etl"))
		next.Attempt, next.Started = 2, next.Started.Add(time.Minute)
		again := f.run(next, store.JobFailed)
		f.equal(store.JobState{Last: again, Done: first, Newest: again}, f.state("etl"))
		byHand := begun(noon.Add(2*time.Hour), 0)
		byHand.Due, byHand.Date = 0, "2026-01-01"
		old := f.run(byHand, store.JobDone)
		f.equal(store.JobState{Last: again, Done: first, Newest: old}, f.state("etl"))
		byHand.Started, byHand.Date = noon.Add(3*time.Hour), first.Date
		same := f.run(byHand, store.JobDone)
		f.equal(store.JobState{Last: again, Done: same, Newest: same}, f.state("etl"))
		f.equal(store.JobState{}, f.state("rfm"))
	},
	"lists of runs come newest first, in pages": func(f *jobFixture) {
		var all []store.JobRun
		for i := range 5 {
			r := begun(noon.Add(time.Duration(i)*time.Hour), 0)
			if i%2 == 1 {
				r.Job = "rfm"
			}
			all = append([]store.JobRun{f.run(r, store.JobDone)}, all...)
		}
		f.equal(all[:2], f.runs(store.JobRunQuery{Limit: 2}))
		f.equal(all[2:], f.runs(store.JobRunQuery{Limit: 9, Before: all[1].ID}))
		f.equal([]store.JobRun{all[1], all[3]}, f.runs(store.JobRunQuery{Limit: 9, Job: "rfm"}))
	},
	"pruning keeps the state of every job": func(f *jobFixture) {
		for range 3 {
			f.run(begun(noon, 0), store.JobDone)
		}
		// Done for a later date than what comes after it.
		late := begun(noon, 0)
		late.Date = "2026-03-09"
		f.run(late, store.JobDone)
		byHand := begun(noon, 0)
		byHand.Due = 0
		f.run(byHand, store.JobDone)
		f.run(byHand, store.JobFailed)
		before := f.state("etl")
		running := begun(noon, 0)
		running.Job = "rfm"
		f.start(running)
		n, err := f.s.PruneJobRuns(f.Context(), noon)
		f.check(err)
		if n != 0 {
			f.Errorf("%d went, none is old enough", n)
		}
		n, err = f.s.PruneJobRuns(f.Context(), noon+1)
		f.check(err)
		if left := len(f.runs(store.JobRunQuery{Limit: 99})); n < 1 || left != 7-int(n) {
			f.Errorf("%d went and %d are left of 7", n, left)
		}
		f.equal(before, f.state("etl"))
		if f.state("rfm").Newest.Status != store.JobRunning {
			f.Error("what is under way is gone")
		}
	},
}
