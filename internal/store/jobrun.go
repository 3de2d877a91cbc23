package store

import (
	"fmt"

	"globalmart/internal/event"
)

// JobStatus is how a run of a batch job is, or how it ended.
type JobStatus string

// The states.
const (
	JobRunning JobStatus = "running"
	JobDone    JobStatus = "done"
	JobFailed  JobStatus = "failed"
	JobStopped JobStatus = "stopped" // with its process, as it was asked to: it did not fail
)

// JobRun is one run of a batch job. At most one of an installation is under way.
type JobRun struct {
	ID       int64  // rises with each run
	Job      string // "etl"
	Date     string // the day that it is done for, yyyy-mm-dd; data from before that day count
	Due      event.Time
	Attempt  int64  // at what was due; from 1
	Epoch    int64  // of the one who leads the schedule and started it; 0 = started by hand
	Owner    string // the process that runs it
	Status   JobStatus
	Started  event.Time
	Until    event.Time // its owner is taken for dead if it says nothing until then
	Finished event.Time // 0 = under way
	RowsIn   int64
	RowsOut  int64
	Bytes    int64  // written
	Engine   string // that ran it; "" = it did not come to that
	Error    string // why it failed; "" = it did not
}

// RunningError reports that another run is under way.
type RunningError struct{ Run JobRun }

// Error tells which one, and whose it is.
func (e *RunningError) Error() string {
	return fmt.Sprintf("%s for %s is being run by %s since %s", e.Run.Job, e.Run.Date, e.Run.Owner, e.Run.Started)
}

// JobState is what there is of a job. An ID of 0 is none.
type JobState struct {
	Last   JobRun // of those that answer the timetable, the one due last; of its attempts, the last
	Done   JobRun // of those that are done, the one of the latest date; of these, the last
	Newest JobRun // that was started last
}

// JobRunQuery selects runs, those that were started last first.
type JobRunQuery struct {
	Job    string // "" = all
	Before int64  // id of the last one of the page before; 0 = from the newest
	Limit  int    // at most; above 0
}
