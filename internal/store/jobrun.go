package store

import (
	"encoding/json"
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
	Bytes    int64      // written
	Engine   string     // that ran it; "" = it did not come to that
	Error    string     // why it failed or, of one that is done, why a copy of what it published is behind; "" = neither
	Stages   []JobStage // nil = not known: it is under way, made nothing, or was run before they were kept
}

// JobStage is what a run made of one table.
type JobStage struct {
	Table   string  `json:"table"`
	Made    int     `json:"made"`    // partitions that were made anew
	Changed int     `json:"changed"` // of those, which came out different
	Rows    int64   `json:"rows"`    // of the whole table
	Bytes   int64   `json:"bytes"`   // of the whole table
	Seconds float64 `json:"seconds"` // of its queries; those of other tables may run at the same time
	Began   float64 `json:"began"`   // of its first query, seconds since the job began
	Ended   float64 `json:"ended"`   // of its last query, likewise; both 0 without one
}

// StagesText is how the stages of r are stored: as JSON, "" if they are not known.
func (r *JobRun) StagesText() string {
	if r.Stages == nil {
		return ""
	}
	text, err := json.Marshal(r.Stages)
	if err != nil {
		panic(fmt.Sprintf("store: BUG: encode stages: %v", err)) // texts and finite numbers
	}
	return string(text)
}

// SetStages reads what StagesText gave.
func (r *JobRun) SetStages(text string) error {
	r.Stages = nil
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &r.Stages); err != nil {
		return fmt.Errorf("store: stages of run %d: %w", r.ID, err)
	}
	return nil
}

// Behind reports whether the run is done, but a copy of the warehouse was not brought to
// what it published.
func (r *JobRun) Behind() bool { return r.Status == JobDone && r.Error != "" }

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
