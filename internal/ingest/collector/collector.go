package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/keys"
	"globalmart/internal/rules"
	"globalmart/internal/telemetry"
)

// Config is how a collector behaves. Every field without a default named here is
// required.
type Config struct {
	Rules  rules.Rules // the shop's currency and its rates
	Now    func() time.Time
	Log    *slog.Logger
	Keys   keyring
	Events writer
	Orders orders // nil: refunds that name no lines become dead letters
	Limits Limits // zero fields take the values of DefaultLimits
}

// keyring finds the key that a client holds.
type keyring interface {
	// Find returns the key that has a text, or [keys.ErrUnknown]. Any other error says
	// that it cannot be told now.
	Find(ctx context.Context, text string) (keys.Key, error)
}

// writer is the log.
type writer interface {
	// Write returns nil once all records are durable. An error means that some may not be.
	Write(ctx context.Context, records []kgo.Record) error
}

// orders is where the orders are found whose refunds name no lines.
type orders interface {
	// Orders returns every event that the log has of the orders of some ids, each once. An
	// error says that it cannot be told now.
	Orders(ctx context.Context, ids []string) (map[string][]event.Event, error)
}

// Limits bound what clients can make the process do.
type Limits struct {
	BodyBytes  int64         // of a request, also once it is decompressed
	Events     int           // of a request
	Requests   int           // worked on at once; more are told to come back
	Wait       time.Duration // for the log, and for orders to be found
	PerSecond  int64         // events of one key that has no limit of its own; 0 = as many as it sends
	RetryAfter time.Duration // what clients are told to wait; whole seconds
}

// DefaultLimits take what Segment's own clients send (500 KB and 2,500 events at most)
// twice over in bytes. Clients wait for 10 s and more, so that one that is still there
// gets its answer.
var DefaultLimits = Limits{
	BodyBytes:  1 << 20,
	Events:     2500,
	Requests:   128,
	Wait:       5 * time.Second,
	RetryAfter: time.Second,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	if l.BodyBytes <= 0 {
		l.BodyBytes = d.BodyBytes
	}
	if l.Events <= 0 {
		l.Events = d.Events
	}
	if l.Requests <= 0 {
		l.Requests = d.Requests
	}
	if l.Wait <= 0 {
		l.Wait = d.Wait
	}
	if l.RetryAfter <= 0 {
		l.RetryAfter = d.RetryAfter
	}
	return l
}

// Prefix is that of every path which a collector serves.
const Prefix = "/v1/"

// Collector is the collector as a handler. It is safe for concurrent use.
type Collector struct {
	cfg     Config
	convert func(event.Minor, string) (event.Minor, bool)
	slots   chan struct{}
	rates   rates
	books   books
	told    *telemetry.Limiter
}

// New returns a collector, or every problem of cfg at once.
func New(cfg Config) (*Collector, error) {
	var errs []error
	for name, ok := range map[string]bool{
		"Rules.Currency": cfg.Rules.Currency != "", "Now": cfg.Now != nil, "Log": cfg.Log != nil, "Keys": cfg.Keys != nil, "Events": cfg.Events != nil,
	} {
		if !ok {
			errs = append(errs, fmt.Errorf("collector: Config.%s: required", name))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return &Collector{
		cfg: cfg, convert: cfg.Rules.Convert, slots: make(chan struct{}, cfg.Limits.Requests), rates: newRates(cfg.Limits.PerSecond),
		books: newBooks(), told: telemetry.NewLimiter(10 * time.Second),
	}, nil
}
