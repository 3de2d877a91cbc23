// Package memory keeps a cache in this process.
package memory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"globalmart/internal/cache"
)

// entryBytes is about what a key costs beside its text and value.
const entryBytes = 128

// Cache is a cache of bounded size. What is asked for most stays longest (W-TinyLFU,
// by otter).
type Cache struct {
	entries      *otter.Cache[string, entry]
	closed       atomic.Bool
	hits, misses atomic.Int64
}

type entry struct {
	value []byte
	ttl   time.Duration
}

// New returns a cache of at most so many bytes.
func New(bytes int64) (*Cache, error) {
	if bytes <= 0 {
		return nil, errors.New("cache/memory: the size has to be above 0")
	}
	entries, err := otter.New(&otter.Options[string, entry]{
		MaximumWeight: uint64(bytes),
		Weigher: func(key string, e entry) uint32 {
			return uint32(min(int64(len(key)+len(e.value)+entryBytes), math.MaxUint32))
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, entry]) time.Duration { return e.Value.ttl }),
	})
	if err != nil {
		return nil, fmt.Errorf("cache/memory: %w", err)
	}
	return &Cache{entries: entries}, nil
}

// Get implements [cache.Cache].
func (c *Cache) Get(_ context.Context, key string) (value []byte, found bool) {
	e, found := c.entries.GetIfPresent(key)
	if !found {
		c.misses.Add(1)
		return nil, false
	}
	c.hits.Add(1)
	return e.value, true
}

// Set implements [cache.Cache].
func (c *Cache) Set(_ context.Context, key string, value []byte, ttl time.Duration) {
	if len(value) <= cache.MaxValue && ttl > 0 && !c.closed.Load() {
		c.entries.Set(key, entry{value, ttl})
	}
}

// Stats implements [cache.Cache].
func (c *Cache) Stats() cache.Stats {
	return cache.Stats{Hits: c.hits.Load(), Misses: c.misses.Load()}
}

// Close implements [cache.Cache].
func (c *Cache) Close() error {
	c.closed.Store(true)
	c.entries.InvalidateAll()
	c.entries.StopAllGoroutines()
	return nil
}
