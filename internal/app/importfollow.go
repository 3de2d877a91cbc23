package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
)

// rawResult is what became of the records of an import in the lake that is kept of
// the log.
type rawResult struct {
	Records int64  `json:"records"` // written by the import; also others that the lake lacked
	Files   int64  `json:"files"`   // that hold them
	LeftTo  string `json:"left_to,omitempty"`
}

// lakeFollower has the lake take what an import sends to the log, as `up` does.
type lakeFollower struct {
	platform *platform
	writer   *lakeWriter // nil: the lake is left to somebody else
	leftTo   string      // who writes it, or the command that does
	ended    chan struct{}
}

// newLakeFollower leaves the lake to the `up` that the log is of, and that of a
// cluster to whoever keeps one: it need not be in the data directory.
func (p *platform) newLakeFollower() *lakeFollower {
	f := &lakeFollower{platform: p, ended: make(chan struct{})}
	switch {
	case p.src.Kafka != embeddedKafka:
		f.leftTo = fmt.Sprintf("globalmart lake --once --kafka %s --data %s", p.src.Kafka, p.src.Data)
	case p.run.Command == "up":
		f.leftTo = fmt.Sprintf("globalmart up (pid %d), a few minutes after the stream", p.run.PID)
	default:
		f.writer = p.newLakeWriter(p.lakeDir(""), 0)
	}
	return f
}

// run writes the lake until ctx ends, and finishes its files. One that another
// process writes is left to that.
func (f *lakeFollower) run(ctx context.Context) error {
	defer close(f.ended)
	if f.writer == nil {
		return nil
	}
	err := f.writer.run(ctx)
	if errors.Is(f.writer.status().Down, errLakeTaken) {
		f.leftTo = "the process that writes it now"
		return nil
	}
	return err
}

// await waits until the lake's files, finished or not, hold all that is in the log,
// or the follower has ended.
func (f *lakeFollower) await(ctx context.Context) error {
	if f.writer == nil {
		return nil
	}
	ends, err := kafka.LogEnds(ctx, f.platform.kafka, lake.Topics...)
	if err != nil {
		return err
	}
	progress := f.platform.env.Progress("lake", "files", 0)
	defer progress.Done()
	var files int64
	for !f.writer.reached(ends) {
		select {
		case <-f.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(appliedPoll):
		}
		now := f.writer.status().Files
		progress.Add(now - files)
		files = now
	}
	return nil
}

// counts are how far the follower is. They change as long as it gets on.
func (f *lakeFollower) counts() lakeCounts {
	if f.writer == nil {
		return lakeCounts{}
	}
	c := f.writer.counts()
	c.Down = "" // each attempt may fail with words of its own
	return c
}

// result is what the follower did, once it has ended. That the lake lacks some of the
// import is an error.
func (f *lakeFollower) result() (*rawResult, error) {
	if f.leftTo != "" {
		return &rawResult{LeftTo: f.leftTo}, nil
	}
	s := f.writer.status()
	if s.Down != nil {
		return nil, fault.New(fault.Failed, "the import is in the log and in the live tables, and not all of it in the lake", s.Down,
			spaceOr(f.writer.cfg.Dir, "make "+f.writer.cfg.Dir+" writable")+"; importing again goes on and sends nothing twice")
	}
	return &rawResult{Records: s.Records, Files: s.Files}, nil
}

// rows are those that tell of r.
func (r *rawResult) rows() [][]any {
	if r.LeftTo != "" {
		return [][]any{{"the lake is written by", r.LeftTo}}
	}
	return [][]any{{"records written to the lake", r.Records}, {"in new files", r.Files}}
}
