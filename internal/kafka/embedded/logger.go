package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// logger passes the broker's warnings and errors on. While the broker closes it
// keeps the errors instead: the broker does not return them.
type logger struct {
	log *slog.Logger

	mu   sync.Mutex
	keep bool
	errs []error
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
	keep := l.keep && to == slog.LevelError
	if keep {
		l.errs = append(l.errs, fmt.Errorf(format, args...))
	}
	l.mu.Unlock()
	if !keep {
		l.log.Log(context.Background(), to, "embedded broker: "+fmt.Sprintf(format, args...))
	}
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
