package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
)

// LakeOptions are those of `globalmart lake`.
type LakeOptions struct {
	Source    Source
	Lake      string        // directory; "" = that of the data directory
	RollAfter time.Duration // age at which a file is finished; 0 = the lake's default
	Once      bool          // end when the lake has what the log held at the start

	OperatorListen string // where metrics are served; "" = nowhere
}

// Lake writes every event of the log to the lake until ctx ends, or once. It goes on
// where the lake ends, whoever wrote it.
func Lake(ctx context.Context, env Env, o LakeOptions) error {
	l, err := listenIf(ctx, o.OperatorListen)
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := open(ctx, env, o.Source, "lake", nil)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.ensureTopics(ctx); err != nil {
		return err
	}
	if err := p.checkCluster(ctx); err != nil {
		return err
	}
	ends, err := kafka.LogEnds(ctx, p.kafka, lake.Topics...)
	if err != nil {
		return p.kafkaFault(err)
	}
	w := p.newLakeWriter(p.lakeDir(o.Lake), o.RollAfter)
	env.Say("the log of %s goes to the lake in %s; Ctrl-C stops it", strings.Join(p.kafka.Brokers, ","), w.cfg.Dir)

	g, gctx := errgroup.WithContext(ctx)
	live, stop := context.WithCancel(gctx)
	g.Go(func() error { return l.serve(live, env, w.metrics()...) })
	g.Go(func() error {
		defer stop()
		return w.run(live)
	})
	if o.Once {
		g.Go(func() error {
			defer stop()
			w.await(live, ends)
			return nil
		})
	}
	g.Go(func() error {
		env.Live(live, func() string { return w.counts().String() })
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	env.Say("%s", w.counts())
	if o.Once {
		return w.whole(ctx)
	}
	return nil
}

// whole reports, of a writer that has ended, what kept it from writing all.
func (w *lakeWriter) whole(ctx context.Context) error {
	const fix = "start it again: it goes on where the lake ends"
	switch down := w.status().Down; {
	case down != nil:
		return fault.New(fault.Failed, "the lake in "+w.cfg.Dir+" lacks some of the log", down, spaceOr(w.cfg.Dir, "make it writable")+"; then "+fix)
	case ctx.Err() != nil:
		return fault.New(fault.Interrupted, "interrupted: the lake in "+w.cfg.Dir+" may lack some of the log", ctx.Err(), fix)
	}
	return nil
}

// lakeDir is the directory of the lake, given the one that was named, if any.
func (p *platform) lakeDir(named string) string {
	if named != "" {
		return named
	}
	return datadir.Layout(p.src.Data).Lake()
}

// lakeLog is the log as the lake's writer reads it.
type lakeLog struct{ brokerLog }

func (l lakeLog) Follow(from lake.Offsets) (lake.Feed, error) { return kafka.Follow(l.cfg, from) }

// lakeFinal says whether err, of a lake's writer, is one that does not pass by
// itself.
func lakeFinal(err error) bool {
	if _, lost := errors.AsType[*lake.LostError](err); lost {
		return true
	}
	for _, final := range []error{errLakeTaken, lake.ErrConflict, lake.ErrOtherLog, lake.ErrCorrupt, lake.ErrHole, lake.ErrOverlap} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// lakeFault is what a person can do about a lake's writer that cannot go on.
func (p *platform) lakeFault(dir string, err error) error {
	if lost, ok := errors.AsType[*lake.LostError](err); ok {
		return fault.New(fault.Failed, "the lake in "+dir+" lacks records that the log no longer holds", err,
			"bring back the files that are missing, or accept the loss: "+p.acceptLoss(dir, lost))
	}
	switch {
	case errors.Is(err, errLakeTaken):
		who := "another process"
		if run, err := running(p.src.Data); err == nil && run.PID != 0 && p.dir == nil {
			who = fmt.Sprintf("`globalmart %s` (pid %d)", run.Command, run.PID)
		}
		return fault.New(fault.Failed, "the lake in "+dir+" is being written by "+who, nil,
			"leave it to that one (`globalmart up` writes its lake itself), or name another with --lake DIR")
	case errors.Is(err, lake.ErrConflict):
		return fault.New(fault.Failed, "two processes write the lake in "+dir, err,
			"stop one of them and start the other again; no record is lost or in the lake twice")
	case errors.Is(err, lake.ErrOtherLog):
		return fault.New(fault.Failed, "the lake in "+dir+" and the log do not belong together", err,
			"bring back the log that it was written from; or move "+filepath.Join(dir, lake.SourceRaw)+" away: the next start writes it anew from the log that is there")
	}
	return fault.New(fault.Failed, "the lake in "+dir+" is damaged", err,
		"`globalmart verify` names every damaged file: bring them back from a copy; what cannot be had again is given up with `globalmart lake accept-loss`, once the damaged file is moved away")
}

// acceptLoss is the command that accepts what was lost.
func (p *platform) acceptLoss(dir string, lost *lake.LostError) string {
	command := "globalmart lake accept-loss --data " + p.src.Data
	if p.src.Kafka != embeddedKafka {
		command += " --kafka " + p.src.Kafka
	}
	if dir != p.lakeDir("") {
		command += " --lake " + dir
	}
	return fmt.Sprintf("%s --topic %s --partition %d --first %d --last %d --note WHY", command, lost.Topic, lost.Partition, lost.First, lost.Start-1)
}

// LossOptions are those of `globalmart lake accept-loss`.
type LossOptions struct {
	LakeOptions
	Topic       string
	Partition   int32
	First, Last int64  // offsets, both lost
	Note        string // who accepts it and why
}

// AcceptLoss records that the lake will never have some records: its writer goes
// on after them, and verify counts them as lost. Only what neither the lake nor
// the log holds can be given up.
func AcceptLoss(ctx context.Context, env Env, o LossOptions) error {
	at := lake.Place{Topic: o.Topic, Partition: o.Partition}
	p, err := open(ctx, env, o.Source, "lake", nil)
	if err != nil {
		return err
	}
	defer p.close()
	dir := p.lakeDir(o.Lake)
	if err := p.checkLoss(ctx, dir, at, o); err != nil {
		return err
	}
	err = lake.AcceptLoss(dir, at, o.First, o.Last, o.Note, time.Now())
	if errors.Is(err, lake.ErrConflict) {
		return fault.New(fault.Failed, fmt.Sprintf("the loss of offsets %d to %d of %s is accepted already", o.First, o.Last, at), nil, "go on: nothing needs to be done")
	}
	if err != nil {
		return fault.New(fault.Failed, "the loss is not accepted", err, lossFix)
	}
	loss := struct {
		Lake      string `json:"lake"`
		Topic     string `json:"topic"`
		Partition int32  `json:"partition"`
		First     int64  `json:"first"`
		Last      int64  `json:"last"`
	}{dir, o.Topic, o.Partition, o.First, o.Last}
	return env.tell(loss, func() {
		env.Say("records %d to %d of %s are given up; verify counts them as lost", o.First, o.Last, at)
	})
}

// checkLoss refuses to give up what the log still holds: the lake's writer comes
// to it. A hole between two files is another matter, no writer goes back to it.
func (p *platform) checkLoss(ctx context.Context, dir string, at lake.Place, o LossOptions) error {
	starts, ends, err := brokerLog{p.kafka}.Bounds(ctx, at.Topic)
	if err != nil {
		return p.kafkaFault(err)
	}
	start, known := starts[at.Topic][at.Partition]
	if !known {
		return fault.New(fault.Usage, fmt.Sprintf("the log has no partition %s", at), nil, "globalmart topics list shows the topics")
	}
	l, err := lake.List(dir, lake.SourceRaw)
	if err != nil {
		return fault.New(fault.Failed, "cannot read the lake in "+dir, err, "check that it is readable")
	}
	for _, e := range l.Entries[at] {
		if e.First > o.First {
			return nil
		}
	}
	end := ends[at.Topic][at.Partition]
	switch {
	case o.Last < start:
		return nil
	case o.Last >= end:
		return fault.New(fault.Usage, fmt.Sprintf("the loss is not accepted: the log of %s ends before offset %d", at, end), nil, lossFix)
	}
	return fault.New(fault.Failed, fmt.Sprintf("the loss is not accepted: the log still holds offsets %d to %d of %s", max(start, o.First), o.Last, at), nil, lossFix)
}

// lossFix tells of where to see what can be given up.
const lossFix = "give up no more than what the lake's writer or `globalmart verify` says is missing"
