package rules

import "fmt"

// Schedule is when the batch jobs run by themselves: cron expressions in the
// shop's time zone. It says nothing about what numbers mean, so that a change of
// it needs no new version.
type Schedule struct {
	ETL         string `yaml:"etl"`
	RFM         string `yaml:"rfm"`
	Products    string `yaml:"products"`
	Trends      string `yaml:"trends"`
	Cohorts     string `yaml:"cohorts"`
	CatchUpDays int    `yaml:"catch_up_days"` // at most so many missed days are made up for
}

const maxCatchUpDays = 366

// check reports what is wrong with s.
func (s Schedule) check(add func(path, format string, args ...any)) {
	calendar, err := NewCalendar("UTC") // the zone has its own check
	if err != nil {
		add("schedule", "%v", err)
	}
	for _, f := range []struct{ path, expression string }{
		{"schedule.etl", s.ETL},
		{"schedule.rfm", s.RFM},
		{"schedule.products", s.Products},
		{"schedule.trends", s.Trends},
		{"schedule.cohorts", s.Cohorts},
	} {
		if _, err := ParseTimetable(f.expression, calendar); err != nil {
			add(f.path, "%v", err)
		}
	}
	if n := s.CatchUpDays; n < 1 || n > maxCatchUpDays {
		add("schedule.catch_up_days", "found %d, want 1 to %d", n, maxCatchUpDays)
	}
}

// Timetable returns when an expression of the schedule is due. It panics if r is
// not valid, which is a bug.
func (r Rules) Timetable(expression string) Timetable {
	t, err := ParseTimetable(expression, r.Calendar())
	if err != nil {
		panic(fmt.Sprintf("rules: timetable of rules that were not validated: %v", err))
	}
	return t
}
