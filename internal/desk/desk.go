// Package desk lets processes that share a store work together without knowing each
// other's address: each leaves reports of itself, and errands for whoever can do them. So
// the API of a cluster shows stream workers that run elsewhere, and starts batch jobs there.
//
// Nothing rests on it: a report that is lost is written again, an errand that nobody takes
// runs out. Clocks of processes may differ by less than [Holds].
package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

const (
	// tellEvery is how old what is shown of another process may get.
	tellEvery = 2 * time.Second
	// Holds is how long a process counts as there without a new report.
	Holds = 15 * time.Second
	// lookEvery is how long an errand waits for somebody who has nothing else to do.
	lookEvery = time.Second
	// Patience is how long an errand waits at most: nobody expects a job that was
	// asked for before a long outage.
	Patience = 30 * time.Second
	// lastWord is how long the last report at the end of a process may take.
	lastWord = time.Second
)

// Store keeps reports and errands.
type Store interface {
	// PutReport writes r in the place of the one before of its kind and owner.
	PutReport(ctx context.Context, r store.Report) error
	// Reports returns those of a kind that hold at now, in the order of their owners.
	Reports(ctx context.Context, kind store.ReportKind, now event.Time) ([]store.Report, error)
	// AddErrand asks for e, in the place of the one before of its kind and subject.
	AddErrand(ctx context.Context, e store.Errand) error
	// TakeErrands returns all errands, each to one taker only.
	TakeErrands(ctx context.Context) ([]store.Errand, error)
}

// Desk is a process at the desk that it shares with others.
type Desk struct {
	Store Store
	Owner string // names this process, unlike any other
	Now   func() time.Time
	Log   *slog.Logger
}

// Put leaves a report, whose body is that of v as JSON, that holds for a time.
func (d *Desk) Put(ctx context.Context, kind store.ReportKind, owner string, v any, holds time.Duration) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("desk: report of %s: %w", kind, err)
	}
	now := event.TimeOf(d.Now())
	return d.Store.PutReport(ctx, store.Report{Kind: kind, Owner: owner, At: now, Until: now.Add(holds), Body: string(body)})
}

// Tell reports what of returns every two seconds until ctx ends, and then takes the report
// back. A store that is down is tried again.
func (d *Desk) Tell(ctx context.Context, kind store.ReportKind, of func() any) error {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	failing := false
	for {
		err := d.Put(ctx, kind, d.Owner, of(), Holds)
		if err != nil && !failing && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "others do not see how this process does", "report", kind, "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
			defer cancel()
			if err := d.Store.PutReport(ctx, store.Report{Kind: kind, Owner: d.Owner, Body: "null"}); err != nil {
				d.Log.DebugContext(ctx, "others see for a while yet how this process did", "report", kind, "error", err)
			}
			return nil
		case <-tick.C:
		}
	}
}

// Told is what a process said of itself.
type Told[T any] struct {
	Owner string
	At    event.Time
	Value T
}

// Read returns what processes say of a kind, in the order of their names. Reports of
// another build that cannot be read are left out.
func Read[T any](ctx context.Context, d *Desk, kind store.ReportKind) ([]Told[T], error) {
	reports, err := d.Store.Reports(ctx, kind, event.TimeOf(d.Now()))
	if err != nil {
		return nil, err
	}
	all := make([]Told[T], 0, len(reports))
	for _, r := range reports {
		told := Told[T]{Owner: r.Owner, At: r.At}
		if err := json.Unmarshal([]byte(r.Body), &told.Value); err != nil {
			d.Log.DebugContext(ctx, "a report cannot be read", "report", kind, "owner", r.Owner, "error", err)
			continue
		}
		all = append(all, told)
	}
	return all, nil
}

// Ask leaves an errand for whoever can do it.
func (d *Desk) Ask(ctx context.Context, kind store.ErrandKind, subject string) error {
	now := event.TimeOf(d.Now())
	return d.Store.AddErrand(ctx, store.Errand{Kind: kind, Subject: subject, Asked: now, Until: now.Add(Patience)})
}

// Serve takes errands while ready says so, until ctx ends, and begins each by do, which is
// not to wait for its end.
func (d *Desk) Serve(ctx context.Context, ready func() bool, do func(context.Context, store.Errand) error) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if ready() {
			d.serve(ctx, do)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Desk) serve(ctx context.Context, do func(context.Context, store.Errand) error) {
	taken, err := d.Store.TakeErrands(ctx)
	if err != nil && ctx.Err() == nil {
		d.Log.DebugContext(ctx, "errands of others are not seen", "error", err)
	}
	for _, e := range taken {
		if now := event.TimeOf(d.Now()); e.Until <= now {
			d.Log.WarnContext(ctx, "an errand waited too long, and is not done", "errand", e.Kind, "subject", e.Subject, "asked", e.Asked)
			continue
		}
		if err := do(ctx, e); err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "an errand cannot be done", "errand", e.Kind, "subject", e.Subject, "error", err)
		}
	}
}
