package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/cache"
	"globalmart/internal/cache/memory"
	"globalmart/internal/cache/redis"
	"globalmart/internal/fault"
	"globalmart/internal/telemetry"
)

// inMemory is the cache of this process alone.
const inMemory = "memory"

// cacheBytes is the size of that cache: some ten thousand answers.
const cacheBytes = 64 << 20

// openCache opens the cache of the API's answers: inMemory or the URL of a Redis, which
// need not be there. close releases it.
func (p *platform) openCache(where telemetry.Secret) (err error) {
	if where == inMemory {
		p.cache, err = memory.New(cacheBytes)
		return err
	}
	c, err := redis.New(redis.Config{URL: where.Reveal()})
	if err != nil {
		return fault.New(fault.Usage, "--cache: it is neither memory nor the URL of a Redis", err, "--cache redis://HOST:6379, with a password redis://:PASSWORD@HOST:6379 in GLOBALMART_CACHE")
	}
	p.cache = c
	return nil
}

// cacheMetrics are the counters of a cache.
func cacheMetrics(c cache.Cache) []prometheus.Collector {
	counter := func(name, help string, value func(cache.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value(c.Stats())) })
	}
	return []prometheus.Collector{
		counter("globalmart_cache_hits_total", "Answers that were found in the cache.", func(s cache.Stats) int64 { return s.Hits }),
		counter("globalmart_cache_misses_total", "Answers that were not found in it.", func(s cache.Stats) int64 { return s.Misses }),
		counter("globalmart_cache_failed_total", "Times that Redis did not answer: what was asked was then computed.", func(s cache.Stats) int64 { return s.Failed }),
	}
}
