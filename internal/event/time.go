package event

import "time"

// Time is an instant in Unix milliseconds, UTC. Its JSON form is RFC 3339 with
// milliseconds.
type Time int64

// TimeOf returns t cut to milliseconds.
func TimeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// Std returns t as a time.Time in UTC.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add returns t moved by d, cut to milliseconds.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// String returns t as RFC 3339 with milliseconds.
func (t Time) String() string { return string(t.AppendTo(nil)) }
