package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Period are the parameters of every question about a time. Its figures are of whole
// hours of the shop.
type Period struct {
	Range string `query:"range" example:"28d" maxLength:"16" doc:"today or yesterday; days or weeks of the shop, today included: 7d, 28d, 4w; hours, the current one included: 24h; months, this one included: 12mo; or this month, quarter or year so far: mtd, qtd, ytd. Minutes (15m) are for sales/summary alone. Default 28d. Not together with from and to."`
	From  string `query:"from" example:"2026-03-01" doc:"RFC 3339, or a day of the shop; cut to the whole hour before it. With to (or now) at most 400 days."`
	To    string `query:"to" example:"2026-03-02" doc:"Exclusive, raised to the whole hour. Absent: now. It may lie ahead."`
	Zone  string `query:"tz" maxLength:"64" example:"UTC" doc:"The shop's time zone, meta.time_zone. Figures are kept by its hours and days, so any other is refused; from and to may have any offset."`
}

// Compared is the parameter of what can be compared with another period.
type Compared struct {
	Compare string `query:"compare" default:"off" enum:"off,prev,yoy" doc:"prev: with the period before it. yoy: with a year before, 52 weeks for days and hours so that weekdays meet, 12 months for months. While the period is not over, both are compared over the same elapsed part, in whole hours."`
}

// period is a time, in whole hours of the shop.
type period struct {
	from, to event.Time // to may lie ahead
	until    event.Time // end of the whole hours of it that have passed
	length   shift      // to the period before
}

// shift leads from a time to an earlier one.
type shift struct {
	months, days int
	hours        event.Time // milliseconds
}

// defaultRange is four weeks: its weekdays meet those of the four weeks before.
const defaultRange = "28d"

// period resolves the parameters.
func (a *API) period(in Period) (period, []error) {
	if in.Zone != "" && in.Zone != a.cfg.Rules.TimeZone {
		return period{}, []error{wrong("tz", in.Zone, "figures are kept by hours and days of %s: leave tz out, and give from and to with an offset", a.cfg.Rules.TimeZone)}
	}
	var p period
	var errs []error
	switch {
	case in.From == "" && in.To == "":
		p, errs = a.rangeOf(in.Range)
	case in.Range != "":
		errs = []error{wrong("range", in.Range, "not together with from or to")}
	case in.From == "":
		errs = []error{wrong("to", in.To, "needs from")}
	default:
		p, errs = a.hours(in.From, in.To)
	}
	p.until = p.to
	if now := a.now(); p.to > now {
		p.until = max(p.from, a.calendar.HourStart(now))
	}
	return p, errs
}

// hours is the period of two times.
func (a *API) hours(fromText, toText string) (period, []error) {
	from, to, errs := a.parseBounds(fromText, toText)
	if errs != nil {
		return period{}, errs
	}
	if toText == "" {
		to = max(a.now(), from+1)
	}
	p := period{from: a.calendar.HourStart(from), to: a.ceil(to, store.Hour)}
	p.length.hours = p.to - p.from
	if a.wholeDays(p.from, p.to) {
		p.length = shift{days: a.daysBetween(p.from, p.to)}
	}
	return p, nil
}

// rangeOf is the period that a word says.
func (a *API) rangeOf(text string) (period, []error) {
	if text == "" {
		text = defaultRange
	}
	now := a.now()
	today := a.calendar.DayStart(now)
	tomorrow := a.calendar.NextDay(now)
	year, month, _ := a.local(now).Date()
	s, err := parseSpan(text)
	if err != nil {
		return period{}, []error{wrong("range", text, "%v", err)}
	}
	switch s.unit {
	case "m":
		return period{}, []error{wrong("range", text, "m are minutes, and these figures are of whole hours: take h, d or w, or mo for months (%dmo)", min(s.n, maxMonths))}
	case "h":
		to := a.windowEnd(a.calendar.HourStart(now), store.Hour)
		return period{from: a.calendar.HourStart(to - event.Time(s.n)*hourMS), to: to, length: shift{hours: event.Time(s.n) * hourMS}}, nil
	case "yesterday":
		return period{from: a.addDays(today, -1), to: today, length: shift{days: 1}}, nil
	case "mtd", "mo":
		return period{from: a.firstOf(year, month-time.Month(s.n-1)), to: tomorrow, length: shift{months: s.n}}, nil
	case "qtd":
		return period{from: a.firstOf(year, month-(month-1)%3), to: tomorrow, length: shift{months: 3}}, nil
	case "ytd":
		return period{from: a.firstOf(year, time.January), to: tomorrow, length: shift{months: 12}}, nil
	default: // d
		return period{from: a.addDays(today, 1-s.n), to: tomorrow, length: shift{days: s.n}}, nil
	}
}

// firstOf is the start of the first day of a month, which may be one of another year.
func (a *API) firstOf(year int, month time.Month) event.Time {
	return a.calendar.DayStart(event.TimeOf(time.Date(year, month, 1, 12, 0, 0, 0, a.zone)))
}

// wholeDays reports whether [from, to) is made of days of the shop.
func (a *API) wholeDays(from, to event.Time) bool {
	return a.calendar.DayStart(from) == from && a.calendar.DayStart(to) == to
}

// daysBetween is the number of days between two starts of a day.
func (a *API) daysBetween(from, to event.Time) int { return int((to - from + dayMS/2) / dayMS) }

// before is what p is compared with: as much of it as has passed of p, or nothing.
func (a *API) before(p period, compare string) (from, to event.Time) {
	by := p.length
	switch {
	case compare == "off":
		return p.from, p.from
	case compare == "yoy" && by.months > 0:
		by = shift{months: 12}
	case compare == "yoy":
		by = shift{days: 364}
	}
	return a.back(p.from, by), min(a.back(p.until, by), p.from)
}

// back is the time that lies s before t: of a month that is too short, its last day.
func (a *API) back(t event.Time, s shift) event.Time {
	day := a.calendar.DayStart(t)
	switch {
	case s.months > 0:
		y, m, d := a.local(day + dayMS/2).Date()
		first := time.Date(y, m-time.Month(s.months), 1, 12, 0, 0, 0, a.zone)
		last := first.AddDate(0, 1, -1).Day()
		return a.calendar.DayStart(event.TimeOf(first.AddDate(0, 0, min(d, last)-1))) + t - day
	case s.days > 0:
		return a.addDays(day, -s.days) + t - day
	}
	return t - s.hours
}

// order reads a sort parameter: a name of those given, the highest first with a minus
// sign before it.
func order(text string, names ...string) (name string, falling bool, err error) {
	name, falling = strings.CutPrefix(text, "-")
	if !slices.Contains(names, name) {
		return "", false, wrong("sort", text, "expected one of %s, with - before it for the highest first", strings.Join(names, ", "))
	}
	return name, falling, nil
}

// Comparison says what a period is compared with.
type Comparison struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to" doc:"Exclusive."`
	Until time.Time `json:"compared_until" doc:"The period counts until here where it is compared, so that both parts are equally long."`
	Known bool      `json:"known" doc:"Whether sales are known from its beginning on. If not, nothing is compared with it: what was before, and the change, are null or absent."`
}

// past is what a period is compared with: nothing if from = to.
type past struct {
	from, to event.Time
	known    bool // sales are known from its beginning on
}

// compares reports whether there is something to compare with.
func (b past) compares() bool { return b.from < b.to && b.known }

// pastOf is what p is compared with, and the seam of all that happened since.
func (a *API) pastOf(ctx context.Context, p period, compare string) (past, seam, error) {
	var b past
	b.from, b.to = a.before(p, compare)
	s, err := a.seam(ctx, b.from)
	if err == nil && b.from < b.to {
		b.known, err = a.knownSince(ctx, s, b.from)
	}
	return b, s, err
}

// knownSince reports whether sales are known since an instant that s is the seam for:
// since the beginning of history, or, where only the live store would know, since the
// hour of its first sale.
func (a *API) knownSince(ctx context.Context, s seam, from event.Time) (bool, error) {
	if from < s.at {
		return from >= s.run.Since, nil
	}
	first, err := a.deps.Sales.SalesWindows(ctx, store.SalesQuery{To: a.windowEnd(a.windowStart(from, store.Hour), store.Hour), Granularity: store.Hour, Limit: 1})
	return len(first) > 0, err
}

// comparedWith is the comparison of p with b, or nil if there is none.
func (a *API) comparedWith(p period, b past) *Comparison {
	if b.from >= b.to {
		return nil
	}
	return &Comparison{a.local(b.from), a.local(b.to), a.local(p.until), b.known}
}
