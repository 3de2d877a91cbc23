package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
)

// traffic is what shops send.
type traffic struct {
	host     *host
	rules    rules.Rules
	seed     uint64
	producer *kafka.Producer

	mu     sync.Mutex
	chance *rand.Rand
	sent   map[uint64]int // records by the hash of their value
	wrong  time.Duration  // how much the clock of the ingest is ahead
	err    error
	busy   sync.WaitGroup
}

func newTraffic(h *host, cfg kafka.Config, r rules.Rules, seed uint64, chance *rand.Rand) (*traffic, error) {
	p, err := kafka.NewProducer(cfg, kafka.Live, kgo.Dialer(h.dial))
	if err != nil {
		return nil, err
	}
	return &traffic{host: h, rules: r, seed: seed, producer: p, chance: chance, sent: map[uint64]int{}}, nil
}

// shopOf is a small shop that opens now: few people, so that they come again.
// Shops of one seed have the same people and products.
func (t *traffic) shopOf(rate shop.Rate) (*shop.Shop, error) {
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Rate, cfg.Convert = t.seed, event.TimeOf(time.Now()), rate, t.rules.Convert
	cfg.Products, cfg.Categories, cfg.Shoppers = 20, 4, 60
	cfg.Faults = shop.Faults{Anomalies: 0.01, Late: 0.05, Duplicates: 0.05, Corrupt: 0.03}
	return shop.New(cfg)
}

// open sends what happens in a shop until ctx ends, when it happens.
func (t *traffic) open(ctx context.Context, rate shop.Rate) {
	s, err := t.shopOf(rate)
	if err != nil {
		t.fail(err)
		return
	}
	t.busy.Go(func() {
		for e := range s.Events() {
			if !sleep(ctx, time.Until(e.At.Std())) {
				return
			}
			if err := t.send(ctx, &e); err != nil {
				t.fail(err)
				return
			}
		}
	})
}

// stock sends the catalogue.
func (t *traffic) stock(ctx context.Context) error {
	s, err := t.shopOf(shop.Load(1))
	if err != nil {
		return err
	}
	for e := range s.Catalogue() {
		if err := t.send(ctx, &e); err != nil {
			return err
		}
	}
	return nil
}

// clockErrors are how far the clocks of shoppers' devices jump.
var clockErrors = []time.Duration{
	-26 * time.Hour, -3 * time.Hour, -100 * time.Minute, -20 * time.Minute, -time.Minute,
	time.Second, 2 * time.Minute, 4 * time.Minute, 6 * time.Minute, 26 * time.Hour,
}

// send sends e, whether ctx ends or not; a few devices have clocks that have
// jumped.
func (t *traffic) send(ctx context.Context, e *shop.Emission) error {
	t.mu.Lock()
	value := e.Raw
	if e.Event != nil {
		copied := *e.Event
		if t.chance.IntN(40) == 0 {
			copied.Timestamp = copied.Timestamp.Add(clockErrors[t.chance.IntN(len(clockErrors))])
		}
		value = copied.AppendJSON(nil)
	}
	t.sent[engine.RecordHash(value)]++
	at := e.At.Add(t.wrong)
	t.mu.Unlock()
	return t.producer.Send(context.WithoutCancel(ctx), e.Topic, e.Key, value, at)
}

// jump sets the clock of the ingest wrong. Record times may be out of order by
// half an hour, and no more.
func (t *traffic) jump(wrong time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong = wrong
}

func (t *traffic) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = fmt.Errorf("traffic: %w", err)
	}
}

func (t *traffic) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// flush waits until everything is acknowledged.
func (t *traffic) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	return t.producer.Flush(ctx)
}
