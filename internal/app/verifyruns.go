package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/store"
	"globalmart/internal/verify"
	"globalmart/internal/warehouse/parquet"
)

const (
	// lastVerify is the owner of the report of verify: there is one of an installation.
	lastVerify = "last"
	// keepVerify is how long it is kept: a year, and a month more.
	keepVerify = 400 * 24 * time.Hour
	// tellVerify is how often a run under way says how far it is.
	tellVerify = time.Second
	// endTime is how long the last word of a run is tried to be kept.
	endTime = 20 * time.Second
)

// verifyRuns runs verify in a running platform when an operator asks for it, and keeps
// the last report, also past the end of the process. It is safe for concurrent use.
type verifyRuns struct {
	desk  *desk.Desk
	lane  lane
	world func() (verify.World, error)
	log   *slog.Logger

	records atomic.Int64
	mu      sync.Mutex
	last    api.VerifyRun
}

// recall reads what is kept. A run under way of which nothing was heard for so long has
// ended with its process. The caller holds the lock, or is alone.
func (v *verifyRuns) recall(ctx context.Context, silence time.Duration) error {
	kept, err := desk.Read[api.VerifyRun](ctx, v.desk, store.ReportVerify)
	if err != nil {
		return err
	}
	for i := range kept {
		v.last = verifyRunOf(kept[i], v.desk.Now(), silence)
		v.records.Store(v.last.Records)
	}
	return nil
}

// verifyRunOf is what was told of a run, as it is now.
func verifyRunOf(told desk.Told[api.VerifyRun], now time.Time, silence time.Duration) api.VerifyRun {
	if now.Sub(told.At.Std()) >= silence {
		abandon(&told.Value, told.At.Std())
	}
	return told.Value
}

// underWay reports whether r has begun and not ended.
func underWay(r *api.VerifyRun) bool { return !r.Started.IsZero() && r.Finished.IsZero() }

// abandon ends a run that is under way, whose process was seen last at a time.
func abandon(r *api.VerifyRun, seen time.Time) {
	if !underWay(r) {
		return
	}
	err := errors.New("the process that ran it ended")
	r.Finished, r.Err = seen, err.Error()
	keep(r, err)
}

// now implements what the API needs.
func (v *verifyRuns) now(context.Context) (api.VerifyRun, error) { return v.state(), nil }

// state is the last run, which may be under way.
func (v *verifyRuns) state() api.VerifyRun {
	v.mu.Lock()
	defer v.mu.Unlock()
	run := v.last
	run.Records = v.records.Load()
	return run
}

// tell lets other processes see the state, and the next one here.
func (v *verifyRuns) tell(ctx context.Context) error {
	return v.desk.Put(ctx, store.ReportVerify, lastVerify, v.state(), keepVerify)
}

// start starts a run, unless one is under way, here or elsewhere.
func (v *verifyRuns) start(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !underWay(&v.last) { // another process may have run it since
		if err := v.recall(ctx, desk.Holds); err != nil {
			return err
		}
	}
	if underWay(&v.last) {
		return api.Refusal{Why: "verify is under way"}
	}
	v.records.Store(0)
	if !v.lane.start(v.run) {
		return api.Refusal{Why: "the platform is starting or stopping"}
	}
	v.last = api.VerifyRun{Started: time.Now(), Report: v.last.Report, Past: v.last.Past}
	return nil
}

// run checks, and tells how far it is and what it found.
func (v *verifyRuns) run(ctx context.Context) {
	var telling sync.WaitGroup
	checking, checked := context.WithCancel(ctx)
	telling.Go(func() {
		for {
			_ = v.tell(checking) // the next one says more
			if !sleep(checking, tellVerify) {
				return
			}
		}
	})
	report, err := v.check(ctx)
	checked()
	telling.Wait()
	v.end(ctx, &report, err)
	v.tellEnd(ctx)
}

// tellEnd tells what a run came to, which is said once: it is tried for a while, or until
// the process ends.
func (v *verifyRuns) tellEnd(ctx context.Context) {
	trying, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	for {
		err := v.tell(trying)
		if err == nil {
			return
		}
		if !sleep(ctx, tellVerify) || trying.Err() != nil {
			v.log.WarnContext(ctx, "what verify found is not kept", "error", err)
			return
		}
	}
}

// end notes what a run came to.
func (v *verifyRuns) end(ctx context.Context, report *verify.Report, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last.Finished = time.Now()
	defer func() { keep(&v.last, err) }()
	if err != nil {
		v.last.Err = err.Error()
		v.log.WarnContext(ctx, "verify did not come to an end", "error", err)
		return
	}
	v.last.Report = verifyReport(report)
	v.log.InfoContext(ctx, "verify", "agrees", report.OK, "records", report.Cut.Records, "seconds", report.Took.Seconds())
}

// keptVerifyRuns are those that the API tells of.
const keptVerifyRuns = 50

// keep puts a run that has ended before the others. Others read the list that was
// there, so it stays as it is.
func keep(r *api.VerifyRun, err error) {
	past := append([]api.VerifyPast{api.PastOf(r.Started, r.Finished, r.Report, err)}, r.Past...)
	r.Past = past[:min(len(past), keptVerifyRuns)]
}

func (v *verifyRuns) check(ctx context.Context) (verify.Report, error) {
	w, err := v.world()
	if err != nil {
		return verify.Report{}, err
	}
	w.Progress = func(n int64) { v.records.Add(n) }
	w.Workers = max(1, runtime.GOMAXPROCS(0)/2) // the live side goes on
	return verify.Run(ctx, w)
}

// verifyWorld is what verify compares in a running platform.
func (u *upRun) verifyWorld() (verify.World, error) {
	return u.liveWorld(u.store, u.lakeDir(""), placeWarehouse(u.o.Warehouse, "", u.dir.Layout).dir)
}

// liveWorld is what verify compares beside parts that go on: log, live tables and API, the
// lake and the warehouse in their directories.
func (p *platform) liveWorld(s liveStore, lake, warehouse string) (verify.World, error) {
	w := verify.World{
		Rules: p.rules, Store: s, Log: brokerLog{p.kafka}, Now: time.Now, Live: true,
		Lake: &verify.Lake{Dir: lake}, Warehouse: parquet.New(warehouse, time.Now),
	}
	// It is asked thousands of questions: no line for each.
	key := rand.Text()
	h, err := p.newAPI(s, nil, nil, readAccess(key), nil, slog.New(slog.DiscardHandler))
	w.API = &verify.API{Handler: h, Key: key}
	return w, err
}

// verifyReport is a report as the API shows it.
func verifyReport(r *verify.Report) *api.VerifyReport {
	out := api.VerifyReport{Agrees: r.OK, Records: r.Cut.Records, Waiting: r.Cut.Waiting, Seconds: r.Took.Seconds(), Invariants: []api.Invariant{}}
	if r.Warehouse != nil {
		out.WarehouseRun = &r.Warehouse.Run
	}
	for _, i := range r.Invariants {
		one := api.Invariant{
			ID: i.ID, Name: i.Name, Holds: i.OK, Checked: i.Checked, Found: i.Found,
			Differences: []api.Difference{}, Notes: append([]string{}, i.Notes...),
		}
		for _, d := range i.Differences {
			one.Differences = append(one.Differences, api.Difference(d))
		}
		out.Invariants = append(out.Invariants, one)
	}
	return &out
}
