package collector

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates holds the bucket of every key that was used. Keys are known ones, so their
// number is bounded by those that exist.
type rates struct {
	perSecond int // 0 = no limit

	mu      *sync.Mutex
	buckets map[string]*rate.Limiter
}

func newRates(perSecond int) rates {
	return rates{perSecond, &sync.Mutex{}, map[string]*rate.Limiter{}}
}

// allow takes n events out of a key's bucket, which holds those of one second, or of one
// request where that is more.
func (r rates) allow(key string, n int, now time.Time) bool {
	if r.perSecond <= 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(r.perSecond), max(r.perSecond, DefaultLimits.Events))
		r.buckets[key] = b
	}
	return b.AllowN(now, n)
}
