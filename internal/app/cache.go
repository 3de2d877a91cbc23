package app

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/cache"
	"globalmart/internal/cache/memory"
	"globalmart/internal/cache/redis"
	"globalmart/internal/fault"
	"globalmart/internal/telemetry"
)

// inMemory is the cache of this process alone; noCache is none: everything is made anew
// each time, finished answers too.
const (
	inMemory = "memory"
	noCache  = "none"
)

// cacheBytes is the size of that cache: some ten thousand answers.
const cacheBytes = 64 << 20

// CacheOptions say where answers are kept.
type CacheOptions struct {
	URL telemetry.Secret // inMemory, noCache or the URL of a Redis
	CA  string           // PEM file of the authorities to trust with rediss:; "" = those of the system
}

// openCache opens the cache of the API's answers. A Redis need not be there. close
// releases it.
func (p *platform) openCache(o CacheOptions) error {
	if o.CA != "" && (o.URL == noCache || o.URL == inMemory) {
		return fault.New(fault.Usage, "--cache-ca is for a Redis, and --cache is "+o.URL.Reveal(), nil, "name the Redis with --cache rediss://HOST:6379, or leave --cache-ca out")
	}
	switch o.URL {
	case noCache:
		return nil
	case inMemory:
		c, err := memory.New(cacheBytes)
		if err != nil {
			return err
		}
		p.cache = c
		return nil
	}
	c, err := openRedis(o)
	if err != nil {
		return err
	}
	p.cache = c
	return nil
}

// openRedis opens the cache in the Redis that o names.
func openRedis(o CacheOptions) (*redis.Cache, error) {
	c, err := redis.New(redis.Config{URL: o.URL.Reveal(), CA: o.CA})
	switch {
	case errors.Is(err, redis.ErrAuthorities):
		return nil, fault.New(fault.Usage, "--cache-ca", err, "name a PEM file with --cache-ca, and a Redis with TLS with --cache rediss://HOST:6379")
	case err != nil:
		return nil, fault.New(fault.Usage, "--cache: it is neither memory, none nor the URL of a Redis", err, "--cache redis://HOST:6379, with a password redis://:PASSWORD@HOST:6379 in GLOBALMART_CACHE")
	}
	return c, nil
}

// cacheMetrics are the counters of a cache; none without one.
func cacheMetrics(c cache.Cache) []prometheus.Collector {
	if c == nil {
		return nil
	}
	counter := func(name, help string, value func(cache.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value(c.Stats())) })
	}
	return []prometheus.Collector{
		counter("globalmart_cache_hits_total", "Answers that were found in the cache.", func(s cache.Stats) int64 { return s.Hits }),
		counter("globalmart_cache_misses_total", "Answers that were not found in it.", func(s cache.Stats) int64 { return s.Misses }),
		counter("globalmart_cache_failed_total", "Times that Redis did not answer: what was asked was then computed.", func(s cache.Stats) int64 { return s.Failed }),
	}
}
