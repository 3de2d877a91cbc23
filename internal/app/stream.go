package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/store"
)

const (
	// group is the consumer group of the stream workers.
	group = "globalmart-stream"
	// commitEvery is the floor between two commits: low latency, and a third of
	// the work of committing every event by itself.
	commitEvery = 5 * time.Millisecond
	// snapshotEvery is how much of the log a start reads again, at most, for
	// commands that do not let it be chosen.
	snapshotEvery = time.Minute
	pruneEvery    = 10 * time.Minute
	// keepFindings is how long findings are kept: a year, and the same season of the
	// last one to compare with.
	keepFindings = 400 * 24 * time.Hour
	// keepLedger is how long the ledger keeps its rows a minute apart.
	keepLedger = 7 * 24 * time.Hour
)

type worker = engine.Worker[*store.Changes]

// heapGrowth is how much the heap may grow between two collections, in percent of
// what is in use. Catching up makes garbage by the hundred megabytes; measured with
// a backlog of 2 M events beside other work, 50 takes a sixth less memory than Go's
// 100 and no more CPU time than that.
const heapGrowth = 50

// newWorker returns a stream worker on s that writes snapshots this often. watch
// may be nil.
func (p *platform) newWorker(s liveStore, snapshotEvery time.Duration, watch *watch) (*worker, error) {
	if p.env.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	cfg := p.workerConfig(s, snapshotEvery)
	if watch != nil {
		cfg.Latency, cfg.Committed, cfg.Duplicate = watch.latency.Record, watch.committed, watch.duplicates.add
	}
	return engine.New(cfg)
}

// workerConfig is what a worker on s is given.
func (p *platform) workerConfig(s liveStore, snapshotEvery time.Duration) engine.Config[*store.Changes] {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return engine.Config[*store.Changes]{
		Kafka: p.kafka, Group: group, Owner: fmt.Sprintf("%s/%d", host, os.Getpid()),
		Ledger:     s,
		NewFold:    func(id store.TaskID) engine.Fold[*store.Changes] { return processor.New(id, p.rules) },
		NewChanges: store.NewChanges,
		Horizon:    p.rules.Stream.Horizon, RulesVersion: p.rules.Version,
		CommitEvery: commitEvery, SnapshotEvery: snapshotEvery,
		Now: time.Now, Log: p.env.Log, Failpoint: failpoint(p.env.Getenv),
	}
}

// prune drops what is past its time and folds old ledger rows, every so often.
func (p *platform) prune(s liveStore) service {
	return service{"prune", func(ctx context.Context) error {
		for {
			if err := p.pruneOnce(ctx, s); err != nil && ctx.Err() == nil {
				p.env.Log.WarnContext(ctx, "old rows not pruned", "error", err)
			}
			if !sleep(ctx, pruneEvery) {
				return nil
			}
		}
	}}
}

func (p *platform) pruneOnce(ctx context.Context, s liveStore) error {
	asOf, err := s.AsOf(ctx)
	if err != nil || asOf.RecordTime == 0 {
		return err
	}
	r, at := &p.rules, asOf.RecordTime
	_, minutes := s.PruneMinutes(ctx, at.Add(-r.Stream.KeepMinutes))
	_, sessions := s.PruneSessions(ctx, at.Add(-r.Session.Keep))
	_, carts := s.PruneCarts(ctx, at.Add(-r.Cart.Keep))
	_, findings := s.PruneFindings(ctx, at.Add(-keepFindings))
	_, alerts := s.PruneAlerts(ctx, event.TimeOf(time.Now()).Add(-keepAlerts))
	_, jobs := s.PruneJobRuns(ctx, event.TimeOf(time.Now()).Add(-keepJobRuns))
	_, reports := s.PruneReports(ctx, event.TimeOf(time.Now()))
	_, ledger := s.FoldLedger(ctx, asOf.Committed.Add(-keepLedger))
	return errors.Join(minutes, sessions, carts, findings, alerts, jobs, reports, ledger)
}

// Stream runs one stream worker until ctx ends.
func Stream(ctx context.Context, env Env, o StreamOptions) error {
	l, err := listen(ctx, "metrics", o.OperatorListen, "--operator-listen")
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := open(ctx, env, o.Source, "stream", nil)
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
	s, err := p.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	watch := newWatch()
	w, err := p.newWorker(s, o.SnapshotEvery, watch)
	if err != nil {
		return err
	}
	alerts, err := p.newAlerts(s, o.Alerts)
	if err != nil {
		return err
	}
	operator := newOperator(env, l, append(watch.collectors(w.Status), alertCollector{alerts.Status})...)
	if err := p.announceStream(operator.addr); err != nil {
		return err
	}
	work := func(ctx context.Context) error { return streamFault(w.Run(ctx)) }
	d := p.newDesk(s)
	seen := func(ctx context.Context) error {
		return d.Tell(ctx, store.ReportSources, func() any { return sourcesSaid{Duplicates: watch.duplicates.all()} })
	}
	return serve(ctx, service{"stream", work}, tellStream(d, w, watch), service{"sources", seen}, service{"alerts", alerts.Run}, p.prune(s), operator.service)
}

// announceStream tells where a worker reads and shows its metrics.
func (p *platform) announceStream(operator string) error {
	r := struct {
		PID     int      `json:"pid"`
		Kafka   []string `json:"kafka"`
		Metrics string   `json:"metrics"`
	}{os.Getpid(), p.kafka.Brokers, "http://" + operator + "/metrics"}
	return p.env.tell(r, func() {
		p.env.Say("stream worker on %s; metrics on %s; Ctrl-C stops it", strings.Join(r.Kafka, ","), r.Metrics)
	})
}

// waitReady waits until w owns its tasks and has replayed what it must.
func waitReady(ctx context.Context, w *worker) error {
	for !w.Status().Ready {
		if !sleep(ctx, 5*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

// waitReached waits until w has committed everything below ends.
func waitReached(ctx context.Context, w *worker, ends map[string]map[int32]int64) error {
	for !w.Reached(ends) {
		if !sleep(ctx, 10*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

// applied sums what a worker has made durable since it started.
func applied(st engine.Status) store.Counts {
	var sum store.Counts
	for _, c := range st.ByTopic {
		sum.Add(c)
	}
	return sum
}
