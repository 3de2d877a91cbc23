package app

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// Generate sends what shoppers do to the log: live, or from a virtual time on as
// fast as it goes.
func Generate(ctx context.Context, env Env, o GenerateOptions) error {
	if err := checkTruth(o.Truth, o.Source.Data); err != nil {
		return err
	}
	l, err := listenIf(ctx, o.OperatorListen)
	if err != nil {
		return err
	}
	defer l.Close()
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
	var showing errgroup.Group
	showing.Go(func() error { return l.serve(live, env, feedCollector{f.producer.Counts}) })
	showing.Go(func() error {
		env.Live(live, func() string { return console.Count(acked(f)) + " events acknowledged" })
		return nil
	})
	sending, sctx := errgroup.WithContext(live)
	products := catalogue{broker: p.kafka, lake: datadir.Layout(o.Source.Data).Lake(), feed: f}
	if o.Catalogue {
		sending.Go(func() error { return products.send(ctx, sctx) })
	}
	sending.Go(func() error { return f.run(ctx, sctx, o.Count) })
	err = p.logFault(sending.Wait())
	stop()
	err = errors.Join(err, showing.Wait())
	if err == nil && o.Count > 0 {
		err = ctx.Err() // interrupted before all of them were sent
	}
	return errors.Join(err, tellSent(env, f, products.counts(), time.Since(started)))
}

// sent is what a generator did.
type sent struct {
	Events          int64                   `json:"events"` // acknowledged; without those of a catalogue, which topics has
	Seconds         float64                 `json:"seconds"`
	EventsPerSecond float64                 `json:"events_per_second"`
	Topics          map[string]kafka.Counts `json:"topics"`
}

// tellSent tells what a feed sent, and of a catalogue by topic.
func tellSent(env Env, f *feed, products map[string]kafka.Counts, took time.Duration) error {
	s := sent{Events: acked(f), Seconds: took.Seconds(), Topics: map[string]kafka.Counts{}}
	addCounts(s.Topics, f.producer.Counts())
	addCounts(s.Topics, products)
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
