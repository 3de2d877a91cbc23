package console

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"testing"
)

func TestABoardIsDrawnOverItself(t *testing.T) {
	for name, tt := range map[string]struct {
		colour        bool
		columns, rows int
		want          string
	}{
		"without colour": {false, 80, 24, hideCursor + "shop" + eraseRest + "\n" + "behind 7" + eraseRest + "\n" + eraseBelow +
			hideCursor + "\x1b[2A\r" + "shop" + eraseRest + "\n" + eraseBelow + showCursor},
		"in colour": {true, 80, 24, hideCursor + "\x1b[1mshop\x1b[0m" + eraseRest + "\n" + "\x1b[31mbehind 7\x1b[0m" + eraseRest + "\n" + eraseBelow +
			hideCursor + "\x1b[2A\r" + "\x1b[1mshop\x1b[0m" + eraseRest + "\n" + eraseBelow + showCursor},
		"on a small terminal": {true, 4, 2, hideCursor + "\x1b[1msho\x1b[0m" + eraseRest + "\n" + eraseBelow +
			hideCursor + "\x1b[1A\r" + "\x1b[1msho\x1b[0m" + eraseRest + "\n" + eraseBelow + showCursor},
	} {
		t.Run(name, func(t *testing.T) {
			var seen bytes.Buffer
			b := &Board{to: &seen, colour: tt.colour, columns: func() int { return tt.columns }, rows: func() int { return tt.rows }}
			for _, lines := range [][]Line{{{"shop", Strong}, {"behind 7", Alarm}}, {{"shop", Strong}}} {
				if err := b.Draw(lines); err != nil {
					t.Fatal(err)
				}
			}
			b.Close()
			if got := seen.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestThereIsNoBoardWhereThereIsNoTerminal(t *testing.T) {
	if _, ok := New(io.Discard, io.Discard, Table, slog.LevelInfo, os.Getenv).Board(); ok {
		t.Error("there is a board on what is not a terminal")
	}
}
