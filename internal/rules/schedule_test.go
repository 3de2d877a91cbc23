package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

func TestAScheduleIsDecodedStrictly(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"too few fields":       {"15 0 * *", `line 1: schedule.etl: "15 0 * *" has 4 fields, want five (minute hour`},
		"seconds":              {"0 15 0 * * *", `line 1: schedule.etl: "0 15 0 * * *" has 6 fields, want five (minute hour`},
		"a name":               {"@daily", `line 1: schedule.etl: "@daily" has 1 fields, want five`},
		"nothing":              {"", `line 1: schedule.etl: "" has 0 fields, want five`},
		"a minute of 60":       {"60 0 * * *", `line 1: schedule.etl: "60 0 * * *" is not a cron expression`},
		"a step of nothing":    {"*/0 0 * * *", `line 1: schedule.etl: "*/0 0 * * *" is not a cron expression`},
		"a zone of its own":    {"TZ=UTC 0 * * *", `line 1: schedule.etl: "TZ=UTC 0 * * *" names a time zone`},
		"a day that never is":  {"0 0 30 2 *", `line 1: schedule.etl: "0 0 30 2 *": no such time ever comes`},
		"words":                {"at one in the night", `line 1: schedule.etl: "at one in the night" is not a cron expression`},
		"no days to make up":   {"0 0 * * *', catch_up_days: '0", `line 1: schedule.catch_up_days: found 0, want 1 to 366`},
		"a key that is not it": {"0 0 * * *', etc: '", `line 1: schedule.etc: unknown key, want one of etl, rfm, products, trends, cohorts, catch_up_days`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Parse([]byte("schedule: {etl: '" + test.text + "'}\n"))
			if err == nil || !strings.HasPrefix(err.Error(), "rules: "+test.want) {
				t.Errorf("got  %v\nwant rules: %s", err, test.want)
			}
		})
	}
	r, err := rules.Parse([]byte("schedule: {etl: never, trends: '0 6-22 * * mon-sat'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Schedule.RFM != rules.Default().Schedule.RFM {
		t.Error("what the file leaves out is not as it was")
	}
	if at := r.Timetable(r.Schedule.ETL).Next(time.Unix(0, 0)); !at.IsZero() {
		t.Errorf("what is never due is due at %s", at)
	}
}

// due returns the first n times after a time at which an expression is due, as the
// shop's clock shows them.
func due(t *testing.T, zone, expression, after string, n int) []string {
	t.Helper()
	r := rules.Default()
	r.TimeZone = zone
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", after, loc)
	if err != nil {
		t.Fatal(err)
	}
	var times []string
	for range n {
		at = r.Timetable(expression).Next(at)
		times = append(times, at.In(loc).Format("2006-01-02 15:04 -0700"))
	}
	return times
}

func TestATimetableFollowsTheShopsClock(t *testing.T) {
	for name, test := range map[string]struct {
		zone, expression, after string
		want                    []string
	}{
		"a time that the clock jumps over is due at the jump": {
			"Europe/Berlin", "30 2 * * *", "2026-03-28 00:00",
			[]string{"2026-03-28 02:30 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"},
		},
		"midnight may be jumped over": {
			"Africa/Cairo", "15 0 * * *", "2026-04-23 12:00",
			[]string{"2026-04-24 01:00 +0300", "2026-04-25 00:15 +0300"},
		},
		"a time that comes twice is due twice": {
			"Europe/Berlin", "30 2 * * *", "2026-10-25 00:00",
			[]string{"2026-10-25 02:30 +0200", "2026-10-25 02:30 +0100", "2026-10-26 02:30 +0100"},
		},
		"hours follow one another where the clock jumps": {
			"Europe/Berlin", "5 * * * *", "2026-03-29 00:30",
			[]string{"2026-03-29 01:05 +0100", "2026-03-29 03:05 +0200", "2026-03-29 04:05 +0200"},
		},
		"hours follow one another where the clock goes back": {
			"Europe/Berlin", "5 * * * *", "2026-10-25 01:30",
			[]string{"2026-10-25 02:05 +0200", "2026-10-25 02:05 +0100", "2026-10-25 03:05 +0100"},
		},
		"a leap day": {
			"UTC", "0 0 29 2 *", "2026-01-01 00:00", []string{"2028-02-29 00:00 +0000", "2032-02-29 00:00 +0000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, due(t, test.zone, test.expression, test.after, len(test.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestADailyTimeIsDueOnEveryDay is true of every zone, hour and day.
func TestADailyTimeIsDueOnEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{
			"UTC", "Europe/Berlin", "Europe/Helsinki", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu",
		}).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(rapid.IntRange(2015, 2030).Draw(t, "year"), 1, 1, 12, 0, 0, 0, loc)
		clock := time.Date(2026, 1, 1, rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC)
		r, err := rules.Parse([]byte("time_zone: " + zone + "\nschedule: {etl: '" + clock.Format("4 15") + " * * *'}\n"))
		if err != nil {
			t.Fatal(err)
		}
		daily, calendar := r.Timetable(r.Schedule.ETL), r.Calendar()
		seen := map[string]bool{}
		for end := at.AddDate(1, 0, 0); at.Before(end); {
			next := daily.Next(at)
			if !next.After(at) || next.Sub(at) > 26*time.Hour {
				t.Fatalf("due at %s after %s", next, at)
			}
			at = next
			seen[calendar.Date(event.TimeOf(at))] = true
		}
		if len(seen) < 365 {
			t.Fatalf("due on %d days of a year", len(seen))
		}
	})
}

// FuzzTimetable: no text makes the parser or the timetable panic or hang.
func FuzzTimetable(f *testing.F) {
	for _, text := range []string{"15 0 * * *", "never", "*/5 1-3,7 1 jan mon", "TZ=x 1 1 1 1", "CRON_TZ= 0 0 0 0", "? ? ? ? ?", "1/99999999999999999999 * * * *"} {
		f.Add(text)
	}
	utc, err := rules.NewCalendar("UTC")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := rules.ParseTimetable(text, utc)
		if err != nil {
			return
		}
		at := time.Unix(1_767_225_600, 0)
		if next := table.Next(at); !next.IsZero() && !next.After(at) {
			t.Errorf("%q is due at %s after %s", text, next, at)
		}
	})
}
