package schedule

import (
	"math/rand/v2"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// How a job that fails is tried again.
const (
	tries      = 3
	firstPause = 30 * time.Second // doubles with each failure
)

// plan says what is due. It is a function of what it is given.
type plan struct {
	jobs     []Job
	calendar rules.Calendar
	catchUp  time.Duration // what was missed earlier is not made up for
}

// task is a run that is due.
type task struct {
	job     *Job
	date    string
	due     event.Time
	attempt int64
	from    event.Time // not earlier: another attempt waits
}

// next returns the task to begin now, if there is one. states are those of all jobs
// by name, asOf is the latest date that there are all data for, "" = none is.
func (p *plan) next(states map[string]store.JobState, now event.Time, asOf string) (task, bool) {
	var first task
	for i := range p.jobs {
		job := &p.jobs[i]
		t, ok := p.due(job, states, now, asOf)
		if ok && t.from <= now && ready(job, states, t.date) && (first.job == nil || t.date < first.date) {
			first = t
		}
	}
	return first, first.job != nil
}

// ready reports whether what a job needs is done for a date.
func ready(job *Job, states map[string]store.JobState, date string) bool {
	for _, name := range job.Needs {
		if states[name].Done.Date < date {
			return false
		}
	}
	return true
}

// due returns the task of a job that is due first.
func (p *plan) due(job *Job, states map[string]store.JobState, now event.Time, asOf string) (task, bool) {
	state := states[job.Name]
	last := &state.Last
	switch {
	case last.ID == 0:
		// It has never run.
		t := task{job: job, date: asOf, due: now, attempt: 1}
		return t, asOf != "" && !job.Due.Next(now.Std()).IsZero()
	case last.Status == store.JobRunning:
		return task{}, false
	case settled(last):
		if t, ok := p.missed(job, last.Due, now, asOf); ok {
			return t, true
		}
		t, ok := p.again(job, last, now, asOf)
		return t, ok && outdated(job, last, states, t.date)
	}
	if t, ok := p.missed(job, last.Due, now, asOf); ok && !job.Daily {
		return t, true
	}
	return task{job: job, date: last.Date, due: last.Due, attempt: attemptAfter(last), from: resume(last)}, true
}

// again returns a run of a job out of turn, for the date that it has to be done for. It
// is for a job that is done, and runs by itself.
func (p *plan) again(job *Job, last *store.JobRun, now event.Time, asOf string) (task, bool) {
	date := min(p.calendar.Date(last.Due), asOf)
	t := task{job: job, date: date, due: now, attempt: 1}
	return t, last.Status == store.JobDone && asOf != "" && !job.Due.Next(now.Std()).IsZero()
}

// outdated reports whether what a job needs has changed for a date since its last run.
func outdated(job *Job, last *store.JobRun, states map[string]store.JobState, date string) bool {
	for _, name := range job.Needs {
		done := states[name].Done
		if done.Date == date && (last.Date != date || done.RowsOut > 0 && done.Finished > last.Started) {
			return true
		}
	}
	return false
}

// settled reports whether a run is the last attempt at what was due.
func settled(r *store.JobRun) bool {
	return r.Status == store.JobDone || r.Status == store.JobFailed && r.Attempt >= tries
}

// attemptAfter returns the number of the attempt after a run that is not settled. To
// be stopped is no failure.
func attemptAfter(r *store.JobRun) int64 {
	if r.Status == store.JobStopped {
		return r.Attempt
	}
	return r.Attempt + 1
}

// resume returns when the attempt after a run may begin. Half of the pause is chance,
// drawn for the run, so that whoever asks gets the same.
func resume(r *store.JobRun) event.Time {
	if r.Status == store.JobStopped {
		return r.Finished
	}
	chance := rand.New(rand.NewPCG(uint64(r.ID), uint64(r.Started))).Float64()
	pause := firstPause << (r.Attempt - 1)
	return r.Finished.Add(pause/2 + time.Duration(chance*float64(pause/2)))
}

// missed returns the task for the times of a job's timetable after a time: for those
// of the first date, where every date counts, else for the last ones.
func (p *plan) missed(job *Job, after, now event.Time, asOf string) (task, bool) {
	if asOf == "" {
		return task{}, false
	}
	begin := max(after, now.Add(-p.catchUp))
	t, ok := p.group(job, begin, now, asOf)
	if !ok && begin > after {
		t, ok = p.group(job, after, now, asOf) // what comes seldom
	}
	return t, ok
}

func (p *plan) group(job *Job, after, now event.Time, asOf string) (task, bool) {
	t := task{job: job, attempt: 1}
	for at := job.Due.Next(after.Std()); !at.IsZero() && event.TimeOf(at) <= now; at = job.Due.Next(at) {
		due := event.TimeOf(at)
		date := min(p.calendar.Date(due), asOf)
		if job.Daily && t.due > 0 && date != t.date {
			break
		}
		t.date, t.due = date, due
	}
	return t, t.due > 0
}
