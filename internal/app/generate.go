package app

import (
	"context"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
)

// Generate sends what shoppers do to the log: live, or from a virtual time on as
// fast as it goes.
func Generate(ctx context.Context, env Env, o GenerateOptions) error {
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
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	started := time.Now()
	live, stop := context.WithCancel(ctx)
	go env.Live(live, func() string { return console.Count(acked(f)) + " events acknowledged" })
	err = f.run(ctx, o.Count)
	stop()
	sayCounts(env, f.producer.Counts())
	seconds := time.Since(started).Seconds()
	env.Say("%s events in %.1fs: %s events/s", console.Count(acked(f)), seconds, console.Count(int64(float64(acked(f))/seconds)))
	return err
}

// acked is how many records of the feed are durable in the log.
func acked(f *feed) int64 {
	var n int64
	for _, c := range f.producer.Counts() {
		n += c.Acked
	}
	return n
}
