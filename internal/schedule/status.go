package schedule

import (
	"time"

	"globalmart/internal/store"
)

// Status is what a scheduler is doing.
type Status struct {
	Leading bool        // it is the one at work
	AsOf    string      // the latest date that there are all data for, as was found last; "" = none, or it is not leading
	Late    error       // why nothing can be started now; nil if all is well
	Jobs    []JobStatus // nil if it is not leading
}

// JobStatus is how a job does.
type JobStatus struct {
	Name   string
	Next   time.Time    // due next; zero = never
	Done   store.JobRun // of those that are done, the last one of the latest date; ID 0 = none
	Newest store.JobRun // that was started last; ID 0 = none
}

// Failing reports whether the last run that ended failed.
func (j *JobStatus) Failing() bool {
	return j.Newest.Status == store.JobFailed || j.Newest.Status == store.JobRunning && j.Newest.Attempt > 1
}

// Behind returns the run that was the last one to end well, if a copy of the warehouse
// could not be brought to what it published; nil if the copies are as they should be.
func (s *Status) Behind() *store.JobRun {
	var last *store.JobRun
	for i := range s.Jobs {
		if r := &s.Jobs[i].Newest; r.Status == store.JobDone && (last == nil || r.ID > last.ID) {
			last = r
		}
	}
	if last == nil || !last.Behind() {
		return nil
	}
	return last
}

// Status returns it; it is safe to call while Run is at work. Nothing in it may be
// written to.
func (s *Scheduler) Status() Status {
	if status := s.status.Load(); status != nil {
		return *status
	}
	return Status{}
}

// note makes the state known to Status.
func (s *Scheduler) note() {
	status := &Status{Leading: s.epoch != 0, Late: s.late}
	if status.Leading {
		status.AsOf = s.asOf
	}
	if now := s.Now(); status.Leading && s.states != nil {
		for i := range s.plan.jobs {
			job := &s.plan.jobs[i]
			if next, known := s.next[job.Name]; !known || !next.IsZero() && !next.After(now) {
				s.next[job.Name] = job.Due.Next(now)
			}
			state := s.states[job.Name]
			status.Jobs = append(status.Jobs, JobStatus{Name: job.Name, Next: s.next[job.Name], Done: state.Done, Newest: state.Newest})
		}
	}
	s.status.Store(status)
}
