package telemetry

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxLatency bounds what a Latency tells apart; longer ones count as this long.
const maxLatency = time.Hour

// Latency collects durations into a histogram of fixed size (about 200 KiB),
// exact to three significant digits between 1 µs and 1 h. It is safe for
// concurrent use.
type Latency struct {
	mu    sync.Mutex
	hist  *hdrhistogram.Histogram // microseconds
	total time.Duration           // sum of everything recorded
}

// NewLatency returns an empty Latency.
func NewLatency() *Latency {
	return &Latency{hist: hdrhistogram.New(1, maxLatency.Microseconds(), 3)}
}

// Record counts one duration. Negative ones count as zero.
func (l *Latency) Record(d time.Duration) { l.RecordN(d, 1) }

// RecordN counts n equal durations, such as the events of one commit.
func (l *Latency) RecordN(d time.Duration, n int64) {
	d = min(max(d, 0), maxLatency)
	l.mu.Lock()
	defer l.mu.Unlock()
	// It only fails for values out of range, and d is within it.
	_ = l.hist.RecordValues(d.Microseconds(), n)
	l.total += d * time.Duration(n)
}

// Snapshot returns the figures so far.
func (l *Latency) Snapshot() LatencySnapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot()
}

// Take returns the figures so far and starts again from nothing.
func (l *Latency) Take() LatencySnapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.snapshot()
	l.hist.Reset()
	l.total = 0
	return s
}

func (l *Latency) snapshot() LatencySnapshot {
	at := func(q float64) time.Duration {
		return time.Duration(l.hist.ValueAtQuantile(q)) * time.Microsecond
	}
	return LatencySnapshot{
		Count: l.hist.TotalCount(),
		P50:   at(50),
		P95:   at(95),
		P99:   at(99),
		Max:   time.Duration(l.hist.Max()) * time.Microsecond,
		Total: l.total,
	}
}

// LatencySnapshot are the figures of a [Latency]. They are zero if Count is.
type LatencySnapshot struct {
	Count         int64
	P50, P95, P99 time.Duration
	Max           time.Duration
	Total         time.Duration // sum
}

// MarshalJSON writes the count and milliseconds.
func (s LatencySnapshot) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Count int64   `json:"count"`
		P50   float64 `json:"p50_ms"`
		P95   float64 `json:"p95_ms"`
		P99   float64 `json:"p99_ms"`
		Max   float64 `json:"max_ms"`
	}{s.Count, millis(s.P50), millis(s.P95), millis(s.P99), millis(s.Max)})
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
