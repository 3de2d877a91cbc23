package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/verify"
	"globalmart/internal/warehouse/parquet"
)

// verifyRuns runs verify in a running platform when an operator asks for it, and keeps
// the last report. It is safe for concurrent use.
type verifyRuns struct {
	lane  lane
	world func() (verify.World, error)
	log   *slog.Logger

	records atomic.Int64
	mu      sync.Mutex
	last    api.VerifyRun
}

// state is the last run, which may be under way.
func (v *verifyRuns) state() api.VerifyRun {
	v.mu.Lock()
	defer v.mu.Unlock()
	run := v.last
	run.Records = v.records.Load()
	return run
}

// start starts a run, unless one is under way.
func (v *verifyRuns) start(context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.last.Started.IsZero() && v.last.Finished.IsZero() {
		return api.Refusal{Why: "verify is under way"}
	}
	v.records.Store(0)
	if !v.lane.start(v.run) {
		return api.Refusal{Why: "the platform is starting or stopping"}
	}
	v.last = api.VerifyRun{Started: time.Now(), Report: v.last.Report, Past: v.last.Past}
	return nil
}

func (v *verifyRuns) run(ctx context.Context) {
	report, err := v.check(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last.Finished, v.last.Err = time.Now(), err
	defer v.keep()
	if err != nil {
		v.log.WarnContext(ctx, "verify did not come to an end", "error", err)
		return
	}
	v.last.Report = verifyReport(&report)
	v.log.InfoContext(ctx, "verify", "agrees", report.OK, "records", report.Cut.Records, "seconds", report.Took.Seconds())
}

// keptVerifyRuns are those that the API tells of.
const keptVerifyRuns = 50

// keep puts the run that has ended before the others. Others read the list that was
// there, so it stays as it is. The caller holds the lock.
func (v *verifyRuns) keep() {
	past := append([]api.VerifyPast{api.PastOf(v.last.Started, v.last.Finished, v.last.Report, v.last.Err)}, v.last.Past...)
	v.last.Past = past[:min(len(past), keptVerifyRuns)]
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
	dir := u.lakeDir("")
	w := verify.World{
		Rules: u.rules, Store: u.store, Log: brokerLog{u.kafka}, Now: time.Now, Live: true,
		Lake: &verify.Lake{Dir: dir}, Warehouse: parquet.New(placeWarehouse(u.o.Warehouse, "", u.dir.Layout).dir, time.Now),
	}
	// It is asked thousands of questions: no line for each.
	key := rand.Text()
	h, err := u.newAPI(u.store, nil, nil, readAccess(key), nil, slog.New(slog.DiscardHandler))
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
