package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/verify"
)

// Verify checks every invariant over log, store and API, beside a platform that
// runs or on its own, and ends with fault.Failed if one does not hold.
func Verify(ctx context.Context, env Env, o VerifyOptions) error {
	if err := needData(o.Source); err != nil {
		return err
	}
	p, err := open(ctx, env, o.Source, "verify", nil)
	if err != nil {
		return err
	}
	defer p.close()
	s, err := p.openStore(ctx, p.dir != nil)
	if err != nil {
		return err
	}
	defer s.Close()
	w := verify.World{Rules: p.rules, Store: s, Log: brokerLog{p.kafka}, Now: time.Now, Live: p.dir == nil}
	if dir := p.lakeDir(o.Lake); isDir(dir) {
		w.Lake = &verify.Lake{Dir: dir, Deep: o.Deep}
	} else if o.Lake != "" {
		return fault.New(fault.NotFound, "there is no lake in "+dir, nil, "name the directory of the lake with --lake")
	}
	if w.API, err = p.apiOf(o, s); err != nil {
		return err
	}
	report, err := verify.Run(ctx, w)
	if err != nil {
		return err
	}
	if err := env.Show(report, func() console.Grid { return verifyGrid(&report) }); err != nil {
		return err
	}
	sayVerified(env, &report)
	if err := report.Err(); err != nil {
		return fault.New(fault.Failed, "the numbers do not agree", err, "globalmart verify -o json shows every difference")
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// brokerLog is the log as verify reads it.
type brokerLog struct{ cfg kafka.Config }

func (l brokerLog) Bounds(ctx context.Context, topics ...string) (starts, ends verify.Offsets, err error) {
	if starts, err = kafka.LogStarts(ctx, l.cfg, topics...); err != nil {
		return nil, nil, err
	}
	ends, err = kafka.LogEnds(ctx, l.cfg, topics...)
	return starts, ends, err
}

func (l brokerLog) Scan(ctx context.Context, from, to verify.Offsets, fn func(*kgo.Record) error) error {
	return kafka.Scan(ctx, l.cfg, from, to, fn)
}

func verifyGrid(r *verify.Report) console.Grid {
	g := console.Grid{Header: []string{"", "invariant", "checked", "differences"}}
	for _, i := range r.Invariants {
		mark := "✓"
		if !i.OK {
			mark = "✗"
		}
		g.Rows = append(g.Rows, []any{mark, fmt.Sprintf("%d  %s", i.ID, i.Name), i.Checked, i.Found})
	}
	return g
}

func sayVerified(env Env, r *verify.Report) {
	if r.Empty {
		env.Say("nothing is applied yet, so there was nothing to compare")
	}
	for _, i := range r.Invariants {
		for _, d := range i.Differences {
			env.Say("invariant %d: %s", i.ID, d)
		}
		for _, n := range i.Notes {
			env.Say("invariant %d: %s", i.ID, n)
		}
	}
	env.Say("%s records recomputed, %s above the cut, %.1fs", console.Count(r.Cut.Records), console.Count(r.Cut.Waiting), r.Took.Seconds())
}
