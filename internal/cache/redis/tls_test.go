package redis_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"globalmart/internal/cache/redis"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
	server "globalmart/test/services/redis"
)

// TestWithTLSTheServerMustBeWhoItSays: with its authority it is used, without it never.
func TestWithTLSTheServerMustBeWhoItSays(t *testing.T) {
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
	url := "rediss" + strings.TrimPrefix(s.URL(s.TLS, 0), "redis")
	trusted := open(t, redis.Config{URL: url, CA: s.CA, Patience: time.Minute})
	defer trusted.Close()

	for name, ca := range map[string]string{"another authority": s.OtherCA, "those of the system": ""} {
		t.Run(name, func(t *testing.T) {
			c, err := redis.New(redis.Config{URL: url, CA: ca, Patience: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			process.Eventually(t, "connecting has failed", func() bool {
				if _, found := c.Get(t.Context(), "ping"); found {
					t.Fatal("a server that nobody vouches for was asked")
				}
				return c.Stats().Failed > 0
			})
		})
	}
}

func TestAuthoritiesThatCannotBeUsedAreRefused(t *testing.T) {
	text := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ url, ca, want string }{
		"no file":        {"rediss://:secret@127.0.0.1:1", "/nowhere/ca.pem", "/nowhere/ca.pem"},
		"no certificate": {"rediss://:secret@127.0.0.1:1", text, "want certificates in PEM"},
		"no TLS":         {"redis://:secret@127.0.0.1:1", text, "with rediss: in front"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := redis.New(redis.Config{URL: test.url, CA: test.ca})
			if err == nil {
				t.Fatal("no error", c.Close())
			}
			if !errors.Is(err, redis.ErrAuthorities) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
