// Package cachetest is what every adapter of a cache must do.
package cachetest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"globalmart/internal/cache"
)

// ttl is longer than any test takes.
const ttl = time.Hour

// patience is how long something that is sure to come may take.
const patience = time.Minute

// Run runs the suite. open returns an empty cache that can be asked; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) cache.Cache) {
	for name, test := range map[string]func(*testing.T, cache.Cache){
		"what was set is found":          found,
		"the newest value counts":        replaced,
		"values of any bytes":            anyBytes,
		"values expire":                  expires,
		"too great or expired is left":   left,
		"hits and misses are counted":    counted,
		"many at once see whole values":  concurrent,
		"after its end it finds nothing": closed,
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			defer func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, c)
		})
	}
}

// want checks the value of a key; nil means that there is none.
func want(t *testing.T, c cache.Cache, key string, value []byte) {
	t.Helper()
	got, found := c.Get(t.Context(), key)
	if found != (value != nil) || !bytes.Equal(got, value) {
		t.Errorf("%q: got %.40q, %v, want %.40q", key, got, found, value)
	}
}

func found(t *testing.T, c cache.Cache) {
	want(t, c, "a", nil)
	c.Set(t.Context(), "a", []byte("1"), ttl)
	c.Set(t.Context(), "b", []byte("2"), ttl)
	want(t, c, "a", []byte("1"))
	want(t, c, "b", []byte("2"))
	want(t, c, "A", nil)
	want(t, c, "", nil)
}

func replaced(t *testing.T, c cache.Cache) {
	for n := range 5 {
		value := fmt.Appendf(nil, "value %d", n)
		c.Set(t.Context(), "a", value, ttl)
		want(t, c, "a", value)
	}
}

func anyBytes(t *testing.T, c cache.Cache) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for key, value := range map[string][]byte{
		"empty": {}, "all": all, "greatest": bytes.Repeat(all, cache.MaxValue/len(all)), "key of\r\n any\x00 bytes \xff": all,
		strings.Repeat("long key ", 500): []byte("1"),
	} {
		c.Set(t.Context(), key, value, ttl)
		want(t, c, key, value)
	}
}

func expires(t *testing.T, c cache.Cache) {
	c.Set(t.Context(), "long", []byte("1"), ttl)
	c.Set(t.Context(), "short", []byte("1"), ttl)
	c.Set(t.Context(), "short", []byte("2"), 50*time.Millisecond) // the new term counts
	gone := func() bool {
		_, found := c.Get(t.Context(), "short")
		return !found
	}
	for end := time.Now().Add(patience); !gone(); {
		if time.Now().After(end) {
			t.Fatal("it does not expire")
		}
		<-time.After(10 * time.Millisecond)
	}
	want(t, c, "long", []byte("1"))
}

func left(t *testing.T, c cache.Cache) {
	c.Set(t.Context(), "great", make([]byte, cache.MaxValue+1), ttl)
	c.Set(t.Context(), "expired", []byte("1"), 0)
	c.Set(t.Context(), "long ago", []byte("1"), -time.Second)
	for _, key := range []string{"great", "expired", "long ago"} {
		want(t, c, key, nil)
	}
}

func counted(t *testing.T, c cache.Cache) {
	before := c.Stats()
	c.Set(t.Context(), "a", []byte("1"), ttl)
	want(t, c, "a", []byte("1"))
	want(t, c, "b", nil)
	want(t, c, "c", nil)
	now := c.Stats()
	if hits, misses := now.Hits-before.Hits, now.Misses-before.Misses; hits != 1 || misses != 2 || now.Failed != before.Failed {
		t.Errorf("%d hits, %d misses, %d failed; want 1, 2, 0", hits, misses, now.Failed-before.Failed)
	}
}

func concurrent(t *testing.T, c cache.Cache) {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 200 {
				key := fmt.Sprintf("key %d", n%10)
				if value, found := c.Get(t.Context(), key); found && (len(value) != 1000 || bytes.Count(value, value[:1]) != 1000) {
					t.Errorf("%q: half of one value and half of another", key)
				}
				c.Set(t.Context(), key, bytes.Repeat([]byte{byte('a' + worker)}, 1000), ttl)
			}
		})
	}
	all.Wait()
}

func closed(t *testing.T, c cache.Cache) {
	c.Set(t.Context(), "a", []byte("1"), ttl)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, c, "a", nil)
	c.Set(t.Context(), "a", []byte("1"), ttl)
	want(t, c, "a", nil)
}
