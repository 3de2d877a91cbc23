package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Receiver is where notices go.
type Receiver interface {
	// Name tells it apart from the others, and is kept with its deliveries. It holds
	// no secret.
	Name() string
	// Send hands over m and returns nil once it was taken.
	Send(ctx context.Context, m *Message) error
}

// Store is what is needed of the live tables.
type Store interface {
	// PendingNotices returns the notices since a time that receiver has neither got
	// nor given up, with how they fare, at most limit, the oldest first.
	PendingNotices(ctx context.Context, receiver string, since event.Time, limit int) ([]Pending, error)
	// PutDelivery writes how a notice fares.
	PutDelivery(ctx context.Context, d store.Delivery) error
}

// Pending is a notice that is not delivered.
type Pending = store.PendingNotice

// Config is what a dispatcher needs.
type Config struct {
	Store     Store
	Receivers []Receiver
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	pollEvery   = time.Second
	sendTime    = 10 * time.Second
	firstDelay  = time.Second
	longest     = 5 * time.Minute
	giveUpAfter = 24 * time.Hour
	pageSize    = 100
)

// Dispatcher sends notices.
type Dispatcher struct{ cfg Config }

// New returns a dispatcher.
func New(cfg Config) *Dispatcher { return &Dispatcher{cfg} }

// Run sends until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, r := range d.cfg.Receivers {
		wg.Go(func() { d.serve(ctx, r) })
	}
	wg.Wait()
}

// serve sends to one receiver until ctx ends.
func (d *Dispatcher) serve(ctx context.Context, r Receiver) {
	for {
		wait, err := d.round(ctx, r)
		if err != nil && ctx.Err() == nil {
			d.cfg.Log.WarnContext(ctx, "notices wait", "receiver", r.Name(), "error", err)
			wait = longest / 10
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// round sends what is pending until an attempt fails, and returns how long to
// wait. The error is the store's.
func (d *Dispatcher) round(ctx context.Context, r Receiver) (time.Duration, error) {
	pending, err := d.cfg.Store.PendingNotices(ctx, r.Name(), event.TimeOf(d.cfg.Now().Add(-2*giveUpAfter)), pageSize)
	if err != nil {
		return 0, fmt.Errorf("notify: read pending notices: %w", err)
	}
	for i := range pending {
		p := &pending[i]
		failed, err := d.attempt(ctx, r, p)
		if err != nil {
			return 0, err
		}
		if failed {
			return backoff(p.Delivery.Attempts), nil
		}
	}
	if len(pending) == pageSize {
		return 0, nil
	}
	return pollEvery, nil
}

// attempt sends one notice and writes down how it fared. failed says that it is to
// be tried again.
func (d *Dispatcher) attempt(ctx context.Context, r Receiver, p *Pending) (failed bool, err error) {
	m, err := MessageOf(&p.Notice)
	if err != nil {
		return false, err
	}
	sending, cancel := context.WithTimeout(ctx, sendTime)
	sendErr := r.Send(sending, &m)
	cancel()
	if ctx.Err() != nil {
		return true, nil //nolint:nilerr // it is a stop; whether it was taken is not known, so it is sent again
	}
	now := d.cfg.Now()
	p.Delivery.Seq, p.Delivery.Receiver = p.Notice.Seq, r.Name()
	p.Delivery.Attempts++
	p.Delivery.LastAt, p.Delivery.Error = event.TimeOf(now), ""
	if sendErr == nil {
		p.Delivery.DeliveredAt = event.TimeOf(now)
	} else {
		p.Delivery.Error = sendErr.Error()
		p.Delivery.GivenUp = now.Sub(p.Notice.At.Std()) >= giveUpAfter
		d.cfg.Log.WarnContext(ctx, "notice not delivered", "receiver", r.Name(), "id", m.ID, "attempts", p.Delivery.Attempts, "given_up", p.Delivery.GivenUp, "error", sendErr)
	}
	if err := d.cfg.Store.PutDelivery(ctx, p.Delivery); err != nil {
		return true, fmt.Errorf("notify: write delivery: %w", err)
	}
	return sendErr != nil && !p.Delivery.GivenUp, nil
}

// backoff returns how long to wait after so many failed attempts: full jitter
// (Brooker 2015) over a time that doubles, but never less than half a second.
func backoff(attempts int64) time.Duration {
	most := min(longest, firstDelay<<min(attempts, 20))
	return firstDelay/2 + rand.N(most)
}
