package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// quiet is how long a message is not repeated: a full disk refuses hundreds of
// batches a second.
const quiet = 10 * time.Second

// logger passes the broker's warnings and errors on, each kind once in a while.
// While the broker closes it keeps the errors instead: the broker does not return
// them.
type logger struct {
	log *slog.Logger

	mu   sync.Mutex
	keep bool
	errs []error
	told map[string]*told // by format
}

// told is when a kind of message was last passed on, and how many were not since.
type told struct {
	at      time.Time
	omitted int
}

// Logf implements [kfake.Logger].
func (l *logger) Logf(level kfake.LogLevel, format string, args ...any) {
	var to slog.Level
	switch level {
	case kfake.LogLevelError:
		to = slog.LevelError
	case kfake.LogLevelWarn:
		to = slog.LevelWarn
	default:
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keep && to == slog.LevelError {
		l.errs = append(l.errs, fmt.Errorf(format, args...))
		return
	}
	omitted, ok := l.due(format, time.Now())
	if !ok {
		return
	}
	text := "embedded broker: " + fmt.Sprintf(format, args...)
	if omitted > 0 {
		l.log.Log(context.Background(), to, text, "omitted", omitted)
		return
	}
	l.log.Log(context.Background(), to, text)
}

// due reports whether a message of this kind is passed on now, and how many were
// not since the last one.
func (l *logger) due(format string, now time.Time) (omitted int, ok bool) {
	t := l.told[format]
	switch {
	case t == nil:
		if l.told == nil {
			l.told = map[string]*told{}
		}
		l.told[format] = &told{at: now}
		return 0, true
	case now.Sub(t.at) < quiet:
		t.omitted++
		return 0, false
	}
	omitted = t.omitted
	*t = told{at: now}
	return omitted, true
}

func (l *logger) closing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep = true
}

func (l *logger) errors() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.errs...)
}
