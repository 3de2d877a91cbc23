// Package telemetry is how a running process shows itself to its operator:
// logs (slog), metrics and profiles on a port of their own, latencies, and what
// the process and its disk can do.
//
// Nothing here is global: loggers, registries and histograms are made once by
// the wiring and passed on. It imports nothing of GlobalMart.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
)

// NewLogger returns a logger that writes to w: coloured lines for people where
// w is a terminal (no colour if [Colorful] says so), JSON lines elsewhere.
// getenv reads the environment, as os.Getenv does.
func NewLogger(w io.Writer, level slog.Level, getenv func(string) string) *slog.Logger {
	return NewLoggerTo(w, w, level, getenv)
}

// NewLoggerTo is [NewLogger] for a w that passes its lines on to screen, which
// is what decides between lines for people and JSON.
func NewLoggerTo(w, screen io.Writer, level slog.Level, getenv func(string) string) *slog.Logger {
	if !IsTerminal(screen) {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: "15:04:05.000",
		NoColor:    !Colorful(screen, getenv),
	}))
}

// ParseLevel reads debug, info, warn or error, in any case.
func ParseLevel(s string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.TrimSpace(s))); err != nil {
		return 0, fmt.Errorf("log level %q: want debug, info, warn or error", s)
	}
	return level, nil
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// Colorful reports whether colours and moving lines are welcome on w: it is a
// terminal, TERM is not dumb, and NO_COLOR is unset or empty (no-color.org).
func Colorful(w io.Writer, getenv func(string) string) bool {
	return IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
