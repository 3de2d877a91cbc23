// Package cache is the port for answers that are kept for a while: memory and redis
// implement it, and both pass cachetest.
//
// What is kept may be lost at any time, so a cache that is down costs time and never
// an answer: nothing here returns an error. Whoever asks names what he wants by a key
// under which there can only ever be one right answer until it expires.
package cache

import (
	"context"
	"time"
)

// MaxValue is the greatest value that is kept, in bytes: greater ones are not worth the
// memory that many small ones would have.
const MaxValue = 1 << 20

// Cache keeps values by key. It is safe for concurrent use.
type Cache interface {
	// Get returns the value of a key, unless it is not there, has expired or cannot
	// be had soon. It must not be changed.
	Get(ctx context.Context, key string) (value []byte, found bool)
	// Set keeps the value of a key for at most ttl, which is above 0, or does not. The
	// value must not be changed afterwards.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration)
	// Stats returns what was asked since the cache was made.
	Stats() Stats
	// Close releases what the cache holds. Get finds nothing afterwards.
	Close() error
}

// Stats count what a cache was asked.
type Stats struct {
	Hits   int64
	Misses int64 // failures included
	Failed int64 // reads and writes that the service behind did not answer
}
