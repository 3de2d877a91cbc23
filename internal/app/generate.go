package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// Generate sends what shoppers do to the log: live, or from a virtual time on as
// fast as it goes.
func Generate(ctx context.Context, env Env, o GenerateOptions) error {
	if err := checkTruth(o.Truth, o.Source.Data); err != nil {
		return err
	}
	p, err := open(ctx, env, o.Source, "generate", nil)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.ensureTopics(ctx); err != nil {
		return err
	}
	fo := feedOptions{rate: o.Rate, seed: o.Seed, start: event.TimeOf(time.Now()), faults: o.Faults, truth: o.Truth}
	if !o.Start.IsZero() {
		fo.start, fo.pace = event.TimeOf(o.Start), asFast
	}
	f, err := p.newFeed(fo)
	if err != nil {
		return err
	}
	defer f.close()
	started := time.Now()
	live, stop := limited(ctx, o.For)
	defer stop()
	var showing sync.WaitGroup
	showing.Go(func() {
		env.Live(live, func() string { return console.Count(acked(f)) + " events acknowledged" })
	})
	err = p.logFault(f.run(ctx, live, o.Count))
	stop()
	showing.Wait()
	if err == nil && o.Count > 0 {
		err = ctx.Err() // interrupted before all of them were sent
	}
	return errors.Join(err, tellSent(env, f, time.Since(started)))
}

// sent is what a generator did.
type sent struct {
	Events          int64                   `json:"events"` // acknowledged
	Seconds         float64                 `json:"seconds"`
	EventsPerSecond float64                 `json:"events_per_second"`
	Topics          map[string]kafka.Counts `json:"topics"`
}

func tellSent(env Env, f *feed, took time.Duration) error {
	s := sent{Events: acked(f), Seconds: took.Seconds(), Topics: f.producer.Counts()}
	s.EventsPerSecond = float64(s.Events) / s.Seconds
	return env.tell(s, func() {
		sayCounts(env, s.Topics)
		env.Say("%s events in %.1fs: %s events/s", console.Count(s.Events), s.Seconds, console.Count(int64(s.EventsPerSecond)))
	})
}

// acked is how many records of the feed are durable in the log.
func acked(f *feed) int64 { return ackedOf(f.producer) }

// ackedOf is how many records of a producer are durable in the log.
func ackedOf(p *kafka.Producer) int64 {
	var n int64
	for _, c := range p.Counts() {
		n += c.Acked
	}
	return n
}
