package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/testenv/process"
)

// expectFault runs run, which must end with an error that says what and how to fix it.
func expectFault(t *testing.T, run func(context.Context) error, what, fix string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	err := run(ctx)
	if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(fault.FixOf(err), fix) {
		t.Errorf("got %v (Try: %s), want %q and to try %q", err, fault.FixOf(err), what, fix)
	}
}

func TestALakeThatCannotBeWrittenIsWrittenOnceItCan(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	raw := filepath.Join(r.lakeDir(""), lake.SourceRaw)
	if err := os.WriteFile(raw, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.send(1000)
	writer, stop := r.writer()
	r.eventually("the lake says that it cannot be written", func() bool { return writer.counts().Down != "" })
	if c := writer.component(); c.Status != api.StatusDegraded || c.Detail == "" {
		t.Errorf("health shows %+v, want degraded and why", c)
	}
	if _, sound := writer.floor(); sound {
		t.Error("it is called sound")
	}
	if err := os.Remove(raw); err != nil {
		t.Fatal(err)
	}
	r.kept(writer)
	if c := writer.component(); c.Status != api.StatusOK {
		t.Errorf("health shows %+v, want ok", c)
	}
	stop()
	if c := writer.counts(); c.Records != r.sent || c.Down != "" {
		t.Errorf("it says %+v in the end, want %d records", c, r.sent)
	}
	r.expectLakeWhole()
}

func TestWhatIsInTheLogAtAStopIsInTheLakeAfterIt(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	writer, stop := r.writer()
	r.eventually("the log is followed", func() bool { _, sound := writer.floor(); return sound })
	r.send(5000)
	ends := r.ends()
	r.eventually("the stop has waited", func() bool { // for some time at once, which a slow disk exceeds
		writer.settle(t.Context())
		return writer.reached(ends)
	})
	stop()
	r.expectLakeWhole()
}

func TestASecondWriterOfALakeIsRefused(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	r.send(1000)
	writer, _ := r.writer()
	r.eventually("the log is followed", func() bool { _, sound := writer.floor(); return sound })
	expectFault(t, r.newLakeWriter(r.lakeDir(""), 0).run, "is being written by another process", "leave it to that one")
}

func TestAWriterThatFindsAnotherSaysSo(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	r.send(1000)
	writer := r.newLakeWriter(r.lakeDir(""), 0)
	failed := make(chan error, 1)
	go func() { failed <- writer.run(t.Context()) }()
	ends := r.ends()
	r.eventually("all is read", func() bool { return writer.reached(ends) })
	other, err := lake.Open(writer.cfg, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	runner := &lake.Runner{Log: writer.log, Writer: other, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	stop := r.during(runner.Run)
	r.eventually("the other has read all", func() bool { return runner.Reached(ends) })
	stop() // it writes its files
	writer.roll()
	expectFault(t, func(context.Context) error { return <-failed }, "two processes write the lake", "stop one of them")
	r.expectLakeWhole()
}

func TestALossIsNamedAndGoneOnAfterOnceItIsAccepted(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	r.send(1000)
	const topic, start = event.TopicProductViews, 20
	if err := kafka.DeleteBefore(t.Context(), r.kafka, kafka.Offsets{topic: {2: start}}); err != nil {
		t.Fatal(err)
	}
	writer := r.newLakeWriter(r.lakeDir(""), 0)
	expectFault(t, writer.run, "lacks records that the log no longer holds",
		"globalmart lake accept-loss --data "+r.src.Data+" --topic "+topic+" --partition 2 --first 0 --last 19 --note WHY")

	o := LossOptions{LakeOptions: LakeOptions{Source: r.src}, Topic: topic, Partition: 2, Note: "tested"}
	accept := func(ctx context.Context) error { return AcceptLoss(ctx, r.env, o) }
	o.Last = start
	expectFault(t, accept, "the log still holds offsets 20 to 20 of "+topic, "give up no more")
	o.First, o.Last = 5, start-1
	expectFault(t, accept, "the lake lacks them from 0 on", "give up no more")
	o.First, o.Last = 0, start-1
	if err := accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectFault(t, accept, "is accepted already", "")
	writer, _ = r.writer()
	r.kept(writer)
	r.sent -= start
	r.expectLakeWhole()
}
