// Package kafka is the one way to the log: topics, producer, group consumer and
// bounded reads, over franz-go. There is no port: the protocol is the port, and
// the embedded broker speaks it too.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Config says which cluster. It is checked before any I/O.
type Config struct {
	Brokers  []string // host:port, at least one
	ClientID string   // shown in the broker's logs
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("kafka: brokers: want at least one host:port"))
	}
	for _, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			errs = append(errs, fmt.Errorf("kafka: brokers: %q: want host:port", b))
		}
	}
	return errors.Join(errs...)
}

// client opens a client with the options that all have in common.
func (c Config) client(opts ...kgo.Opt) (*kgo.Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	common := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(c.ClientID),
		kgo.DialTimeout(3 * time.Second),
	}
	client, err := kgo.NewClient(append(common, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: client: %w", err)
	}
	return client, nil
}

// ErrNoBroker reports that no broker answered.
var ErrNoBroker = errors.New("no broker answered")

// Ping returns nil if a broker answers within timeout.
func Ping(ctx context.Context, cfg Config, timeout time.Duration, extra ...kgo.Opt) error {
	client, err := cfg.client(extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		return fmt.Errorf("kafka: %s: %w within %s", strings.Join(cfg.Brokers, ","), ErrNoBroker, timeout)
	}
	return nil
}
