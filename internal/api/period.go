package api

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	minuteMS event.Time = 60_000
	hourMS   event.Time = 3_600_000
	dayMS    event.Time = 24 * hourMS

	// maxRange bounds a question: over a year, so that a year can be compared
	// with the same days of another calendar.
	maxRange = 400 * dayMS

	// endOfTime is past every event: 9999-12-31.
	endOfTime event.Time = 253402300799999
)

var errTimeForm = errors.New("expected RFC 3339 with an offset (2026-03-01T10:00:00Z) or a day of the shop (2026-03-01)")

// parseTime reads an instant, or a day as its first instant in the shop's time
// zone.
func (a *API) parseTime(s string) (event.Time, error) {
	// A plus sign that was not escaped arrives as a space.
	t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1))
	if err == nil {
		return event.TimeOf(t), nil
	}
	// Noon exists on every day; midnight does not where clocks go forward at it.
	noon, err := time.ParseInLocation("2006-01-02 15", s+" 12", a.zone)
	if err != nil {
		return 0, errTimeForm
	}
	return a.calendar.DayStart(event.TimeOf(noon)), nil
}

// parseBounds reads from and to, of which each may be empty, and checks their
// distance. An absent one is 0 or endOfTime, and counts as now in the check.
func (a *API) parseBounds(fromText, toText string) (from, to event.Time, errs []error) {
	to = endOfTime
	var err error
	if fromText != "" {
		if from, err = a.parseTime(fromText); err != nil {
			errs = append(errs, wrong("from", fromText, "%v", err))
		}
	}
	if toText != "" {
		if to, err = a.parseTime(toText); err != nil {
			errs = append(errs, wrong("to", toText, "%v", err))
		}
	}
	if errs != nil || fromText == "" {
		return from, to, errs
	}
	end := to
	if toText == "" {
		end = max(a.now(), from+1)
	}
	switch {
	case from >= end:
		errs = append(errs, wrong("from", fromText, "must be before to (%s)", toText))
	case end-from > maxRange:
		errs = append(errs, wrong("from", fromText, "the range has %d days; at most %d are answered", (end-from+dayMS-1)/dayMS, maxRange/dayMS))
	}
	return from, to, errs
}

// windowStart returns the start of the window of length g that t is in.
func (a *API) windowStart(t event.Time, g store.Granularity) event.Time {
	switch g {
	case store.Day:
		return a.calendar.DayStart(t)
	case store.Hour:
		return a.calendar.HourStart(t)
	default:
		return t - t%minuteMS
	}
}

// windowEnd returns the end of the window that starts at start.
func (a *API) windowEnd(start event.Time, g store.Granularity) event.Time {
	switch g {
	case store.Day:
		return a.calendar.NextDay(start)
	case store.Hour:
		// Where the offset changes within an hour, the window is cut there.
		if cut := a.calendar.HourStart(start + hourMS - 1); cut > start {
			return cut
		}
		return start + hourMS
	default:
		return start + minuteMS
	}
}

// ceil returns the first window start at or after t.
func (a *API) ceil(t event.Time, g store.Granularity) event.Time {
	if start := a.windowStart(t, g); start != t {
		return a.windowEnd(start, g)
	}
	return t
}

// addDays moves the start of a day by n days of the shop, which may have 23 or
// 25 hours.
func (a *API) addDays(dayStart event.Time, n int) event.Time {
	return a.calendar.DayStart(dayStart + event.Time(n)*dayMS + dayMS/2)
}

// span is a length of time as people say it: so many of a unit, or a word.
type span struct {
	n    int
	unit string // m (minutes), h, d, mo (months); or the word: yesterday, mtd, qtd, ytd
}

// parseSpan reads a range, by the one grammar of all endpoints: today, yesterday, mtd,
// qtd, ytd, or 15m, 24h, 7d, 4w, 12mo. What an endpoint cannot answer it refuses by itself.
func parseSpan(s string) (span, error) {
	switch s {
	case "today":
		return span{1, "d"}, nil
	case "yesterday", "mtd", "qtd", "ytd":
		return span{1, s}, nil
	}
	number := strings.TrimRight(s, "mhdwo")
	p := span{unit: s[len(number):]}
	times, most := 1, 0 // of a unit that is several of another; of that other
	switch p.unit {
	case "m":
		most = int(maxRange / minuteMS)
	case "h":
		most = int(maxRange / hourMS)
	case "w":
		p.unit, times = "d", 7
		fallthrough
	case "d":
		most = int(maxRange / dayMS)
	case "mo":
		most = maxMonths
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > most/times {
		return span{}, errSpan
	}
	p.n = n * times
	return p, nil
}

// maxMonths are not longer than maxRange.
const maxMonths = 13

var errSpan = fmt.Errorf("expected today, yesterday, mtd, qtd, ytd, or a number and m (minutes), h, d, w or mo (months), at most %d days or %d months: 15m, 24h, 7d, 4w, 12mo",
	maxRange/dayMS, maxMonths)
