package telemetry

import (
	"sync"
	"time"
)

// Limiter passes on a message of a kind once in a while, so that one that comes
// hundreds of times a second does not fill the log. It is safe for concurrent use.
type Limiter struct {
	every time.Duration

	mu   sync.Mutex
	told map[string]*told // by kind
}

// told is when a kind of message was last passed on, and how many were not since.
type told struct {
	at      time.Time
	omitted int
}

// NewLimiter returns a limiter that passes each kind on at most once in every.
func NewLimiter(every time.Duration) *Limiter {
	return &Limiter{every: every, told: map[string]*told{}}
}

// Due reports whether a message of this kind is passed on now, and how many were
// not since the last one that was.
func (l *Limiter) Due(kind string, now time.Time) (omitted int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.told[kind]
	switch {
	case t == nil:
		l.told[kind] = &told{at: now}
		return 0, true
	case now.Sub(t.at) < l.every:
		t.omitted++
		return 0, false
	}
	omitted = t.omitted
	*t = told{at: now}
	return omitted, true
}
