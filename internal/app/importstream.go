package app

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// streamDestination sends an import through the log, has the stream apply it and the
// lake take it.
type streamDestination struct {
	*platform
	have   map[string]bool // ids of the import that are in the log already
	before int64           // events with these ids
}

// openStreamDestination implements [openDestination].
func openStreamDestination(ctx context.Context, env Env, src Source, fresh *rules.Rules) (destination, error) {
	p, err := open(ctx, env, src, "import", fresh)
	if err != nil {
		return nil, err
	}
	return &streamDestination{platform: p}, nil
}

// accept refuses an import into a log that holds later records: the stream would
// take the import for too old. A file that was imported before, whole or in
// part, is recognised by the ids of its events.
func (to *streamDestination) accept(ctx context.Context, im *importer.Import) error {
	if err := to.ensureTopics(ctx); err != nil {
		return err
	}
	log, err := to.readLog(ctx, im)
	if err != nil {
		return err
	}
	to.have = log.have
	all, missing := int64(im.Summary.Events), log.missing
	to.before = all - missing
	switch {
	case missing == 0:
		to.env.Say("this file was imported before: all of its %s events are in the log, and none is sent again", console.Count(all))
	case log.later > im.Summary.First:
		return fault.New(fault.Failed, fmt.Sprintf("the log already holds other records up to %s, later than the file's first of %s", log.later, im.Summary.First), nil,
			"import into a fresh directory: --data NEWDIR")
	case log.trimmed:
		return fault.New(fault.Failed, "the log has been trimmed, so it does not tell what of the file was imported before", nil,
			"import into a fresh directory: --data NEWDIR")
	case missing < all:
		to.env.Say("an earlier import sent %s of the %s events of this file; the rest is sent now", console.Count(to.before), console.Count(all))
	}
	return nil
}

// deliver produces the events and waits for the stream and the lake: those of the `up`
// that runs on the directory, whose lake is not waited for, or of this process.
func (to *streamDestination) deliver(ctx context.Context, im *importer.Import, report *importReport) error {
	s, err := to.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	before, err := dispositions(ctx, s)
	if err != nil {
		return err
	}
	producer, err := kafka.NewProducer(to.kafka, kafka.Bulk)
	if err != nil {
		return err
	}
	defer producer.Close()
	g, gctx := errgroup.WithContext(ctx)
	run, stop := context.WithCancel(gctx)
	defer stop()
	if to.run.Command != "up" {
		w, err := to.newWorker(s, snapshotEvery, nil)
		if err != nil {
			return err
		}
		g.Go(func() error { return streamFault(w.Run(run)) })
	}
	lake := to.newLakeFollower()
	g.Go(func() error { return lake.run(run) })
	g.Go(func() error { return to.watch(run, s, producer, lake) })
	g.Go(func() error {
		defer stop()
		if err := to.produce(run, im, producer); err != nil {
			return err
		}
		if err := to.awaitApplied(run, s); err != nil {
			return err
		}
		return lake.await(run)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if report.Raw, err = lake.result(); err != nil {
		return err
	}
	after, err := dispositions(ctx, s)
	report.Stream = &streamResult{to.before, dispositionCounts{
		after.Applied - before.Applied, after.Duplicate - before.Duplicate, after.Dead - before.Dead, after.TooOld - before.TooOld,
	}}
	return err
}

// dispositions are what became of all records so far.
func dispositions(ctx context.Context, s liveStore) (sum store.Counts, err error) {
	v, err := s.View(ctx)
	if err != nil {
		return sum, err
	}
	defer v.Close()
	for row, err := range v.Ledger(ctx) {
		if err != nil {
			return sum, err
		}
		sum.Add(row.Counts)
	}
	return sum, nil
}

// appliedPoll is how often the live tables are asked how far they are.
const appliedPoll = 20 * time.Millisecond

// stalled is how long sending may make no progress at all before it is given up. What
// is in the log stays there, and importing again goes on.
const stalled = 30 * time.Second

// progress is how far an import is, in records.
type progress struct {
	acked, applied int64
	lake           lakeCounts
}

// watch fails if for too long nothing new is acknowledged or applied or comes to the
// lake. It ends with ctx.
func (to *streamDestination) watch(ctx context.Context, s liveStore, producer *kafka.Producer, lake *lakeFollower) error {
	var last progress
	moved := time.Now()
	for sleep(ctx, time.Second) {
		c, err := dispositions(ctx, s)
		if err != nil {
			continue // who writes to the store finds out what is wrong
		}
		if now := (progress{ackedOf(producer), c.Total(), lake.counts()}); now != last {
			last, moved = now, time.Now()
		}
		if time.Since(moved) > stalled {
			return fault.New(fault.Failed, fmt.Sprintf("the import makes no progress for %s, at %s events in the log", stalled, console.Count(to.before+ackedOf(producer))), nil,
				spaceOr(to.src.Data, "see what was logged, and mend it")+"; importing again goes on and sends nothing twice")
		}
	}
	return nil
}

// awaitApplied waits until the live tables hold everything that is in the log,
// whoever applies it.
func (to *streamDestination) awaitApplied(ctx context.Context, s liveStore) error {
	ends, err := kafka.LogEnds(ctx, to.kafka, engineTopics()...)
	if err != nil {
		return err
	}
	for {
		reached, err := holdsAll(ctx, s, ends)
		if err != nil || reached {
			return err
		}
		if !sleep(ctx, appliedPoll) {
			return ctx.Err()
		}
	}
}

// holdsAll reports whether the committed positions have reached ends.
func holdsAll(ctx context.Context, s liveStore, ends kafka.Offsets) (bool, error) {
	v, err := s.View(ctx)
	if err != nil {
		return false, err
	}
	defer v.Close()
	positions, err := v.Positions(ctx)
	if err != nil {
		return false, err
	}
	next := kafka.Offsets{}
	for _, p := range positions {
		if next[p.Topic] == nil {
			next[p.Topic] = map[int32]int64{}
		}
		next[p.Topic][p.Task.Partition] = p.Position.Next
	}
	for topic, partitions := range ends {
		for partition, end := range partitions {
			if next[topic][partition] < end {
				return false, nil
			}
		}
	}
	return true, nil
}

// produce sends the events of im that the log does not have, and waits until they
// are acknowledged.
func (to *streamDestination) produce(ctx context.Context, im *importer.Import, producer *kafka.Producer) error {
	if to.before == int64(im.Summary.Events) {
		return nil
	}
	progress := to.env.Progress("send", "events", int64(im.Summary.Events)-to.before)
	defer progress.Done()
	var buf []byte
	for e := range im.Events() {
		buf = e.AppendJSON(buf[:0])
		if to.have[string(idText(buf))] {
			continue
		}
		if err := producer.Send(ctx, e.Type.Topic(), e.Key(), buf, e.ReceivedAt); err != nil {
			return err
		}
		progress.Add(1)
	}
	return producer.Flush(ctx)
}
