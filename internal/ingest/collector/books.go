package collector

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/telemetry"
)

// SourceStats is what one write key has sent.
type SourceStats struct {
	Accepted int64                  // events that are in the log, those of other_events among them
	Other    int64                  // of them, those of names that are none of ours
	Rejected map[event.Reason]int64 // events that become dead letters
	Retries  int64                  // requests that a client says it sends again
	LastSeen time.Time              // when its last request was answered
}

// Stats is what a collector has done since it was made.
type Stats struct {
	Sources  map[string]SourceStats // by the id of the key
	Requests map[int]int64          // by status
	Down     error                  // why the last write failed; nil once one succeeds
}

// books are the counts of a collector.
type books struct {
	latency *telemetry.Latency // of requests that were taken

	mu    *sync.Mutex
	stats *Stats
}

func newBooks() books {
	return books{telemetry.NewLatency(), &sync.Mutex{}, &Stats{Sources: map[string]SourceStats{}, Requests: map[int]int64{}}}
}

func (b books) request(a answer, at time.Time, took time.Duration, retry bool) {
	if a.status == http.StatusOK {
		b.latency.Record(took)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Requests[a.status]++
	if a.source == "" {
		return
	}
	s := b.stats.Sources[a.source]
	s.LastSeen = at
	if retry {
		s.Retries++
	}
	b.stats.Sources[a.source] = s
}

// events counts what is in the log.
func (b books) events(source string, t *intake) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats.Sources[source]
	s.Accepted += int64(len(t.records) - t.refusedCount())
	s.Other += int64(t.other)
	if s.Rejected == nil {
		s.Rejected = map[event.Reason]int64{}
	}
	for reason, n := range t.refused {
		s.Rejected[reason] += int64(n)
	}
	b.stats.Sources[source] = s
}

func (b books) wrote(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Down = err
}

// Stats returns the counts so far.
func (c *Collector) Stats() Stats {
	c.books.mu.Lock()
	defer c.books.mu.Unlock()
	s := Stats{Sources: map[string]SourceStats{}, Requests: maps.Clone(c.books.stats.Requests), Down: c.books.stats.Down}
	for id, source := range c.books.stats.Sources {
		source.Rejected = maps.Clone(source.Rejected)
		s.Sources[id] = source
	}
	return s
}

// Latency is how long the requests took that were taken.
func (c *Collector) Latency() *telemetry.Latency { return c.books.latency }
