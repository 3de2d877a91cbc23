// Package redis keeps a cache in Redis 7, so that several processes of the API share
// it. Where Redis is down, slow or full the cache finds nothing and keeps nothing; it
// comes back by itself.
package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"globalmart/internal/cache"
)

// DefaultPatience is how long one question may take: an answer that is computed anew
// mostly takes no longer.
const DefaultPatience = 100 * time.Millisecond

const (
	// pause is how long nothing is asked after a failure.
	pause = time.Second
	// dialTime bounds one attempt to connect, which happens beside the questions.
	dialTime = 2 * time.Second
)

// prefix keeps our keys apart from those of others on one server, and those of a build
// whose values look different.
const prefix = "globalmart:1:"

// Config says which Redis to use.
type Config struct {
	// URL is redis://[[user]:password@]host[:port][/database], or rediss: with TLS.
	URL string
	// CA is a PEM file of the authorities to trust with rediss:; "" = those of the system.
	CA string
	// Patience is how long one question may take; 0 = DefaultPatience.
	Patience time.Duration
}

// Cache is a cache in one Redis.
type Cache struct {
	options  rueidis.ClientOption
	patience time.Duration

	hits, misses, failed atomic.Int64

	mu      sync.Mutex
	client  rueidis.Client // nil until Redis was reached
	dialing bool
	closed  bool
	resume  time.Time // nothing is asked before it
	dials   sync.WaitGroup
}

// New returns a cache in a Redis, which need not be there: it is connected to in the
// background, as often as it takes. An error is one of the URL or of the file of
// authorities.
func New(config Config) (*Cache, error) {
	options, err := rueidis.ParseURL(config.URL)
	if err != nil {
		return nil, fmt.Errorf("cache/redis: %w", hide(config.URL, err))
	}
	if err := trust(&options, config.CA); err != nil {
		return nil, fmt.Errorf("cache/redis: %w", err)
	}
	options.ForceSingleClient = true
	options.DisableCache = true // a second copy in memory would have to be told of changes
	options.DisableRetry = true // a miss is cheaper than another attempt
	options.ClientName = "globalmart"
	options.Dialer.Timeout = dialTime
	options.ConnWriteTimeout = dialTime
	c := &Cache{options: options, patience: cmp.Or(config.Patience, DefaultPatience)}
	c.connected() // begins to connect
	return c, nil
}

// ErrAuthorities reports that the authorities to trust cannot be used.
var ErrAuthorities = errors.New("the authorities cannot be used")

// trust makes options trust the authorities in a file, if one is named, and no others.
func trust(options *rueidis.ClientOption, file string) error {
	if options.TLSConfig != nil {
		options.TLSConfig.MinVersion = tls.VersionTLS12
	}
	if file == "" {
		return nil
	}
	if options.TLSConfig == nil {
		return fmt.Errorf("%w: without TLS there is nobody to trust, the URL has to be one with rediss: in front", ErrAuthorities)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAuthorities, err)
	}
	options.TLSConfig.RootCAs = x509.NewCertPool()
	if !options.TLSConfig.RootCAs.AppendCertsFromPEM(text) {
		return fmt.Errorf("%w: %s: want certificates in PEM", ErrAuthorities, file)
	}
	return nil
}

// hide leaves the URL, and with it the password, out of an error.
func hide(address string, err error) error {
	if parsed, ok := errors.AsType[*url.Error](err); ok {
		return parsed.Err
	}
	if u, parseErr := url.Parse(address); parseErr == nil && u.User != nil {
		return errors.New("want redis://[[user]:password@]host[:port][/database], or rediss://… with TLS")
	}
	return err
}

// Get implements [cache.Cache].
func (c *Cache) Get(ctx context.Context, key string) (value []byte, found bool) {
	client := c.connected()
	if client == nil {
		c.misses.Add(1)
		return nil, false
	}
	limited, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	value, err := client.Do(limited, client.B().Get().Key(prefix+key).Build()).AsBytes()
	switch {
	case err == nil:
		c.hits.Add(1)
		return value, true
	case !rueidis.IsRedisNil(err):
		c.rest(ctx)
	}
	c.misses.Add(1)
	return nil, false
}

// Set implements [cache.Cache].
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	milliseconds := ttl.Milliseconds()
	if len(value) > cache.MaxValue || milliseconds <= 0 {
		return
	}
	client := c.connected()
	if client == nil {
		return
	}
	limited, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	command := client.B().Set().Key(prefix + key).Value(rueidis.BinaryString(value)).PxMilliseconds(milliseconds).Build()
	if err := client.Do(limited, command).Error(); err != nil {
		c.rest(ctx)
	}
}

// connected returns the client, or nil while Redis cannot be asked; then it sees to it
// that somebody connects.
func (c *Cache) connected() rueidis.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || time.Now().Before(c.resume) {
		return nil
	}
	if c.client == nil && !c.dialing {
		c.dialing = true
		c.dials.Go(c.dial)
	}
	return c.client
}

// dial connects once.
func (c *Cache) dial() {
	client, err := rueidis.NewClient(c.options)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialing = false
	switch {
	case err != nil:
		c.failed.Add(1)
		c.resume = time.Now().Add(pause)
	case c.closed:
		client.Close()
	default:
		c.client = client
	}
}

// rest notes a failure, unless it was the asker who went away.
func (c *Cache) rest(asker context.Context) {
	if asker.Err() != nil {
		return
	}
	c.failed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resume = time.Now().Add(pause)
}

// Ping fails if Redis does not answer, over a connection of its own.
func (c *Cache) Ping(ctx context.Context) error {
	client, err := rueidis.NewClient(c.options)
	if err != nil {
		return fmt.Errorf("cache/redis: %w", err)
	}
	defer client.Close()
	if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
		return fmt.Errorf("cache/redis: ping: %w", err)
	}
	return nil
}

// Stats implements [cache.Cache].
func (c *Cache) Stats() cache.Stats {
	return cache.Stats{Hits: c.hits.Load(), Misses: c.misses.Load(), Failed: c.failed.Load()}
}

// Close implements [cache.Cache]. It waits for an attempt to connect, for some seconds
// at most.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	client := c.client
	c.client = nil
	c.mu.Unlock()
	if client != nil {
		client.Close()
	}
	c.dials.Wait()
	return nil
}
