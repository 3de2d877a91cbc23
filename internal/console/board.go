package console

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// boardKind says what boards stdout can show.
type boardKind struct {
	possible bool // it is a terminal
	colour   bool
}

// Tone is how much a line of a board stands out.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Strong
	Alarm // something is wrong
)

// Line is one line of a board.
type Line struct {
	Text string // without line ends and escapes
	Tone Tone
}

// Board is the part of a terminal, below what was written before, that is drawn
// anew again and again. Nothing else may write to that terminal meanwhile.
type Board struct {
	to            io.Writer
	colour        bool
	columns, rows func() int
	drawn         int // lines
}

// Board returns a board on stdout; ok is false where stdout is not a terminal.
// Close it in the end.
func (c *Console) Board() (b *Board, ok bool) {
	if !c.board.possible {
		return nil, false
	}
	return &Board{
		to: c.out, colour: c.board.colour,
		columns: func() int { return width(c.out) },
		rows:    func() int { return height(c.out) },
	}, true
}

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	eraseRest  = "\x1b[K" // of the line
	eraseBelow = "\x1b[J"
)

// Draw replaces what is shown by lines, cut to what fits on the terminal.
func (b *Board) Draw(lines []Line) error {
	lines = lines[:min(len(lines), b.rows()-1)]
	var s strings.Builder
	s.WriteString(hideCursor)
	if b.drawn > 0 {
		fmt.Fprintf(&s, "\x1b[%dA\r", b.drawn)
	}
	for _, l := range lines {
		s.WriteString(b.tone(cut(l.Text, b.columns()-1), l.Tone))
		s.WriteString(eraseRest + "\n")
	}
	s.WriteString(eraseBelow)
	b.drawn = len(lines)
	if _, err := io.WriteString(b.to, s.String()); err != nil {
		return fmt.Errorf("console: draw: %w", err)
	}
	return nil
}

func (b *Board) tone(text string, t Tone) string {
	if !b.colour || text == "" {
		return text
	}
	switch t {
	case Strong:
		return "\x1b[1m" + text + "\x1b[0m"
	case Alarm:
		return "\x1b[31m" + text + "\x1b[0m"
	default:
		return text
	}
}

// Close leaves the last drawing where it is and gives the cursor back.
func (b *Board) Close() {
	// There is nobody left to tell if this fails.
	_, _ = io.WriteString(b.to, showCursor)
}

// height is the number of rows of the terminal w; a very large number if it is not
// known.
func height(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Row > 1 {
			return int(size.Row)
		}
	}
	return math.MaxInt
}
