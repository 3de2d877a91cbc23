package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"globalmart/internal/event"
)

// Timetable is a cron expression in a time zone: when something is due. The
// zero value is never due.
//
// Where the clock jumps over a time that an expression names by its hour, as
// "30 2 * * *" on the night to summer time, it is due at the jump, so that a
// daily job is due on every day. Where the clock goes back it is due twice; who
// runs it tells by the date that it has been.
type Timetable struct {
	spec     *cron.SpecSchedule
	calendar Calendar
}

// never is the expression of what is not run by itself.
const never = "never"

// cronFields are what an expression is made of.
const cronFields = "minute hour day-of-month month day-of-week"

var errNeverComes = errors.New("no such time ever comes")

// ParseTimetable reads a cron expression of five fields, or "never", in the time
// zone of a calendar.
func ParseTimetable(expression string, c Calendar) (Timetable, error) {
	if expression == never {
		return Timetable{}, nil
	}
	if n := len(strings.Fields(expression)); n != 5 {
		return Timetable{}, fmt.Errorf("%q has %d fields, want five (%s), as in \"15 4 * * *\", or never", expression, n, cronFields)
	}
	if strings.Contains(expression, "=") {
		return Timetable{}, fmt.Errorf("%q names a time zone; it is always that of the shop", expression)
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(expression)
	if err != nil {
		return Timetable{}, fmt.Errorf("%q is not a cron expression (%s): %w", expression, cronFields, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Timetable{}, fmt.Errorf("%q is not a cron expression (%s)", expression, cronFields)
	}
	t := Timetable{spec, c}
	// Any eight years hold every date of the calendar, at least in this century.
	if at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); t.Next(at).IsZero() && t.Next(at.AddDate(4, 0, 0)).IsZero() {
		return Timetable{}, fmt.Errorf("%q: %w", expression, errNeverComes)
	}
	return t, nil
}

// Next returns when t is due first after a time, to the second; the zero time if
// it is not within five years.
func (t Timetable) Next(after time.Time) time.Time {
	if t.spec == nil {
		return time.Time{}
	}
	// Package cron is asked only of clocks that never change: with others it
	// leaves out days, where a clock changes by half an hour.
	spans := t.calendar.spans[t.calendar.spanAt(event.TimeOf(after)):]
	for i, s := range spans {
		due := t.within(s.offset).Next(after)
		if i == len(spans)-1 || due.IsZero() {
			return due
		}
		change := spans[i+1].from.Std()
		switch {
		case due.Before(change):
			return due
		case due.Before(change.Add(time.Duration(spans[i+1].offset-s.offset)*time.Millisecond)) && !t.everyHour():
			return change
		}
		after = change.Add(-time.Second)
	}
	return time.Time{}
}

// within is t by a clock that is always this much ahead of UTC.
func (t Timetable) within(offset event.Time) *cron.SpecSchedule {
	spec := *t.spec
	spec.Location = time.FixedZone("", int(offset/1000))
	return &spec
}

// everyHour reports whether t is due in every hour: where one is missing, nothing
// is lost.
func (t Timetable) everyHour() bool {
	const all = 1<<24 - 1
	return t.spec.Hour&all == all
}
