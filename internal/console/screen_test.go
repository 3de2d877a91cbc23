package console

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestLinesAreWrittenAboveTheMovingOne(t *testing.T) {
	var seen bytes.Buffer
	s := &screen{to: &seen, moving: true}
	s.show("500 events/s")
	if _, err := io.WriteString(s, "warning\n"); err != nil {
		t.Fatal(err)
	}
	s.show("")
	if _, err := io.WriteString(s, "stopped\n"); err != nil {
		t.Fatal(err)
	}
	want := eraseLine + "500 events/s" + eraseLine + "warning\n500 events/s" + eraseLine + "stopped\n"
	if got := seen.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestABarEndsWithTheWork(t *testing.T) {
	for name, total := range map[string]int64{"known length, ended early": 100, "unknown length": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen bytes.Buffer
				c := New(io.Discard, &seen, Table, slog.LevelInfo, os.Getenv)
				c.screen.moving = true
				p := c.Progress("import", "rows", total)
				p.Add(40)
				time.Sleep(time.Second)
				c.Say("a line")
				p.Done()
				if !bytes.Contains(seen.Bytes(), []byte("a line\n")) || !bytes.Contains(seen.Bytes(), []byte("import")) {
					t.Errorf("seen %q", seen.String())
				}
				if c.screen.above != nil {
					t.Error("lines still go through the bar")
				}
			})
		})
	}
}

func TestAMovingLineIsCutToTheTerminal(t *testing.T) {
	tests := map[string]struct {
		line  string
		width int
		want  string
	}{
		"short":            {"12s  500 events/s", 80, "12s  500 events/s"},
		"as wide":          {"12s", 3, "12s"},
		"wider":            {"12s  500 events/s", 8, "12s  500"},
		"letters not ours": {"5 µs – 7 µs", 5, "5 µs "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := cut(tt.line, tt.width); got != tt.want {
				t.Errorf("cut(%q, %d) = %q, want %q", tt.line, tt.width, got, tt.want)
			}
		})
	}
}
