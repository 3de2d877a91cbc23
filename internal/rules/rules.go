// Package rules holds the business rules of an installation: time zone,
// currency and exchange rates, windows and thresholds. They live in one
// versioned YAML file, decoded strictly over built-in defaults; they are not
// flags, because the meaning of a number must not depend on how a process was
// started.
//
// This package is pure: it decodes bytes that it is given. The time zone
// database is built in, and used where the host has none.
package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Rules are the decoded rules. The zero value is not valid: start from
// [Default] or [Parse]. A copy shares its maps, so treat those as read-only.
type Rules struct {
	Version  int             `yaml:"version"`
	TimeZone string          `yaml:"time_zone"` // IANA name
	Currency string          `yaml:"currency"`  // ISO 4217
	Rates    map[string]Rate `yaml:"rates"`     // Currency units for one unit of the key
	Stream   Stream          `yaml:"stream"`
	Session  Session         `yaml:"session"`
	Cart     Cart            `yaml:"cart"`
	Anomaly  Anomaly         `yaml:"anomaly"`
	Alerts   Alerts          `yaml:"alerts"`
	RFM      RFM             `yaml:"rfm"`
	Schedule Schedule        `yaml:"schedule"`
}

// Stream are the rules of the stream engine.
type Stream struct {
	Horizon     time.Duration `yaml:"horizon"`      // D of the design: later is too_old
	KeepMinutes time.Duration `yaml:"keep_minutes"` // how long minute windows are kept
}

// Bounds of the stream's rules. The engine keeps the ids that it has seen for
// as long as the horizon, in memory.
const (
	minHorizon = time.Minute
	maxHorizon = 7 * 24 * time.Hour
	maxKept    = 400 * 24 * time.Hour
)

// Validate reports every problem of r at once, or nil.
func (r Rules) Validate() error {
	var errs []error
	for _, p := range r.problems() {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

// problem is one thing that is wrong with the rules.
type problem struct {
	line int    // in the file; 0 if it is not known
	path string // "stream.horizon"
	text string
}

// Error returns "rules: line 3: stream.horizon: what is wrong".
func (p problem) Error() string {
	where := ""
	if p.line > 0 {
		where = fmt.Sprintf("line %d: ", p.line)
	}
	if p.path != "" {
		where += p.path + ": "
	}
	return "rules: " + where + p.text
}

func (r Rules) problems() []problem {
	var found []problem
	add := func(path, format string, args ...any) {
		found = append(found, problem{path: path, text: fmt.Sprintf(format, args...)})
	}
	if r.Version < 1 {
		add("version", "found %d, want 1 or more", r.Version)
	}
	if _, err := loadZone(r.TimeZone); err != nil {
		add("time_zone", "%v", err)
	}
	if _, ok := Exponent(r.Currency); !ok {
		add("currency", "%q is not a currency of ISO 4217, such as EUR", r.Currency)
	}
	for _, code := range slices.Sorted(maps.Keys(r.Rates)) {
		path := "rates." + code
		if _, ok := Exponent(code); !ok {
			add(path, "%q is not a currency of ISO 4217, such as EUR", code)
		}
		if code == r.Currency {
			add(path, "is the reporting currency itself, which needs no rate")
		}
		if r.Rates[code] <= 0 {
			add(path, "found %s, %v", r.Rates[code], errRate)
		}
	}
	if d := r.Stream.Horizon; d < minHorizon || d > maxHorizon {
		add("stream.horizon", "found %s, want %s to %s", short(d), short(minHorizon), short(maxHorizon))
	}
	if d := r.Stream.KeepMinutes; d < min(r.Stream.Horizon, maxHorizon) || d > maxKept {
		add("stream.keep_minutes", "found %s, want at least the horizon (%s) and at most %s",
			short(d), short(min(r.Stream.Horizon, maxHorizon)), short(maxKept))
	}
	r.Session.check(add)
	r.Cart.check(add)
	r.Anomaly.check(add)
	r.Alerts.check(add)
	r.RFM.check(add)
	r.Schedule.check(add)
	return found
}
