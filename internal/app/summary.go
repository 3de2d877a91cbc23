package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// fsyncProbes is how often the disk is asked how long a durable write takes.
const fsyncProbes = 100

// meter measures how fast a count grows between two looks at it.
type meter struct {
	at    time.Time
	count int64
}

// perSecond returns the rate since the last call.
func (m *meter) perSecond(count int64, now time.Time) float64 {
	rate := float64(count-m.count) / now.Sub(m.at).Seconds()
	m.at, m.count = now, count
	return max(rate, 0)
}

// line is the moving line of a running platform.
func (u *upRun) line() string {
	now := time.Now()
	c := applied(u.worker.Status())
	latency := u.watch.latency.Snapshot()
	var line strings.Builder
	fmt.Fprintf(&line, "%s  %s events/s  %s applied", now.Sub(u.started).Truncate(time.Second),
		console.Count(int64(u.pace.perSecond(c.Total(), now))), console.Count(c.Applied))
	for _, odd := range []struct {
		count int64
		what  string
	}{{c.Duplicate, "duplicates"}, {c.Dead, "dead"}, {c.TooOld, "too old"}} {
		if odd.count > 0 {
			fmt.Fprintf(&line, "  %s %s", console.Count(odd.count), odd.what)
		}
	}
	fmt.Fprintf(&line, "  latency p50 %s, p99 %s", milliseconds(latency.P50), milliseconds(latency.P99))
	fmt.Fprintf(&line, "  lake %s", u.lake.counts())
	return line.String()
}

// ran is what a platform did while it ran.
type ran struct {
	Seconds float64                   `json:"seconds"`
	Sent    map[string]kafka.Counts   `json:"sent"` // by topic
	Stream  dispositionCounts         `json:"stream"`
	Lake    lakeCounts                `json:"lake"`
	Latency telemetry.LatencySnapshot `json:"latency"` // arrival to durable result
	Fsync   *fsync                    `json:"fsync,omitempty"`
	Cores   float64                   `json:"cores"`          // used, on average
	PeakRSS int64                     `json:"peak_rss_bytes"` // of the process
}

// fsync is how long the disk takes for one durable write.
type fsync struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// dispositionCounts are records by what became of them.
type dispositionCounts struct {
	Applied    int64 `json:"applied"`
	Duplicates int64 `json:"duplicates"`
	Dead       int64 `json:"dead"`
	TooOld     int64 `json:"too_old"`
}

// summary tells what was done, what it took, and what the disk is like.
func (u *upRun) summary() error {
	took := time.Since(u.started)
	r := ran{Seconds: took.Seconds(), Sent: map[string]kafka.Counts{}, Latency: u.watch.latency.Snapshot()}
	if u.feed != nil {
		addCounts(r.Sent, u.feed.producer.Counts())
	}
	addCounts(r.Sent, u.catalogue.counts())
	c := applied(u.worker.Status())
	r.Stream = dispositionCounts{c.Applied, c.Duplicate, c.Dead, c.TooOld}
	r.Lake = u.lake.counts()
	if p50, p99, err := telemetry.FsyncP99(u.o.Data, fsyncProbes); err == nil {
		r.Fsync = &fsync{inMilliseconds(p50), inMilliseconds(p99)}
	}
	if self, err := telemetry.Self(); err == nil {
		r.Cores, r.PeakRSS = self.CPU.Seconds()/took.Seconds(), self.PeakRSS
	}
	return u.env.tell(r, func() { sayRan(u.env, &r) })
}

func sayRan(env Env, r *ran) {
	env.Say("stopped after %.1fs", r.Seconds)
	sayCounts(env, r.Sent)
	env.Say("%-18s %s applied, %s duplicates, %s dead, %s too old", "stream",
		console.Count(r.Stream.Applied), console.Count(r.Stream.Duplicates), console.Count(r.Stream.Dead), console.Count(r.Stream.TooOld))
	env.Say("%-18s %s", "lake", r.Lake)
	if l := r.Latency; l.Count > 0 {
		env.Say("%-18s p50 %s, p95 %s, p99 %s, max %s (arrival to result)", "latency",
			milliseconds(l.P50), milliseconds(l.P95), milliseconds(l.P99), milliseconds(l.Max))
	}
	if r.Fsync != nil {
		env.Say("%-18s p50 %.1f ms, p99 %.1f ms for one durable write", "disk", r.Fsync.P50, r.Fsync.P99)
	}
	env.Say("%-18s %.2f cores on average, %d MiB resident at most", "process", r.Cores, r.PeakRSS>>20)
}

func addCounts(to, more map[string]kafka.Counts) {
	for topic, c := range more {
		have := to[topic]
		have.Produced += c.Produced
		have.Acked += c.Acked
		have.Failed += c.Failed
		have.Retried += c.Retried
		to[topic] = have
	}
}

// sayCounts tells per topic what a producer sent.
func sayCounts(env Env, counts map[string]kafka.Counts) {
	for _, topic := range slices.Sorted(maps.Keys(counts)) {
		c := counts[topic]
		env.Say("%-18s %s produced, %s acknowledged, %s failed", topic, console.Count(c.Produced), console.Count(c.Acked), console.Count(c.Failed))
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", inMilliseconds(d)) }

func inMilliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// engineTopics are the topics that the stream reads.
func engineTopics() []string {
	var topics []string
	for _, f := range store.Families {
		topics = append(topics, f.Topics()...)
	}
	return topics
}
