package processor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// openSessions returns n open sessions of so many events each, a minute apart, and
// their visitors.
func openSessions(n, events int) (*Sessions, []string) {
	s, out := NewSessions(rules.Default()), store.NewChanges()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("v%016x", i*7919)
	}
	for j := range events {
		at := sessionNoon + event.Time(j)*wheelMS
		e := event.Event{Type: event.TypeProductView, UserID: "u0123456789abcdef", Country: "DE", Device: "mobile", Timestamp: at, ReceivedAt: at}
		for _, e.VisitorID = range ids {
			s.Apply(&e, out)
		}
	}
	return s, ids
}

const million = 1_000_000

// BenchmarkSessionEvents applies events of a million visitors in any order, told
// of them before or not.
func BenchmarkSessionEvents(b *testing.B) {
	for name, told := range map[string]bool{"expected": true, "unexpected": false} {
		b.Run(name, func(b *testing.B) { benchmarkSessionEvents(b, told) })
	}
}

func benchmarkSessionEvents(b *testing.B, told bool) {
	s, ids := openSessions(million, 1)
	rand.New(rand.NewPCG(1, 2)).Shuffle(million, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	keys := make([][]byte, million)
	for i, id := range ids {
		keys[i] = []byte(id)
	}
	out := store.NewChanges()
	at := sessionNoon + wheelMS
	e := event.Event{Type: event.TypeProductView, UserID: "u0123456789abcdef", Country: "DE", Device: "mobile"}
	b.ReportAllocs()
	defer perOp(b, cpuTime())
	i := 0
	for b.Loop() {
		if told && i%expected == 0 {
			s.expect(keys[i:min(i+expected, million)])
		}
		e.VisitorID, e.Timestamp, e.ReceivedAt = ids[i], at, at
		s.Apply(&e, out)
		if i++; i == million {
			i, at = 0, at+wheelMS
		}
	}
}

// BenchmarkLateSessionEvents applies events that are not the last of their
// session.
func BenchmarkLateSessionEvents(b *testing.B) {
	s, ids := openSessions(million/10, 3)
	out := store.NewChanges()
	at := sessionNoon + wheelMS
	e := event.Event{Type: event.TypeProductView, UserID: "u0123456789abcdef", Country: "DE", Device: "mobile"}
	b.ReportAllocs()
	defer perOp(b, cpuTime())
	i := 0
	for b.Loop() {
		e.VisitorID, e.Timestamp, e.ReceivedAt = ids[i], at, sessionNoon+2*wheelMS
		s.Apply(&e, out)
		if i++; i == len(ids) {
			i, at = 0, at+1
		}
	}
}

// BenchmarkSessionClose begins and writes sessions of five events, one an
// iteration, and forgets them.
func BenchmarkSessionClose(b *testing.B) {
	s, out := NewSessions(rules.Default()), store.NewChanges()
	at := sessionNoon
	b.ReportAllocs()
	defer perOp(b, cpuTime())
	i := 0
	for b.Loop() {
		e := event.Event{Type: event.TypeProductView, VisitorID: fmt.Sprintf("v%016x", i), Country: "DE", Device: "mobile"}
		for j := range event.Time(5) {
			e.Timestamp, e.ReceivedAt = at+j*1000, at+j*1000
			s.Apply(&e, out)
		}
		if i++; i%1000 == 0 {
			at += 1000
			s.Tick(at, out)
			out = store.NewChanges()
		}
	}
}

// BenchmarkAMillionOpenSessions measures what they take, a snapshot of them, which
// is for how long the task stands still, and reading it.
func BenchmarkAMillionOpenSessions(b *testing.B) {
	for b.Loop() {
		before := heap()
		s, _ := openSessions(million, 6)
		b.ReportMetric(float64(heap()-before)/million, "B/session")

		var state []byte
		timed(b, "snapshot", func() { state = s.Snapshot(nil) })
		b.ReportMetric(float64(len(state))/million, "snapshot-B/session")

		restored := NewSessions(rules.Default())
		timed(b, "restore", func() {
			if err := restored.Restore(state); err != nil {
				b.Fatal(err)
			}
		})
		out := store.NewChanges()
		timed(b, "tick-none-due", func() { s.Tick(sessionNoon+20*wheelMS, out) })
		timed(b, "tick-all-due", func() { s.Tick(sessionNoon+60*wheelMS, out) })
	}
}

// timed reports how long fn takes, and how much of the processors.
func timed(b *testing.B, what string, fn func()) {
	start, cpu := time.Now(), cpuTime()
	fn()
	b.ReportMetric(float64(time.Since(start).Milliseconds()), what+"-ms")
	b.ReportMetric(float64((cpuTime() - cpu).Milliseconds()), what+"-cpu-ms")
}

// perOp reports the processor time of an iteration: on a busy machine it says
// more than the clock.
func perOp(b *testing.B, since time.Duration) {
	b.ReportMetric(float64((cpuTime()-since).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// cpuTime is the processor time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
