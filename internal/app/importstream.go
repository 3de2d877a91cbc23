package app

import (
	"context"
	"fmt"

	"globalmart/internal/fault"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
)

// streamDestination sends an import through the log and has the stream apply it.
type streamDestination struct{ *platform }

// openStreamDestination implements [openDestination].
func openStreamDestination(ctx context.Context, env Env, src Source, fresh *rules.Rules) (destination, error) {
	p, err := open(ctx, env, src, "import", fresh)
	if err != nil {
		return nil, err
	}
	return streamDestination{p}, nil
}

func (to streamDestination) ruleset() rules.Rules { return to.rules }

// accept refuses an import into a log that holds later records: the stream would
// take the import for too old. Importing the same again is fine as far as it
// goes: it is recognised by its event ids.
func (to streamDestination) accept(ctx context.Context, im *importer.Import) error {
	if err := to.ensureTopics(ctx); err != nil {
		return err
	}
	s, err := to.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	asOf, err := s.AsOf(ctx)
	if err != nil {
		return err
	}
	if first := im.Summary.First; asOf.RecordTime > first {
		return fault.New(fault.Failed, fmt.Sprintf("the log already holds records up to %s, later than the file's first of %s", asOf.RecordTime, first), nil,
			"import into a fresh directory: --data NEWDIR")
	}
	return nil
}

// deliver produces the events and waits for the stream: one of this process
// unless an `up` runs on the directory.
func (to streamDestination) deliver(ctx context.Context, im *importer.Import, report *importReport) error {
	s, err := to.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := to.newWorker(s, snapshotEvery, nil)
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(run) }()

	if err := to.produce(ctx, im); err != nil {
		return err
	}
	ends, err := kafka.LogEnds(ctx, to.kafka, engineTopics()...)
	if err != nil {
		return err
	}
	reached := make(chan error, 1)
	go func() { reached <- waitReached(run, w, ends) }()
	select {
	case err = <-reached:
	case err = <-ended:
		return err
	}
	stop()
	if stopped := <-ended; err == nil {
		err = stopped
	}
	c := applied(w.Status())
	report.Stream = &streamResult{Applied: c.Applied, Duplicates: c.Duplicate, Dead: c.Dead, TooOld: c.TooOld}
	return err
}

// produce sends the events of im and waits until they are acknowledged.
func (to streamDestination) produce(ctx context.Context, im *importer.Import) error {
	producer, err := kafka.NewProducer(to.kafka, kafka.Bulk)
	if err != nil {
		return err
	}
	defer producer.Close()
	progress := to.env.Progress("send", "events", int64(im.Summary.Events))
	defer progress.Done()
	var buf []byte
	for e := range im.Events() {
		buf = e.AppendJSON(buf[:0])
		if err := producer.Send(ctx, e.Type.Topic(), e.Key(), buf, e.ReceivedAt); err != nil {
			return err
		}
		progress.Add(1)
	}
	return producer.Flush(ctx)
}
