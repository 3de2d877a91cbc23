package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// Lake is where the lake is.
type Lake struct {
	Dir  string
	Deep bool // read every row, and make every file anew from its records
}

// source is one source of the lake and what a look at its files found.
type source struct {
	lake.Report
	shown    Source
	manifest lake.Manifest
	failed   error // why the manifest cannot be read
}

// differ notes a difference of s.
func (s *source) differ(r *Result, key, field string, want, got any) {
	s.shown.Differences++
	r.differ(s.Source+" "+key, field, want, got)
}

// place names a partition of the lake.
func placeOf(p *lake.Part) place { return place{p.Topic, p.Partition} }

// readLake looks at every file of every source. A log that is being trimmed begins
// later afterwards, above what the lake was seen to hold; so its starts are read
// before.
func (e *evidence) readLake(ctx context.Context) error {
	if e.Log != nil {
		var err error
		if e.starts, _, err = e.Log.Bounds(ctx, lake.Topics...); err != nil {
			return err
		}
	}
	names, err := lake.Sources(e.Lake.Dir)
	if err != nil {
		return err
	}
	o := lake.CheckOptions{Deep: e.Lake.Deep, Workers: e.workers()}
	if o.Deep {
		o.Progress = e.progress
	}
	for _, name := range names {
		report, err := lake.Check(ctx, e.Lake.Dir, name, o)
		if err != nil {
			return err
		}
		s := &source{Report: report}
		if name != lake.SourceRaw {
			s.manifest, s.failed = lake.ReadManifest(e.Lake.Dir, name)
		}
		s.add()
		e.sources = append(e.sources, s)
	}
	return nil
}

// add sums up what s holds.
func (s *source) add() {
	s.shown = Source{Name: s.Source, Files: s.Files, Decoded: s.Rows, Unfinished: len(s.Temps)}
	days := map[int32]bool{}
	for i := range s.Parts {
		p := &s.Parts[i]
		s.shown.Records += p.Sum.Records
		s.shown.Valid += valid(&p.Sum)
		s.shown.Dead += dead(&p.Sum)
		s.shown.Lost += p.Lost
		s.shown.Orders += p.Sum.Completed.Events
		s.shown.Units += p.Sum.Completed.Units
		s.shown.RevenueMinor += event.Minor(p.Sum.Completed.BaseLinesMinor)
		s.shown.Refunds += p.Sum.Refunded.Events
		s.shown.UnitsReturned += p.Sum.Refunded.Units
		s.shown.RefundedMinor += event.Minor(p.Sum.Refunded.BaseLinesMinor)
		for _, span := range p.Spans {
			if span.Gap {
				continue
			}
			days[span.Day] = true
			if info, err := os.Stat(span.Path); err == nil {
				s.shown.Bytes += info.Size()
			}
		}
	}
	s.shown.Days = len(days)
	for day := range days {
		date := time.Unix(int64(day)*86_400, 0).UTC().Format(time.DateOnly)
		if s.shown.FirstDay == "" || date < s.shown.FirstDay {
			s.shown.FirstDay = date
		}
		s.shown.LastDay = max(s.shown.LastDay, date)
	}
}

func valid(f *lake.Footer) (n int64) {
	for _, events := range f.Events {
		n += events
	}
	return n
}

func dead(f *lake.Footer) (n int64) {
	for _, records := range f.Invalid {
		n += records
	}
	return n
}

// checkLakeDispositions is invariant 2 on the lake: each record of each source is
// a valid event or a dead record, and no offset is unaccounted for.
func checkLakeDispositions(_ context.Context, e *evidence, r *Result) error {
	for _, s := range e.sources {
		for i := range s.Parts {
			p := &s.Parts[i]
			r.Checked += p.Sum.Records
			if sum := valid(&p.Sum) + dead(&p.Sum); sum != p.Sum.Records {
				s.differ(r, p.String(), "valid and dead records", p.Sum.Records, sum)
			}
			if p.Lost > 0 {
				r.note("%s %s: %d records were lost, and that was accepted", s.Source, p.Place, p.Lost)
			}
		}
	}
	return nil
}

// checkLakeFiles is invariant 7: the files of each source are whole and follow one
// another without a hole, their footers agree with them and add up, an import is
// as large as it says, and what the log carried goes on in the log.
func checkLakeFiles(ctx context.Context, e *evidence, r *Result) error {
	if len(e.sources) == 0 {
		r.note("the lake is empty")
	}
	for _, s := range e.sources {
		for _, problem := range s.Problems {
			s.differ(r, "files", "state", "whole and contiguous", problem.Error())
		}
		unlisted := int64(s.Found - len(s.Problems))
		s.shown.Differences += unlisted
		r.Found += unlisted
		if len(s.Temps) > 0 && !e.Live {
			r.note("%s: %d files are being written, or were left by a writer that was killed, such as %s: they hold nothing that counts, and the next writer removes them",
				s.Source, len(s.Temps), s.Temps[0])
		}
		for i := range s.Parts {
			p := &s.Parts[i]
			r.Checked += p.Sum.Records
			if accounted := p.Sum.Records + p.Sum.Skipped + p.Lost; accounted != p.Next-p.First && s.Found == 0 {
				s.differ(r, p.String(), "records", p.Next-p.First, accounted)
			}
		}
		s.checkManifest(e.Lake.Dir, r)
	}
	if e.Log == nil {
		return nil
	}
	return e.checkLakeEnds(ctx, r)
}

// checkManifest compares an import with how many events its file had.
func (s *source) checkManifest(dir string, r *Result) {
	name := filepath.Join(dir, filepath.FromSlash(s.Source), "source.json")
	if s.failed != nil {
		s.differ(r, name, "state", "readable", s.failed.Error())
		return
	}
	events, ok := s.manifest["events"]
	if !ok || s.Source == lake.SourceHistory {
		return
	}
	if got := strconv.FormatInt(s.shown.Records, 10); got != events {
		s.differ(r, "records", "the events of "+name, events, got+": files are missing, or the import was not finished")
	}
}

// raw is the source that the log was written to, or nil.
func (e *evidence) raw() *source {
	for _, s := range e.sources {
		if s.Source == lake.SourceRaw {
			return s
		}
	}
	return nil
}

// checkLakeEnds compares how far lake and log reach: the lake does not go beyond
// the log, and the log begins at or below the lake's end.
func (e *evidence) checkLakeEnds(ctx context.Context, r *Result) error {
	s := e.raw()
	if s == nil {
		return nil
	}
	for _, p := range e.parts {
		if p.lakeFailed != nil {
			s.differ(r, p.String(), "records that the log no longer holds", "in the lake", p.lakeFailed.Error())
		}
	}
	_, ends, err := e.Log.Bounds(ctx, lake.Topics...)
	if err != nil {
		return err
	}
	parts := map[place]*lake.Part{}
	for i := range s.Parts {
		parts[placeOf(&s.Parts[i])] = &s.Parts[i]
	}
	for _, topic := range lake.Topics {
		for n, start := range e.starts[topic] {
			at := place{topic, n}
			p, end := parts[at], ends[topic][n]
			delete(parts, at)
			next := int64(0)
			if p != nil {
				next = p.Next
			}
			if next > end {
				s.differ(r, at.String(), "end", fmt.Sprintf("at most %d, where the log ends", end), next)
			}
			if next < start {
				s.differ(r, at.String(), "end", fmt.Sprintf("at least %d, where the log begins", start), next)
			}
		}
	}
	for at := range parts {
		s.differ(r, at.String(), "partition", "one of the log", "none")
	}
	return nil
}

// damaged reports whether err says that the lake does not hold what it should.
func damaged(err error) bool {
	return errors.Is(err, lake.ErrCorrupt) || errors.Is(err, lake.ErrHole) || errors.Is(err, lake.ErrOverlap) || errors.Is(err, os.ErrNotExist)
}
