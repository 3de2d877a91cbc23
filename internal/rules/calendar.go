package rules

import (
	"fmt"
	"math"
	"time"

	_ "time/tzdata" // a host without a time zone database must not change what a day is

	"globalmart/internal/event"
)

const (
	minuteMS = 60 * 1000
	hourMS   = 60 * minuteMS
	dayMS    = 24 * hourMS

	// A bucket of the calendar's index is 2^31 ms, about 25 days: short enough
	// that no zone changes its offset more than twice in it.
	bucketBits = 31
)

// The years whose offset changes a calendar knows. Events before 2000 are
// refused, and no time zone database looks ahead of 2037 but by rule.
const (
	calendarFrom = 1995
	calendarTo   = 2105
)

// Calendar cuts time into minutes, hours and days of the shop's time zone.
//
// Each of the three partitions time: every instant belongs to exactly one
// window, windows are contiguous and a window's start belongs to it. So where
// the clock goes back over a whole hour that hour is two windows, and where an
// offset changes within an hour (Lord Howe Island) the window is cut there. A
// day starts at the first instant at which the clock reads its date or a later
// one; it may have 23 or 25 hours, or start at one o'clock.
//
// A Calendar is immutable: copy it and use it from any goroutine. Outside
// 1995 to 2105 the nearest known offset holds. The zero value is not usable.
type Calendar struct {
	*offsets
}

// offsets are the offsets of one time zone.
type offsets struct {
	zone   string
	spans  []span     // oldest first; the first starts at the beginning of time
	origin event.Time // start of the first bucket
	index  []int32    // the span in force at the start of each bucket
}

// span is a stretch of time with one offset.
type span struct {
	from     event.Time
	offset   event.Time // local = UTC + offset
	firstDay int64      // local day that was already reached before the span; days never go back
}

// Calendar returns the calendar of the rules' time zone. Build it once: it
// costs some ten microseconds. It panics if r is not valid, which is a bug.
func (r Rules) Calendar() Calendar {
	c, err := NewCalendar(r.TimeZone)
	if err != nil {
		panic(fmt.Sprintf("rules: calendar of rules that were not validated: %v", err))
	}
	return c
}

// NewCalendar returns the calendar of an IANA time zone.
func NewCalendar(zone string) (Calendar, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return Calendar{}, err
	}
	c := Calendar{&offsets{zone: zone, spans: spansOf(loc)}}
	c.origin = event.TimeOf(time.Date(calendarFrom, 1, 1, 0, 0, 0, 0, time.UTC))
	end := event.TimeOf(time.Date(calendarTo, 1, 1, 0, 0, 0, 0, time.UTC))
	at := 0
	for start := c.origin; start < end; start += 1 << bucketBits {
		for at+1 < len(c.spans) && c.spans[at+1].from <= start {
			at++
		}
		c.index = append(c.index, int32(at))
	}
	return c, nil
}

// loadZone refuses the names that Go takes but that do not name one zone.
func loadZone(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("%q is not the name of a time zone; want one such as Europe/London", zone)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone of the IANA database, such as Europe/London", zone)
	}
	return loc, nil
}

// spansOf lists the offsets of loc, oldest first; the first span starts at the
// beginning of time.
func spansOf(loc *time.Location) []span {
	at := time.Date(calendarFrom, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	end := time.Date(calendarTo, 1, 1, 0, 0, 0, 0, time.UTC)
	spans := []span{{from: math.MinInt64, offset: offsetOf(at), firstDay: math.MinInt64}}
	for {
		_, next := at.ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			return spans
		}
		if !next.After(at) {
			// Go 1.26 ends a leap year's last span after 365 days, so that on
			// its 31 December the next change seems to have been.
			next = at.AddDate(0, 0, 1)
		}
		at = next
		last := spans[len(spans)-1]
		if offsetOf(at) == last.offset {
			continue // only the abbreviation changed
		}
		from := event.TimeOf(at)
		reached := max(last.firstDay, floorDiv(int64(from-1+last.offset), dayMS))
		spans = append(spans, span{from: from, offset: offsetOf(at), firstDay: reached})
	}
}

func offsetOf(t time.Time) event.Time {
	_, seconds := t.Zone()
	return event.Time(seconds) * 1000
}

// Zone returns the IANA name of the calendar's time zone.
func (c Calendar) Zone() string { return c.zone }

// MinuteStart returns the start of the minute that t is in. Offsets have been
// whole minutes everywhere since 1972.
func (c Calendar) MinuteStart(t event.Time) event.Time {
	return event.Time(floorDiv(int64(t), minuteMS) * minuteMS)
}

// HourStart returns the start of the hour that t is in.
func (c Calendar) HourStart(t event.Time) event.Time {
	s := &c.spans[c.spanAt(t)]
	start := event.Time(floorDiv(int64(t+s.offset), hourMS)*hourMS) - s.offset
	return max(start, s.from)
}

// DayStart returns the start of the day that t is in.
func (c Calendar) DayStart(t event.Time) event.Time {
	at := c.spanAt(t)
	day := c.spans[at].day(t)
	for {
		s := &c.spans[at]
		start := event.Time(day*dayMS) - s.offset
		if start > s.from && day > s.firstDay {
			return start
		}
		if at == 0 || c.spans[at-1].day(s.from-1) < day {
			return s.from
		}
		at--
	}
}

// NextDay returns the start of the day after the one that t is in.
func (c Calendar) NextDay(t event.Time) event.Time {
	at := c.spanAt(t)
	day := c.spans[at].day(t) + 1
	for {
		s := &c.spans[at]
		start := max(event.Time(day*dayMS)-s.offset, s.from)
		if at+1 == len(c.spans) || start < c.spans[at+1].from {
			return start
		}
		at++
	}
}

// Date returns the day that t is in as yyyy-mm-dd.
func (c Calendar) Date(t event.Time) string {
	day := c.spans[c.spanAt(t)].day(t)
	return time.UnixMilli(day * dayMS).UTC().Format(time.DateOnly)
}

// spanAt returns the index of the span that t is in.
func (c *offsets) spanAt(t event.Time) int {
	if t < c.origin {
		return 0
	}
	at := int(c.index[min(int((t-c.origin)>>bucketBits), len(c.index)-1)])
	for at+1 < len(c.spans) && c.spans[at+1].from <= t {
		at++
	}
	return at
}

// day returns the number of t's day, counted from 1970-01-01.
func (s *span) day(t event.Time) int64 {
	return max(floorDiv(int64(t+s.offset), dayMS), s.firstDay)
}

// floorDiv divides rounding down, for instants before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
