package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/shop"
)

const (
	// businessOrders is the business volume, in orders a day.
	businessOrders = 100_000
	// maxRate is the virtual rate at --rate max, in events a second: more than
	// two cores can send, so that sending sets the pace.
	maxRate = 1e6
)

// pace is how a feed follows the clock.
type pace int

const (
	byClock pace = iota // every event at its time
	asFast              // as fast as it can be sent
)

// shopRate is the virtual rate of r and how its feed follows the clock.
func (r Rate) shopRate() (shop.Rate, pace) {
	switch {
	case r.Business:
		return shop.Business(businessOrders), byClock
	case r.Max:
		return shop.Load(maxRate), asFast
	}
	return shop.Load(r.PerSecond), byClock
}

// feed sends what happens in a shop to the log.
type feed struct {
	shop     *shop.Shop
	products int // in its catalogue
	producer *kafka.Producer
	truth    *truthFile
	pace     pace
	buf      []byte
}

// feedOptions say what a feed sends.
type feedOptions struct {
	rate   Rate
	seed   uint64
	start  event.Time
	faults Faults
	truth  string // file for the labels of the faults; "" = none
	pace   pace   // overrides the rate's own if it is asFast
}

// newFeed makes a shop with a producer for it. The caller closes it.
func (p *platform) newFeed(o feedOptions) (*feed, error) {
	rate, pace := o.rate.shopRate()
	pace = max(pace, o.pace)
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Rate, cfg.Convert = o.seed, o.start, rate, p.rules.Convert
	cfg.Faults = shop.Faults(o.faults)
	if err := p.checkCurrencies(cfg.Countries); err != nil {
		return nil, err
	}
	made, err := shop.New(cfg)
	if err != nil {
		return nil, fault.New(fault.Usage, "the generator's settings are not valid", err, "globalmart generate --help")
	}
	truth, err := openTruth(o.truth)
	if err != nil {
		return nil, err
	}
	kind := kafka.Live
	if pace == asFast {
		kind = kafka.Bulk
	}
	producer, err := kafka.NewProducer(p.kafka, kind)
	if err != nil {
		return nil, err
	}
	return &feed{shop: made, products: cfg.Products, producer: producer, truth: truth, pace: pace}, nil
}

// checkCurrencies fails if the rules have no rate for what shoppers pay in, as
// those of a directory that began with an import.
func (p *platform) checkCurrencies(countries []shop.Country) error {
	var missing []string
	for i := range countries {
		currency := countries[i].Currency
		if _, ok := p.rules.Convert(100, currency); !ok && !slices.Contains(missing, currency) {
			missing = append(missing, currency)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Usage, fmt.Sprintf("the simulated shoppers pay in %s, and the rules have no rate to %s", strings.Join(missing, ", "), p.rules.Currency), nil,
		"do without them: globalmart up --rate 0; or add the rates to "+datadir.Layout(p.src.Data).Rules())
}

// run sends events until live ends or count of them (0: no limit) are sent, then
// waits until all are acknowledged. It gives up when nothing was acknowledged for too
// long, which is shorter once ctx has ended.
func (f *feed) run(ctx, live context.Context, count int64) error {
	err := f.send(live, f.shop.Events(), count)
	return f.finish(ctx, err)
}

func (f *feed) send(ctx context.Context, emissions iter.Seq[shop.Emission], count int64) error {
	var sent int64
	for e := range emissions {
		if !f.wait(ctx, e.At) {
			return nil
		}
		value := e.Raw
		if e.Event != nil {
			f.buf = e.Event.AppendJSON(f.buf[:0])
			value = f.buf
		}
		if err := f.producer.Send(ctx, e.Topic, e.Key, value, e.At); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := f.truth.add(e.Truth); err != nil {
			return err
		}
		if sent++; sent == count {
			break
		}
	}
	return nil
}

// wait sleeps until at. Times that lie far behind the clock are not waited for.
func (f *feed) wait(ctx context.Context, at event.Time) bool {
	if f.pace == asFast {
		return ctx.Err() == nil
	}
	return sleep(ctx, time.Until(at.Std()))
}

func (f *feed) finish(ctx context.Context, err error) error {
	if ferr := flush(ctx, f.producer); err == nil && ferr != nil {
		err = fmt.Errorf("not every event was acknowledged: %w", ferr)
	}
	if terr := f.truth.close(); err == nil {
		err = terr
	}
	return err
}

// flush waits until all that p was given is acknowledged, as long as that goes on: it
// gives up when nothing is acknowledged for stalled, or for flushTime once ctx has ended.
func flush(ctx context.Context, p *kafka.Producer) error {
	for {
		before, alive := ackedOf(p), ctx.Err() == nil
		limited, cancel := context.WithTimeout(ctx, stalled)
		if !alive {
			cancel()
			limited, cancel = context.WithTimeout(context.WithoutCancel(ctx), flushTime)
		}
		err := p.Flush(limited)
		cancel()
		ended := alive && ctx.Err() != nil
		if !ended && (ackedOf(p) == before || !errors.Is(err, context.DeadlineExceeded)) {
			return err
		}
	}
}

func (f *feed) close() { f.producer.Close() }
