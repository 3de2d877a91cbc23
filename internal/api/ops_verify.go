package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// VerifyRun is the last run of verify in the installation. It is kept as JSON.
type VerifyRun struct {
	Started  time.Time     // zero: none yet
	Finished time.Time     // zero: it is under way
	Records  int64         // of the log and the lake that were read
	Report   *VerifyReport // of the last run that came to an end; nil before the first
	Err      string        // why there is no report; "" = there is one
	Past     []VerifyPast  // those that came to an end, the newest first
}

// VerifyPast is a run of verify that came to an end.
type VerifyPast struct {
	Started     time.Time `json:"started"`
	Finished    time.Time `json:"finished"`
	Status      string    `json:"status" enum:"agrees,differs,failed"`
	Records     int64     `json:"records" doc:"Of the log that were recomputed; 0 if it failed."`
	Differences int64     `json:"differences" doc:"Of all invariants together; 0 if it failed."`
}

// PastOf is what is kept of a run that came to an end, with a report or with err.
func PastOf(started, finished time.Time, report *VerifyReport, err error) VerifyPast {
	past := VerifyPast{Started: started, Finished: finished, Status: "failed"}
	if err != nil {
		return past
	}
	past.Status, past.Records = "agrees", report.Records
	if !report.Agrees {
		past.Status = "differs"
	}
	for i := range report.Invariants {
		past.Differences += report.Invariants[i].Found
	}
	return past
}

// VerifyState is the last run of verify, and what it found.
type VerifyState struct {
	Status   string        `json:"status" enum:"never,running,agrees,differs,failed" doc:"agrees: every number is what the log says; failed: it could not be found out."`
	Started  *time.Time    `json:"started"`
	Finished *time.Time    `json:"finished"`
	Records  int64         `json:"records" doc:"Records that were read; they rise while it is under way."`
	Error    *string       `json:"error" doc:"Why it failed."`
	Report   *VerifyReport `json:"report,omitempty" doc:"Of the last run that came to an end; absent before the first."`
	Past     []VerifyPast  `json:"past" nullable:"false" doc:"Runs that came to an end, the newest first, at most 50."`
}

// VerifyReport is what a run of verify found.
type VerifyReport struct {
	Agrees       bool        `json:"agrees"`
	Records      int64       `json:"records" doc:"Of the log that were recomputed."`
	Waiting      int64       `json:"waiting" doc:"In the log and not counted yet."`
	Seconds      float64     `json:"seconds"`
	Invariants   []Invariant `json:"invariants" nullable:"false"`
	WarehouseRun *string     `json:"warehouse_run" doc:"The run of the warehouse that was held against the lake; null without one."`
}

// Invariant is what must be true, and whether it is.
type Invariant struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Holds       bool         `json:"holds"`
	Checked     int64        `json:"checked" doc:"Records, rows or answers that were compared."`
	Found       int64        `json:"found" doc:"Differences, of which the first are listed."`
	Differences []Difference `json:"differences" nullable:"false"`
	Notes       []string     `json:"notes" nullable:"false" doc:"What could not be compared, and why."`
}

// Difference is a value that is not what the log says.
type Difference struct {
	Key   string `json:"key" doc:"Which row, record or answer."`
	Field string `json:"field"`
	Want  string `json:"want" doc:"As the log says."`
	Got   string `json:"got"`
}

func (a *API) addVerify() {
	started, finished := a.local(exampleNow-minuteMS), a.local(exampleNow-minuteMS+4_200)
	example := VerifyState{Status: "agrees", Started: &started, Finished: &finished, Records: 182_004, Report: &VerifyReport{
		Agrees: true, Records: 182_004, Seconds: 4.2,
		Invariants: []Invariant{{ID: 1, Name: "live tables equal the log", Holds: true, Checked: 21_044, Differences: []Difference{}, Notes: []string{}}},
	}, Past: []VerifyPast{{Started: started, Finished: finished, Status: "agrees", Records: 182_004}}}
	look := huma.Operation{
		OperationID: "ops-verify", Method: http.MethodGet, Path: "/api/v1/ops/verify",
		Summary:     "Do the numbers agree?",
		Description: "The last run of verify that was asked for here: store, lake, warehouse and API against the log.",
	}
	operate(a, look, example, func(ctx context.Context, _ *struct{}) (seen[VerifyState], error) {
		if a.deps.Operations.Verify == nil {
			return seen[VerifyState]{}, unknownHere("the log", ofThePlatform)
		}
		return a.verified(ctx)
	})
	start := huma.Operation{
		OperationID: "ops-run-verify", Method: http.MethodPost, Path: "/api/v1/ops/verify/runs",
		Summary:     "Prove the numbers now",
		Description: "It goes on after the answer: /api/v1/ops/verify shows how far it is. One at a time. It reads the whole log and lake, beside everything else.",
	}
	operate(a, start, VerifyState{Status: "running", Started: &started, Past: []VerifyPast{}}, func(ctx context.Context, _ *struct{}) (seen[VerifyState], error) {
		if a.deps.Operations.RunVerify == nil {
			return seen[VerifyState]{}, unknownHere("the log", ofThePlatform)
		}
		if err := a.deps.Operations.RunVerify(ctx); err != nil {
			return seen[VerifyState]{}, err
		}
		return a.verified(ctx)
	})
}

// verified is the state of verify as it is now.
func (a *API) verified(ctx context.Context) (seen[VerifyState], error) {
	run, err := a.deps.Operations.Verify(ctx)
	if err != nil {
		return seen[VerifyState]{}, err
	}
	return seen[VerifyState]{data: a.verifyState(run)}, nil
}

func (a *API) verifyState(r VerifyRun) VerifyState {
	out := VerifyState{Status: "never", Records: r.Records, Report: r.Report, Past: make([]VerifyPast, len(r.Past))}
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.In(a.zone)
		return &t
	}
	out.Started, out.Finished = at(r.Started), at(r.Finished)
	for i, past := range r.Past {
		past.Started, past.Finished = past.Started.In(a.zone), past.Finished.In(a.zone)
		out.Past[i] = past
	}
	switch {
	case r.Started.IsZero():
	case r.Finished.IsZero():
		out.Status = "running"
	case r.Err != "":
		out.Status, out.Error = "failed", known(r.Err)
	case r.Report.Agrees:
		out.Status = "agrees"
	default:
		out.Status = "differs"
	}
	return out
}
