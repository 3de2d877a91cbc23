package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// fsyncProbes is how often the disk is asked how long a durable write takes.
const fsyncProbes = 100

// line is the moving line of a running platform.
func (u *upRun) line() string {
	st := u.worker.Status()
	c := applied(st)
	latency := u.latency.Snapshot()
	return fmt.Sprintf("%s  %s events applied  %s duplicates  %s dead  latency p50 %s p99 %s",
		time.Since(u.started).Truncate(time.Second), console.Count(c.Applied), console.Count(c.Duplicate), console.Count(c.Dead),
		milliseconds(latency.P50), milliseconds(latency.P99))
}

// summary tells what was done, what it took, and what the disk is like.
func (u *upRun) summary() {
	took := time.Since(u.started)
	u.env.Say("stopped after %s", took.Truncate(100*time.Millisecond))
	if u.feed != nil {
		counts := u.feed.producer.Counts()
		if u.catalogue != nil {
			addCounts(counts, u.catalogue.Counts())
		}
		sayCounts(u.env, counts)
	}
	c := applied(u.worker.Status())
	u.env.Say("stream    %s applied, %s duplicates, %s dead, %s too old", console.Count(c.Applied), console.Count(c.Duplicate), console.Count(c.Dead), console.Count(c.TooOld))
	sayLatency(u.env, u.latency.Snapshot())
	if p50, p99, err := telemetry.FsyncP99(u.o.Data, fsyncProbes); err == nil {
		u.env.Say("disk      one durable write takes p50 %s, p99 %s", milliseconds(p50), milliseconds(p99))
	}
	if self, err := telemetry.Self(); err == nil {
		u.env.Say("process   %.2f cores on average, %d MiB resident at most", self.CPU.Seconds()/took.Seconds(), self.PeakRSS>>20)
	}
}

func sayLatency(env Env, l telemetry.LatencySnapshot) {
	if l.Count > 0 {
		env.Say("latency   arrival to durable result: p50 %s, p95 %s, p99 %s, max %s", milliseconds(l.P50), milliseconds(l.P95), milliseconds(l.P99), milliseconds(l.Max))
	}
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

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// engineTopics are the topics that the stream reads.
func engineTopics() []string {
	var topics []string
	for _, f := range store.Families {
		topics = append(topics, f.Topics()...)
	}
	return topics
}
