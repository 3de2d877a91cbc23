package app

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
)

// LakeOptions are those of `globalmart lake`.
type LakeOptions struct {
	Source Source
	Lake   string // directory; "" = that of the data directory
}

// Lake writes every event of the log to the lake until ctx ends. It goes on where
// the lake ends, whoever wrote it.
func Lake(ctx context.Context, env Env, o LakeOptions) error {
	p, err := open(ctx, env, o.Source, "lake", nil)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.ensureTopics(ctx); err != nil {
		return err
	}
	dir := p.lakeDir(o.Lake)
	writer, err := lake.Open(lake.Config{Dir: dir, Calendar: p.rules.Calendar()}, time.Now())
	if err != nil {
		return fault.New(fault.Failed, "cannot write the lake in "+dir, err, "check that it is writable and the disk not full; globalmart verify says what is wrong with its files")
	}
	runner := &lake.Runner{Log: lakeLog{brokerLog{p.kafka}}, Writer: writer, Now: time.Now, Logger: env.Log}
	env.Say("the log of %v goes to the lake in %s; Ctrl-C stops it", p.kafka.Brokers, dir)

	g, gctx := errgroup.WithContext(ctx)
	live, stop := context.WithCancel(gctx)
	g.Go(func() error {
		defer stop()
		return runner.Run(gctx)
	})
	g.Go(func() error {
		env.Live(live, func() string { return lakeLine(runner.Status()) })
		return nil
	})
	err = g.Wait()
	env.Say("%s", lakeLine(runner.Status()))
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func lakeLine(s lake.Status) string {
	line := console.Count(s.Records) + " records in " + console.Count(s.Files) + " files"
	if s.Behind > 0 {
		line += ", " + console.Count(s.Behind) + " behind"
	}
	if s.Down != nil {
		line += ", cannot write: " + s.Down.Error()
	}
	return line
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
