package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/console"
)

// lockedBuffer is a place to write that a test may read while others write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func open(format console.Format) (c *console.Console, out, people *lockedBuffer) {
	out, people = &lockedBuffer{}, &lockedBuffer{}
	return console.New(out, people, format, slog.LevelInfo, os.Getenv), out, people
}

type topic struct {
	Name    string `json:"name"`
	Records int64  `json:"records"`
}

func show(t *testing.T, c *console.Console) {
	t.Helper()
	topics := []topic{{"transactions", 1200}, {"carts", 7}}
	err := c.Show(topics, func() console.Grid {
		g := console.Grid{Header: []string{"topic", "records"}}
		for _, topic := range topics {
			g.Rows = append(g.Rows, []any{topic.Name, topic.Records})
		}
		return g
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDataIsATableOrJSON(t *testing.T) {
	c, out, people := open(console.Table)
	show(t, c)
	want := "topic         records\ntransactions     1200\ncarts               7\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	c, out, _ = open(console.JSON)
	show(t, c)
	var got []topic
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || len(got) != 2 || got[0].Records != 1200 {
		t.Errorf("JSON %s: %v", out, err)
	}
	if people.String() != "" {
		t.Errorf("data made noise: %q", people)
	}
}

func TestTheRestGoesToPeople(t *testing.T) {
	c, out, people := open(console.Table)
	c.Say("ready in %.2fs", 0.84)
	c.Log.Info("started")
	if out.String() != "" {
		t.Errorf("data: %q", out)
	}
	if got := people.String(); !strings.HasPrefix(got, "ready in 0.84s\n{") || !strings.HasSuffix(got, "}\n") {
		t.Errorf("people read %q", got)
	}
}

func TestProgressIsPlainLinesWithoutATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, people := open(console.Table)
		p := c.Progress("import", "rows", 4000)
		p.Add(1000)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.Add(1000)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.Done()
		p.Done()
		time.Sleep(time.Minute)
		want := "import: 1,000 of 4,000 rows (25 %), 200/s\nimport: 2,000 of 4,000 rows (50 %), 200/s\n"
		if diff := cmp.Diff(want, people.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestProgressOfUnknownLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, people := open(console.Table)
		p := c.Progress("drain", "events", 0)
		p.Add(12345)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.Done()
		if want := "drain: 12,345 events, 2,469/s\n"; people.String() != want {
			t.Errorf("got %q, want %q", people, want)
		}
	})
}

func TestProgressOfBytesIsInMegabytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, people := open(console.Table)
		p := c.Progress("read", console.Bytes, 10_000_000)
		p.Add(2_500_000)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.Done()
		if want := "read: 2.5 of 10.0 MB (25 %), 0.5 MB/s\n"; people.String() != want {
			t.Errorf("got %q, want %q", people, want)
		}
	})
}

func TestLiveWaitsWhereLinesCannotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, people := open(console.Table)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		c.Live(ctx, func() string { return "never" })
		if people.String() != "" || ctx.Err() == nil {
			t.Errorf("showed %q, context %v", people, ctx.Err())
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := console.Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}
