package collector

import (
	"cmp"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"globalmart/internal/keys"
)

// rates holds the bucket of every key that was used. Keys are known ones, so their
// number is bounded by those that exist.
type rates struct {
	perSecond int64 // of keys that have no limit of their own; 0 = none

	mu      *sync.Mutex
	buckets map[string]*rate.Limiter
}

func newRates(perSecond int64) rates {
	return rates{perSecond, &sync.Mutex{}, map[string]*rate.Limiter{}}
}

// of is how many events a second a key may send; 0 = as many as it sends.
func (r rates) of(key keys.Key) int64 { return cmp.Or(key.Limit, r.perSecond) }

// allow takes n events out of a key's bucket, which holds those of one second, or of one
// request where that is more.
func (r rates) allow(key keys.Key, n int, now time.Time) bool {
	perSecond := r.of(key)
	if perSecond <= 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[key.ID]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond), DefaultLimits.Events))
		r.buckets[key.ID] = b
	}
	return b.AllowN(now, n)
}
