package lake_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/lake"
)

// errCrash is what a failpoint panics with.
var errCrash = errors.New("crash")

// drawRecord draws a record of any topic of the lake: an event of it or of
// another topic, or anything; keyed by its own key or anything.
func drawRecord(t *rapid.T) *kgo.Record {
	e := eventtest.Draw(t)
	r := &kgo.Record{Topic: e.Type.Topic(), Key: []byte(e.Key()), Value: e.AppendJSON(nil), Timestamp: e.ReceivedAt.Std()}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		r.Topic = rapid.SampledFrom(lake.Topics).Draw(t, "topic")
	case 1:
		r.Value = rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "value")
	case 2:
		r.Value = nil
	case 3:
		r.Value = []byte(`{"event_type":"page","event_id":"x","visitor_id":"v\u0000","timestamp":"2026-01-02T03:04:05Z","country":"DE"}`)
		r.Topic = event.TopicOtherEvents
	}
	switch rapid.IntRange(0, 5).Draw(t, "key kind") {
	case 0:
		r.Key = rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "key")
	case 1:
		r.Key = nil
	}
	if rapid.IntRange(0, 9).Draw(t, "header") == 0 {
		r.Headers = []kgo.RecordHeader{{Key: "redriven", Value: []byte("1")}}
	}
	if rapid.IntRange(0, 30).Draw(t, "time") == 0 {
		r.Timestamp = time.UnixMilli(rapid.Int64().Draw(t, "ms"))
	}
	return r
}

// TestAnyHistoryOfAWriter draws records, rolls, crashes and restarts, and then
// compares what the lake holds with the log up to where it holds it, and in full
// after the writer has caught up.
func TestAnyHistoryOfAWriter(t *testing.T) {
	root, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(root, strconv.Itoa(n))
		h := history{T: t, dir: dir, log: map[lake.Place][]*kgo.Record{}}
		h.open()
		t.Repeat(map[string]func(*rapid.T){
			"send":   h.send,
			"write":  h.write,
			"roll":   func(*rapid.T) { h.must(h.survive(h.writer.Flush)) },
			"later":  func(t *rapid.T) { h.later(t) },
			"crash":  func(*rapid.T) { h.crash() },
			"reopen": func(*rapid.T) { h.must(h.survive(h.writer.Close)); h.open() },
		})
		h.crashAt = ""
		h.crash()
		h.catchUp()
		if err := h.writer.Close(); err != nil {
			t.Fatal(err)
		}
		h.compare()
	})
}

// history is a log, and a writer that follows it with accidents.
type history struct {
	*rapid.T
	dir     string
	log     map[lake.Place][]*kgo.Record
	writer  *lake.Writer
	now     time.Time
	crashAt string // failpoint
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *history) open() {
	cfg := lake.Config{
		Dir: h.dir, Calendar: mustCalendar(), HoldBytes: rapid.SampledFrom([]int{1, 20_000, 1 << 20}).Draw(h.T, "hold"),
		RollBytes: rapid.SampledFrom([]int64{1, 10_000, 1 << 20}).Draw(h.T, "roll"),
		Failpoint: func(name string) {
			if name == h.crashAt {
				panic(errCrash)
			}
		},
	}
	w, err := lake.Open(cfg, h.now)
	h.must(err)
	h.writer = w
	h.crashAt = rapid.SampledFrom([]string{"", "", "lake-before-sync", "lake-before-link", "lake-after-link"}).Draw(h.T, "crash at")
}

// send adds records to the log.
func (h *history) send(t *rapid.T) {
	for range rapid.IntRange(1, 5).Draw(t, "records") {
		r := drawRecord(t)
		r.Partition = rapid.Int32Range(0, 1).Draw(t, "partition")
		at := lake.Place{Topic: r.Topic, Partition: r.Partition}
		for range rapid.SampledFrom([]int{1, 1, 1, 300}).Draw(t, "copies") {
			copied := *r
			copied.Offset = int64(len(h.log[at]))
			h.log[at] = append(h.log[at], &copied)
		}
	}
}

// write lets the writer read some of the log.
func (h *history) write(t *rapid.T) {
	most := rapid.IntRange(1, 700).Draw(t, "most")
	for at, records := range h.log {
		next := h.writer.Next(at.Topic, at.Partition)
		for _, r := range records[next:min(len(records), int(next)+most)] {
			if !h.survived(func() error { return h.writer.Append(r) }) {
				return
			}
		}
	}
	h.writer.Settle()
}

func (h *history) later(t *rapid.T) {
	h.now = h.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "seconds")) * time.Second)
	h.must(h.survive(func() error { return h.writer.Tick(h.now) }))
}

// survive does what may crash the writer; then it is opened again.
func (h *history) survive(do func() error) (err error) {
	h.survived(func() error { err = do(); return err })
	return err
}

// survived is survive; it reports whether the writer still lives.
func (h *history) survived(do func() error) (alive bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(errCrash) {
				panic(p)
			}
			h.crash()
		}
	}()
	h.must(do())
	return true
}

func (h *history) crash() {
	h.writer.Kill()
	h.damage()
	h.open()
}

// damage cuts what a dead writer left, as a crash of the machine may; but not what
// was durable already, and has its final name besides.
func (h *history) damage() {
	l, err := lake.List(h.dir, lake.SourceRaw)
	h.must(err)
	for _, path := range l.Temps {
		info, err := os.Stat(path)
		h.must(err)
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink > 1 {
			continue
		}
		h.must(os.Truncate(path, rapid.Int64Range(0, info.Size()).Draw(h.T, "left")))
	}
}

func (h *history) catchUp() {
	h.crashAt = ""
	for _, records := range h.log {
		next := h.writer.Next(records[0].Topic, records[0].Partition)
		for _, r := range records[next:] {
			h.must(h.writer.Append(r))
		}
	}
}

func (h *history) compare() {
	l, err := lake.List(h.dir, lake.SourceRaw)
	h.must(err)
	if len(l.Temps) > 0 || len(l.Strays) > 0 {
		h.Errorf("found %v and %v", l.Temps, l.Strays)
	}
	for at, want := range h.log {
		var got []*kgo.Record
		h.must(l.Scan(h.Context(), at, 0, int64(len(want)), func(r *kgo.Record) error {
			got = append(got, r)
			return nil
		}))
		sameRecords(h, want, got)
		if floor := h.writer.Floor()[at]; floor != int64(len(want)) {
			h.Errorf("%s: floor is %d, want %d", at, floor, len(want))
		}
	}
	report, err := lake.Check(h.Context(), h.dir, lake.SourceRaw, lake.CheckOptions{Deep: true})
	h.must(err)
	for _, p := range report.Problems {
		h.Errorf("problem: %v", p)
	}
}

// errorer is what comparing records needs of a test.
type errorer interface {
	Helper()
	Errorf(format string, args ...any)
}
