package store

import "globalmart/internal/event"

// ReportKind is what a report is about.
type ReportKind string

// The kinds.
const (
	ReportStream   ReportKind = "stream"   // how a stream worker does
	ReportSchedule ReportKind = "schedule" // how a schedule of batch jobs does
	ReportVerify   ReportKind = "verify"   // what verify found
	ReportSources  ReportKind = "sources"  // what a collector took, or a stream saw twice, of each source
)

// Report is what a process says of itself, for others that share its store. There is one
// for each kind and owner: the last.
type Report struct {
	Kind  ReportKind
	Owner string // the process, unlike any other
	At    event.Time
	Until event.Time // it holds until then
	Body  string     // JSON
}

// ErrandKind is what is to be done.
type ErrandKind string

// The kinds.
const (
	ErrandJob    ErrandKind = "job"    // a batch job, which the subject names
	ErrandVerify ErrandKind = "verify" // all of it; without a subject
)

// Errand is work that a process asks others for that share its store. There is one for
// each kind and subject: to ask again changes nothing but the times.
type Errand struct {
	Kind    ErrandKind
	Subject string
	Asked   event.Time
	Until   event.Time // whoever takes it later is not to do it
}
