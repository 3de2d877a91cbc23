// Package rules holds the business rules of an installation: time zone,
// currency and exchange rates, windows and thresholds. They live in one
// versioned YAML file, decoded strictly over built-in defaults; they are not
// flags, because the meaning of a number must not depend on how a process was
// started.
//
// This package is pure: it decodes bytes that it is given.
package rules

import "time"

// Rules are the decoded rules. The zero value is not valid: start from Default.
type Rules struct {
	Version  int             `yaml:"version"`
	TimeZone string          `yaml:"time_zone"` // IANA name
	Currency string          `yaml:"currency"`  // ISO 4217
	Rates    map[string]Rate `yaml:"rates"`     // Currency units for one unit of the key
	Stream   Stream          `yaml:"stream"`
}

// Stream are the rules of the stream engine.
type Stream struct {
	Horizon     time.Duration `yaml:"horizon"`      // D of the design: later is too_old
	KeepMinutes time.Duration `yaml:"keep_minutes"` // how long minute windows are kept
}
