// Package kafka is the one way to the log: topics, producer, group consumer and
// bounded reads, over franz-go. There is no port: the protocol is the port, and
// the embedded broker speaks it too.
//
// Every function that opens a client takes further kgo options, last; tests pass
// kgo.Dialer with them to reach a broker on a virtual network.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Config says which cluster. It is checked before any I/O.
type Config struct {
	Brokers  []string // host:port, at least one
	ClientID string   // shown in the broker's logs
	TLS      *TLS     // nil: plain text
	SASL     *SASL    // nil: no login

	// Log is told what the clients warn of while they go on. Nil: nobody is.
	Log *slog.Logger
}

// Validate reports every problem at once.
func (c Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("kafka: brokers: want at least one host:port"))
	}
	for _, b := range c.Brokers {
		host, port, err := net.SplitHostPort(b)
		if n, perr := strconv.Atoi(port); err != nil || host == "" || perr != nil || n < 1 || n > 65535 {
			errs = append(errs, fmt.Errorf("kafka: brokers: %q: want host:port", b))
		}
	}
	return errors.Join(append(errs, c.TLS.Validate(), c.SASL.Validate())...)
}

// maxExpanded bounds what a batch may take in memory once it is decompressed: 32
// times the largest that the topics accept (max.message.bytes), where events
// compress five times. A reader stops at a batch that is larger.
const maxExpanded = 32 * maxMessageBytes

// name is the cluster as error messages call it.
func (c Config) name() string { return strings.Join(c.Brokers, ",") }

// client opens a client with the options that all have in common. It reads the
// files of c.TLS and connects to nobody.
func (c Config) client(opts ...kgo.Opt) (*kgo.Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	secure, err := c.security()
	if err != nil {
		return nil, err
	}
	common := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(c.ClientID),
		kgo.DialTimeout(3 * time.Second),
		kgo.MetadataMinAge(250 * time.Millisecond), // how soon a broker that restarted is noticed; by default 5 s
		kgo.DisableClientMetrics(),                 // nobody asked for them to be sent to the broker
		kgo.MaxDecompressBatchBytes(maxExpanded),
		withLog(c.Log),
	}
	client, err := kgo.NewClient(slices.Concat(common, secure, opts)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: client: %w", err)
	}
	return client, nil
}

// ErrNoBroker reports that no broker answered.
var ErrNoBroker = errors.New("no broker answered")

// pingPause is the time between attempts to reach a broker.
const pingPause = 100 * time.Millisecond

// Ping waits until a broker answers, for timeout at most: one that is just
// starting gets its time, one that cannot be talked to with these settings does
// not. Its error is ErrNoBroker, or one of those beside ErrLoginRefused, with the
// last cause; or that of ctx if it ends first.
func Ping(ctx context.Context, cfg Config, timeout time.Duration, extra ...kgo.Opt) error {
	cfg.Log = nil // the error says it all
	client, err := cfg.client(extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var cause error
	for {
		err := client.Ping(limited)
		if err == nil {
			return nil
		}
		if timeout, ok := errors.AsType[net.Error](err); cause == nil || !ok || !timeout.Timeout() {
			cause = err // the last attempt is cut short, and does not know
		}
		if certain, why := cfg.explain(err); certain {
			return fmt.Errorf("kafka: %s: %w: %w", cfg.name(), why, err)
		}
		if !pause(limited, pingPause) {
			break
		}
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("kafka: reach %s: %w", cfg.name(), err)
	}
	if _, why := cfg.explain(cause); why != nil {
		return fmt.Errorf("kafka: %s: %w: %w", cfg.name(), why, cause)
	}
	return fmt.Errorf("kafka: %s: %w within %s: %w", cfg.name(), ErrNoBroker, timeout, cause)
}

// pause waits for d and reports whether ctx is still alive then.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
