package verify

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/lake"
)

// Lake is where the lake is.
type Lake struct {
	Dir  string
	Deep bool // read every row, and make every file anew from its records
}

// checkLake checks what the log was written to: that files are whole and follow
// one another without a hole, that their footers agree with them, and that the
// last record of every partition is the log's.
func checkLake(ctx context.Context, e *evidence, r *Result) error {
	report, err := lake.Check(ctx, e.Lake.Dir, lake.SourceRaw, lake.CheckOptions{Deep: e.Lake.Deep, Workers: e.Workers})
	if err != nil {
		return err
	}
	for _, problem := range report.Problems {
		r.differ(report.Source, "files", "whole and contiguous", problem.Error())
	}
	r.Found += int64(report.Found - len(report.Problems))
	if len(report.Parts) == 0 {
		r.note("the lake is empty")
		return nil
	}
	starts, ends, err := e.Log.Bounds(ctx, lake.Topics...)
	if err != nil {
		return err
	}
	for i := range report.Parts {
		if err := e.checkPart(ctx, &report.Parts[i], starts, ends, r); err != nil {
			return err
		}
	}
	return nil
}

// checkPart compares one partition of the lake with the log.
func (e *evidence) checkPart(ctx context.Context, p *lake.Part, starts, ends Offsets, r *Result) error {
	r.Checked += p.Sum.Records
	if p.Lost > 0 {
		r.note("%s: %d records were lost, and that was accepted", p.Place, p.Lost)
	}
	if accounted := p.Sum.Records + p.Sum.Skipped + p.Lost; accounted != p.Next-p.First {
		r.differ(p.String(), "records", fmt.Sprint(p.Next-p.First), fmt.Sprint(accounted))
	}
	end := ends[p.Topic][p.Partition]
	if p.Next > end {
		r.differ(p.String(), "end", fmt.Sprintf("at most %d, where the log ends", end), fmt.Sprint(p.Next))
		return nil
	}
	last := p.Next - 1
	if last < starts[p.Topic][p.Partition] {
		return nil // the log no longer has it
	}
	from, to := Offsets{p.Topic: {p.Partition: last}}, Offsets{p.Topic: {p.Partition: p.Next}}
	return e.Log.Scan(ctx, from, to, func(record *kgo.Record) error {
		if want := fmt.Sprintf("%016x", recordHash(record.Value)); p.Sum.LastHash != "" && p.Sum.LastHash != want {
			r.differ(fmt.Sprintf("%s@%d", p.Place, last), "hash", want, p.Sum.LastHash)
		}
		return nil
	})
}
