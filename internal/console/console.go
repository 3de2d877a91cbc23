// Package console is what a command may say and how: data on one writer, as a
// table or as JSON; everything for people on the other, as moving lines where
// that is a terminal and as plain lines elsewhere.
//
// The cli makes one [Console] per command; the wiring uses it.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"sync"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/sys/unix"

	"globalmart/internal/telemetry"
)

// Format is the form of data.
type Format string

// The formats.
const (
	Table Format = "table" // for people
	JSON  Format = "json"  // for programs: one document, indented
)

// Console is safe for concurrent use.
type Console struct {
	// Log writes to the same place as Say, without tearing moving lines apart.
	Log *slog.Logger

	out    io.Writer
	screen *screen
	format Format
	board  boardKind
}

// New returns a console that writes data to stdout in the given format and
// everything else to stderr. getenv reads the environment, as os.Getenv does.
func New(stdout, stderr io.Writer, format Format, level slog.Level, getenv func(string) string) *Console {
	s := &screen{
		to:     stderr,
		moving: telemetry.Colorful(stderr, getenv),
	}
	return &Console{
		Log:    telemetry.NewLoggerTo(s, stderr, level, getenv),
		out:    stdout,
		screen: s,
		format: format,
		board: boardKind{
			possible: telemetry.IsTerminal(stdout) && getenv("TERM") != "dumb",
			colour:   telemetry.Colorful(stdout, getenv),
		},
	}
}

// Say writes one line for people.
func (c *Console) Say(format string, args ...any) {
	// There is nobody left to tell if this fails.
	_, _ = fmt.Fprintf(c.screen, format+"\n", args...)
}

// Grid is the table form of some data.
type Grid struct {
	Header []string
	Rows   [][]any // numbers are set to the right
}

// Show writes data: v as JSON, or what grid returns as a table.
func (c *Console) Show(v any, grid func() Grid) error {
	if c.format == JSON {
		e := json.NewEncoder(c.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("console: write JSON: %w", err)
		}
		return nil
	}
	if _, err := io.WriteString(c.out, render(grid())+"\n"); err != nil {
		return fmt.Errorf("console: write table: %w", err)
	}
	return nil
}

// Out is where data goes, for what is neither a table nor one JSON document.
func (c *Console) Out() io.Writer { return c.out }

// People is where Say and Log write: whole lines only.
func (c *Console) People() io.Writer { return c.screen }

// Terminal reports whether people read on a terminal where lines may move.
func (c *Console) Terminal() bool { return c.screen.moving }

// Format returns how data is shown.
func (c *Console) Format() Format { return c.format }

func render(g Grid) string {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	header := make(table.Row, len(g.Header))
	for i, name := range g.Header {
		header[i] = name
	}
	t.AppendHeader(header)
	for _, row := range g.Rows {
		t.AppendRow(row)
	}
	return t.Render()
}

// screen is where people read: at most one moving part at the bottom, which is
// taken away while a line is written above it.
type screen struct {
	mu     sync.Mutex
	to     io.Writer
	moving bool      // moving parts are possible
	status string    // the status line that is shown, without line end
	above  io.Writer // a progress bar's own writer, while there is one
}

const eraseLine = "\r\x1b[K"

// Write implements [io.Writer]. p holds whole lines.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.above != nil {
		return s.above.Write(p)
	}
	if s.status == "" {
		return s.to.Write(p)
	}
	_, err := fmt.Fprintf(s.to, "%s%s%s", eraseLine, p, s.status)
	return len(p), err
}

// show replaces the status line, cut to what fits on one; "" takes it away.
func (s *screen) show(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = cut(status, width(s.to)-1)
	status = s.status
	_, _ = io.WriteString(s.to, eraseLine+status)
}

func (s *screen) setAbove(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.above = w
}

// width is the number of columns of the terminal w; a very large number if it is
// not known.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	return math.MaxInt
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}
