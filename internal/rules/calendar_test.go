package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

// zones holds every kind of clock: none, whole hours, a half-hour zone, a shift
// of half an hour, shifts at midnight, and a day that was skipped.
var zones = []string{
	"UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
	"Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Pacific/Apia",
}

// backwards are zones whose clock once went back over midnight, so that a date
// ended twice: only what holds for every partition is checked in them.
var backwards = append([]string{"America/St_Johns"}, zones...)

func calendar(t testing.TB, zone string) (rules.Calendar, *time.Location) {
	t.Helper()
	c, err := rules.NewCalendar(zone)
	if err != nil {
		t.Fatal(err)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return c, loc
}

// instants draws times of which many lie close to a change of the clock.
func instants(loc *time.Location) *rapid.Generator[event.Time] {
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	to := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Custom(func(t *rapid.T) event.Time {
		at := time.UnixMilli(rapid.Int64Range(from.UnixMilli(), to.UnixMilli()).Draw(t, "any")).In(loc)
		_, change := at.ZoneBounds()
		if change.IsZero() || rapid.Bool().Draw(t, "anywhere") {
			return event.TimeOf(at)
		}
		near := rapid.Int64Range(-26*3_600_000, 26*3_600_000).Draw(t, "near")
		return event.TimeOf(change) + event.Time(near)
	})
}

// startByWalking is the oracle: it goes back minute by minute for as long as
// the clock reads the same.
func startByWalking(t event.Time, loc *time.Location, layout string) event.Time {
	start := t.Std().In(loc).Truncate(time.Minute)
	label := start.Format(layout)
	for {
		earlier := start.Add(-time.Minute)
		if earlier.Format(layout) != label {
			return event.TimeOf(start)
		}
		start = earlier
	}
}

func TestWindowsStartWhereTheClockSays(t *testing.T) {
	for _, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			c, loc := calendar(t, zone)
			rapid.Check(t, func(t *rapid.T) {
				at := instants(loc).Draw(t, "at")
				if got, want := c.MinuteStart(at), event.TimeOf(at.Std().Truncate(time.Minute)); got != want {
					t.Fatalf("MinuteStart(%s) = %s, want %s", at, got, want)
				}
				if got, want := c.HourStart(at), startByWalking(at, loc, "2006-01-02 15 -0700"); got != want {
					t.Fatalf("HourStart(%s) = %s, want %s", at, got, want)
				}
				if got, want := c.DayStart(at), startByWalking(at, loc, time.DateOnly); got != want {
					t.Fatalf("DayStart(%s) = %s, want %s", at, got, want)
				}
				if got, want := c.Date(at), at.Std().In(loc).Format(time.DateOnly); got != want {
					t.Fatalf("Date(%s) = %s, want %s", at, got, want)
				}
			})
		})
	}
}

func TestWindowsPartitionTime(t *testing.T) {
	for _, zone := range backwards {
		t.Run(zone, func(t *testing.T) {
			c, loc := calendar(t, zone)
			rapid.Check(t, func(t *rapid.T) {
				at := instants(loc).Draw(t, "at")
				day, next := c.DayStart(at), c.NextDay(at)
				if day > at || next <= at {
					t.Fatalf("%s is not within its day [%s, %s)", at, day, next)
				}
				if c.DayStart(day) != day || c.DayStart(next-1) != day || c.DayStart(next) != next || c.DayStart(day-1) == day {
					t.Fatalf("the day [%s, %s) of %s is not one window", day, next, at)
				}
				if c.Date(day) != c.Date(next-1) || c.Date(day) >= c.Date(next) {
					t.Fatalf("dates %s, %s, %s of the day [%s, %s) and the next", c.Date(day), c.Date(next-1), c.Date(next), day, next)
				}
				hour := c.HourStart(at)
				if hour > at || at-hour >= 3_600_000 || c.HourStart(hour) != hour || c.HourStart(hour-1) == hour {
					t.Fatalf("%s is not in one hour from %s", at, hour)
				}
				if c.MinuteStart(hour) != hour || c.HourStart(day) != day {
					t.Fatalf("hour %s and day %s do not start with a minute and an hour", hour, day)
				}
			})
		})
	}
}

func TestDaysAtChangesOfTheClock(t *testing.T) {
	tests := map[string]struct {
		zone, at        string
		date, day, next string
	}{
		"a day of 23 hours":                   {"Europe/London", "2011-03-27T12:00:00Z", "2011-03-27", "2011-03-27T00:00:00Z", "2011-03-27T23:00:00Z"},
		"a day of 25 hours":                   {"Europe/London", "2011-10-30T23:59:59Z", "2011-10-30", "2011-10-29T23:00:00Z", "2011-10-31T00:00:00Z"},
		"half-hour zones":                     {"Asia/Kolkata", "2024-01-01T18:30:00Z", "2024-01-02", "2024-01-01T18:30:00Z", "2024-01-02T18:30:00Z"},
		"a day without midnight":              {"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		"a day with two midnights":            {"America/Havana", "2023-11-05T05:30:00Z", "2023-11-05", "2023-11-05T04:00:00Z", "2023-11-06T05:00:00Z"},
		"the day before a skipped one":        {"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		"the day after a skipped one":         {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
		"an hour given back stays with a day": {"America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := calendar(t, test.zone)
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			got := [...]string{
				c.Date(event.TimeOf(at)),
				c.DayStart(event.TimeOf(at)).Std().Format(time.RFC3339),
				c.NextDay(event.TimeOf(at)).Std().Format(time.RFC3339),
			}
			if want := [...]string{test.date, test.day, test.next}; got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestTimesOutsideTheTableKeepTheNearestOffset(t *testing.T) {
	for _, zone := range backwards {
		c, _ := calendar(t, zone)
		for _, year := range []int{1900, 1969, 1994, 2106, 9999} {
			at := event.TimeOf(time.Date(year, 7, 1, 12, 34, 56, 0, time.UTC))
			day := c.DayStart(at)
			if c.NextDay(at)-day != 24*3_600_000 || at < day || c.HourStart(at) > at {
				t.Errorf("%s: %s is not in a day of 24 hours from %s", zone, at, day)
			}
		}
	}
}

func TestNamesThatAreNotAZoneAreRefused(t *testing.T) {
	for _, zone := range []string{"", "Local", "Europe/Londn", "../etc/passwd", "GMT+1"} {
		if _, err := rules.NewCalendar(zone); err == nil {
			t.Errorf("NewCalendar(%q) gave no error", zone)
		}
	}
}

func TestWindowsCostNoAllocation(t *testing.T) {
	c, _ := calendar(t, "Europe/London")
	at := event.TimeOf(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
	if n := testing.AllocsPerRun(100, func() { at = c.MinuteStart(at) + c.HourStart(at) - c.DayStart(at) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHourStart(b *testing.B) {
	c, _ := calendar(b, "Europe/London")
	at := event.TimeOf(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
	for b.Loop() {
		at += c.HourStart(at) - at + 1_000_000
	}
}
