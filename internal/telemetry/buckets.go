package telemetry

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
)

// latencyBounds are the upper bounds of the buckets that a Latency is shown in:
// close together where an event that is applied at once falls, and up to what a
// worker that catches up needs.
var latencyBounds = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 5 * time.Millisecond, 7 * time.Millisecond, 10 * time.Millisecond,
	15 * time.Millisecond, 20 * time.Millisecond, 25 * time.Millisecond, 35 * time.Millisecond, 50 * time.Millisecond, 75 * time.Millisecond,
	100 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 10 * time.Minute,
}

// Collector exposes l as a Prometheus histogram in seconds. name ends in
// "_seconds".
func (l *Latency) Collector(name, help string) prometheus.Collector {
	return &latencyCollector{latency: l, desc: prometheus.NewDesc(name, help, nil, nil)}
}

type latencyCollector struct {
	latency *Latency
	desc    *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (c *latencyCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements [prometheus.Collector].
func (c *latencyCollector) Collect(ch chan<- prometheus.Metric) {
	count, sum, buckets := c.latency.buckets()
	ch <- prometheus.MustNewConstHistogram(c.desc, count, sum.Seconds(), buckets)
}

// buckets returns how many durations were recorded, their sum, and how many were
// at most each of latencyBounds, in seconds. Whoever records waits for a copy only.
func (l *Latency) buckets() (count uint64, sum time.Duration, atMost map[float64]uint64) {
	l.mu.Lock()
	copied, sum := l.hist.Export(), l.total
	l.mu.Unlock()
	hist := hdrhistogram.Import(copied)
	atMost = make(map[float64]uint64, len(latencyBounds))
	bars := hist.Distribution()
	next := 0
	var n uint64
	for _, bound := range latencyBounds {
		for next < len(bars) && bars[next].To <= bound.Microseconds() {
			n += uint64(bars[next].Count)
			next++
		}
		atMost[bound.Seconds()] = n
	}
	return uint64(hist.TotalCount()), sum, atMost
}
