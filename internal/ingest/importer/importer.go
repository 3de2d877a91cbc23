package importer

import (
	"fmt"
	"io"
	"iter"
	"time"

	"globalmart/internal/event"
)

// Options are what an import needs beside the file.
type Options struct {
	// Convert turns an amount of a currency into the reporting currency, or
	// reports false if there is no rate: rules.Rules.Convert. Transactions then
	// have no base amounts. It is required.
	Convert func(amount event.Minor, currency string) (event.Minor, bool)
	// Zone is the shop's time zone, for a data set that has dates without times or
	// times without a zone; nil means UTC.
	Zone *time.Location
	// Progress, if set, is told now and then how many bytes of the file, as it
	// is on disk, were read.
	Progress func(bytes int64)
	// Reject, if set, is told of each rejection, in the order of the file but for
	// whole invoices, which come last.
	Reject func(Rejection)
}

// Import is a file that was read: what it held and the events it became.
type Import struct {
	Summary Summary
	events  iter.Seq[*event.Event]
}

// Events yields the events in the order of their ReceivedAt. Of equal time they
// are in the order of the file, but products come before customers before what
// they take part in where a data set states those only by the way. Every event
// is valid, unless it lacks base amounts ([Summary.NoRate]).
//
// An event must not be changed, and is good until the next one is asked for.
func (im *Import) Events() iter.Seq[*event.Event] { return im.events }

// intake is what a file is read into: how, and the summary so far.
type intake struct {
	options Options
	summary Summary
	first   *Rejection
}

func newIntake(o Options, sales *Sales) intake {
	return intake{options: o, summary: Summary{Rejected: map[Reason]int{}, Topics: map[string]int{}, Sales: sales}}
}

// load opens the file r, has it read by read, which returns its events, and
// completes the summary.
func (in *intake) load(r io.Reader, read func(*file) (iter.Seq[*event.Event], error)) (*Import, error) {
	f, err := openFile(r, in.options.Progress)
	if err != nil {
		return nil, err
	}
	events, err := read(f)
	if err != nil {
		return nil, err
	}
	if in.summary.FileSHA256, in.summary.FileBytes, err = f.sum(); err != nil {
		return nil, err
	}
	return &Import{in.summary, events}, nil
}

func (in *intake) reject(r Rejection) {
	if in.first == nil {
		in.first = &r
	}
	in.summary.Rejected[r.Reason] += r.Rows
	if in.options.Reject != nil {
		in.options.Reject(r)
	}
}

// rejectLine rejects the line l.
func (in *intake) rejectLine(l line, bad *refusal) {
	in.reject(Rejection{Line: l.number, Rows: 1, Reason: bad.reason, Detail: bad.detail, Row: shown(string(l.text))})
}

// tally counts an event that was taken.
func (in *intake) tally(e *event.Event) {
	s := &in.summary
	if s.Events == 0 || e.ReceivedAt < s.First {
		s.First = e.ReceivedAt
	}
	s.Last = max(s.Last, e.ReceivedAt)
	s.Events++
	s.Topics[e.Type.Topic()]++
	if e.Type == event.TypeTransaction && lacksBase(e) {
		s.NoRate++
	}
}

// errNothing reports that no line could be taken as what was wanted, where
// nothing else tells that the file is another one.
func (in *intake) errNothing(want string) error {
	if in.first == nil {
		return fmt.Errorf("importer: read lines: the file is empty, want %s", want)
	}
	return fmt.Errorf("importer: read lines: none of %d is %s; line %d: %s: %s", in.summary.Rows, want, in.first.Line, in.first.Reason, in.first.Detail)
}
