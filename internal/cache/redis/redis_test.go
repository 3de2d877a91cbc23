package redis_test

import (
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"globalmart/internal/cache"
	"globalmart/internal/cache/cachetest"
	"globalmart/internal/cache/redis"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/testenv/process"
	server "globalmart/test/services/redis"
)

// open returns a cache that has reached its Redis.
func open(t *testing.T, config redis.Config) cache.Cache {
	t.Helper()
	c, err := redis.New(config)
	if err != nil {
		t.Fatal(err)
	}
	answers(t, c)
	return c
}

// answers waits until the cache keeps what it is given.
func answers(t *testing.T, c cache.Cache) {
	t.Helper()
	process.Eventually(t, "Redis answers", func() bool {
		c.Set(t.Context(), "ping", []byte("pong"), time.Minute)
		_, found := c.Get(t.Context(), "ping")
		return found
	})
}

func TestCache(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) cache.Cache {
		return open(t, redis.Config{URL: testenv.Redis(t), Patience: time.Minute}) // a busy machine is no fault
	})
}

// TestWithoutRedisNothingIsFoundAndNobodyWaits: refused, cut off, silent or slow, each
// question ends at once or after a short while, and it all comes back by itself.
func TestWithoutRedisNothingIsFoundAndNobodyWaits(t *testing.T) {
	u, err := url.Parse(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := netfault.Start(t, u.Host)
	u.Host = proxy.Addr()
	c := open(t, redis.Config{URL: u.String()})
	defer c.Close()
	if err := c.(*redis.Cache).Ping(t.Context()); err != nil {
		t.Errorf("it is there, and: %v", err)
	}
	proxy.Refuse(true)
	if err := c.(*redis.Cache).Ping(t.Context()); err == nil {
		t.Error("it is not there, and nobody says so")
	}
	proxy.Refuse(false)
	for name, fault := range map[string]func(on bool){
		"refused": func(on bool) {
			proxy.Refuse(on)
			proxy.Cut()
		},
		"silent": proxy.Silence,
		"slow": func(on bool) {
			proxy.Delay(map[bool]time.Duration{true: time.Second}[on])
		},
	} {
		t.Run(name, func(t *testing.T) {
			failed := c.Stats().Failed
			fault(true)
			process.Eventually(t, "a question fails", func() bool {
				c.Set(t.Context(), "a", []byte("1"), time.Minute)
				c.Get(t.Context(), "a")
				return c.Stats().Failed > failed
			})
			if value, found := c.Get(t.Context(), "ping"); found {
				t.Errorf("%q was found while nothing is asked", value)
			}
			fault(false)
			answers(t, c)
		})
	}
}

func TestAServerThatRestartsIsFoundAgain(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv(testenv.RequireVariable) == "" {
		t.Skip("make setup installs redis-server")
	}
	s, err := server.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	c := open(t, redis.Config{URL: s.URL(s.Plain, 3)})
	defer c.Close()
	s.Kill()
	process.Eventually(t, "the kill is noticed", func() bool {
		_, found := c.Get(t.Context(), "ping")
		return !found
	})
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(t, c)
}

func TestARedisThatIsNotThereYetIsFoundLater(t *testing.T) {
	u, err := url.Parse(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := netfault.Start(t, u.Host)
	proxy.Refuse(true)
	u.Host = proxy.Addr()
	c, err := redis.New(redis.Config{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	process.Eventually(t, "connecting has failed", func() bool { return c.Stats().Failed > 0 })
	if _, found := c.Get(t.Context(), "a"); found {
		t.Error("a value was found without Redis")
	}
	proxy.Refuse(false)
	answers(t, c)
}

func TestAWrongURLIsRefusedWithoutItsPassword(t *testing.T) {
	for _, address := range []string{"http://:secret@host", "redis://:secret@host:6379/x", "redis://:secret@host/1/2", "redis://:secret@[host", "://:secret@host"} {
		_, err := redis.New(redis.Config{URL: address})
		if err == nil {
			t.Errorf("%s was taken", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// BenchmarkGet is a value of 2 KiB over the loopback.
func BenchmarkGet(b *testing.B) {
	c, err := redis.New(redis.Config{URL: testenv.Redis(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for found := false; !found; _, found = c.Get(b.Context(), "a") {
		c.Set(b.Context(), "a", make([]byte, 2<<10), time.Hour)
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, found := c.Get(b.Context(), "a"); !found {
			b.Fatal("it was lost")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}
