package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"globalmart/internal/telemetry"
)

// quiet is how long a message is not repeated: a full disk refuses hundreds of
// batches a second.
const quiet = 10 * time.Second

// logger passes the broker's warnings and errors on, each kind once in a while.
// While the broker closes it keeps the errors instead: the broker does not return
// them.
type logger struct {
	log *slog.Logger

	often *telemetry.Limiter // by format

	mu   sync.Mutex
	keep bool
	errs []error
}

func newLogger(log *slog.Logger) *logger {
	return &logger{log: log, often: telemetry.NewLimiter(quiet)}
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
	omitted, ok := l.often.Due(format, time.Now())
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
