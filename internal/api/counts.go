package api

import (
	"sync/atomic"
	"time"

	"globalmart/internal/telemetry"
)

// Stats is what the API did since it was made.
type Stats struct {
	Requests [6]int64 // by the first digit of their status
	Hits     int64    // answers from memory
	Stale    int64    // of them, those that were made anew meanwhile
	Misses   int64    // answers that could have been
	Streams  int      // open now
	Cut      int64    // streams of clients that were too slow
}

type counts struct {
	requests                 [6]atomic.Int64
	hits, stale, misses, cut atomic.Int64
	latency                  *telemetry.Latency
}

func (c *counts) request(status int, took time.Duration, stream bool) {
	if class := status / 100; class < len(c.requests) {
		c.requests[class].Add(1)
	}
	if !stream {
		c.latency.Record(took)
	}
}

// Stats returns what the API did.
func (a *API) Stats() Stats {
	s := Stats{Hits: a.counts.hits.Load(), Stale: a.counts.stale.Load(), Misses: a.counts.misses.Load(), Cut: a.counts.cut.Load(), Streams: a.live.open()}
	for class := range s.Requests {
		s.Requests[class] = a.counts.requests[class].Load()
	}
	return s
}

// Latency is how long requests took, streams left out.
func (a *API) Latency() *telemetry.Latency { return a.counts.latency }
