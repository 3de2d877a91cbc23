package app

import (
	"context"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
	"globalmart/internal/warehouse/mongodb"
)

// lane is where long work that an operator starts is done, one at a time, without the
// request that started it.
type lane chan func(context.Context)

// start hands work over, and reports whether the lane was free.
func (l lane) start(work func(context.Context)) bool {
	select {
	case l <- work:
		return true
	default:
		return false
	}
}

// service does the work. When it is stopped, the work under way is told.
func (l lane) service(name string) service {
	return service{name, func(ctx context.Context) error {
		for {
			select {
			case work := <-l:
				work(ctx)
			case <-ctx.Done():
				return nil
			}
		}
	}}
}

// byHand is what operators start by hand.
type byHand struct {
	jobs, verify lane
}

func newByHand() *byHand { return &byHand{make(lane), make(lane)} }

// observeFrom opens what an API shows of live tables: their dead letters and jobs, the
// warehouse, and the log if the process that runs on the data directory has it.
func (p *platform) observeFrom(s liveStore) error {
	p.operations = &api.Operations{Letters: s, Jobs: &jobLog{liveStore: s, rules: p.rules}}
	switch {
	case p.files != nil:
		p.operations.Tables = p.files
	case p.mongodb != nil:
		p.operations.Tables = mongodb.NewBrowser(mongodb.NewReader(p.mongodb), warehouseShapes())
	}
	if len(p.kafka.Brokers) == 0 {
		if _, err := p.find("api"); err != nil || len(p.kafka.Brokers) == 0 {
			return err
		}
	}
	observer, err := kafka.NewObserver(p.kafka)
	if err != nil {
		return err
	}
	p.observer, p.operations.Log, p.operations.Redrive = observer, observer, &redriver{p.kafka, p.newOrderFinder(p.lakeDir(""))}
	p.operations.MoveOffsets = func(ctx context.Context, q kafka.OffsetQuery) ([]kafka.Moved, error) {
		if q.Group == group {
			return nil, api.Refusal{Why: "the offsets of " + group + " are committed with its results, in the live tables"}
		}
		return kafka.MoveOffsets(ctx, p.kafka, q)
	}
	return nil
}

// openOperations opens all that operators of a running platform look at and do.
func (u *upRun) openOperations(x *schedule.Executor) error {
	if err := u.observeFrom(u.store); err != nil {
		return err
	}
	u.operations.Sources = newSources(u.store, u.collector, u.o.Collector, &u.watch.duplicates).list
	rates := &kafka.Rates{}
	u.operations.Stream = func() api.Stream { return streamOf(u.worker.Status(), u.watch.latency.Snapshot(), rates) }
	jobs := &jobLog{liveStore: u.store, rules: u.rules}
	u.operations.Jobs = jobs
	u.operations.RunJob = func(ctx context.Context, job string) (string, error) { return jobs.start(ctx, job, x, u.byHand.jobs) }
	v := &verifyRuns{lane: u.byHand.verify, world: u.verifyWorld, log: u.env.Log}
	u.operations.Verify, u.operations.RunVerify = v.state, v.start
	return nil
}

// streamOf is how a stream worker does, for operators.
func streamOf(s engine.Status, latency telemetry.LatencySnapshot, rates *kafka.Rates) api.Stream {
	out := api.Stream{
		Ready: s.Ready, Topics: []api.StreamTopic{}, Commits: s.Commits, Snapshots: s.Snapshots, Rebalances: s.Rebalances, Fenced: s.Fenced,
		Tasks: []api.StreamTask{},
	}
	if s.StoreError != nil {
		text := s.StoreError.Error()
		out.Trouble = &text
	}
	if latency.Count > 0 {
		out.Latency = &api.StreamLatency{P50MS: inMilliseconds(latency.P50), P95MS: inMilliseconds(latency.P95), P99MS: inMilliseconds(latency.P99)}
	}
	counted := map[string]int64{}
	for topic, c := range s.ByTopic {
		counted[topic] = c.Total()
	}
	perSecond := rates.Since(time.Now(), counted)
	for _, topic := range engineTopics() {
		c := s.ByTopic[topic]
		t := api.StreamTopic{Topic: topic, Applied: c.Applied, Duplicate: c.Duplicate, Dead: c.Dead, TooOld: c.TooOld, Behind: s.Behind[topic]}
		if rate, known := perSecond[topic]; known {
			t.PerSecond = &rate
		}
		out.Topics = append(out.Topics, t)
	}
	for i := range s.Tasks {
		out.Tasks = append(out.Tasks, streamTask(&s.Tasks[i]))
	}
	return out
}

func streamTask(t *engine.TaskStatus) api.StreamTask {
	out := api.StreamTask{
		Family: string(t.ID.Family), Partition: t.ID.Partition, Epoch: t.Epoch, Replaying: t.Replaying, Queued: t.Queued,
		StateBytes: t.SnapshotBytes, SnapshotAgeSeconds: t.SnapshotAge.Seconds(),
	}
	if t.Clock > 0 {
		at := t.Clock.Std()
		out.Watermark = &at
	}
	for _, n := range t.Behind {
		out.Behind += n
	}
	return out
}

// jobLog is what there is of the batch jobs.
type jobLog struct {
	liveStore
	rules rules.Rules
}

// Jobs implements what the API needs.
func (l *jobLog) Jobs(ctx context.Context) ([]api.JobState, error) {
	var all []api.JobState
	for _, job := range schedule.Jobs(l.rules) {
		state, err := l.JobState(ctx, job.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, api.JobState{Name: job.Name, Needs: job.Needs, Next: job.Due.Next(time.Now()), JobState: state})
	}
	return all, nil
}

// start runs a job, or all of them, on a lane, and returns the date that it runs for.
func (l *jobLog) start(ctx context.Context, job string, x *schedule.Executor, on lane) (string, error) {
	date, err := x.AsOf(ctx)
	if err != nil {
		return "", err
	}
	if date == "" {
		return "", api.Refusal{Why: "the lake has no whole day yet"}
	}
	newest, err := l.JobRuns(ctx, store.JobRunQuery{Limit: 1})
	if err != nil {
		return "", err
	}
	for i := range newest {
		if r := &newest[i]; r.Status == store.JobRunning && r.Until > event.TimeOf(time.Now()) {
			return "", api.Refusal{Why: (&store.RunningError{Run: *r}).Error()}
		}
	}
	jobs := []string{job}
	if job == "all" {
		jobs = BatchJobs()
	}
	started := on.start(func(ctx context.Context) {
		runs, err := x.RunNow(ctx, jobs, date)
		if err != nil && ctx.Err() == nil {
			x.Log.WarnContext(ctx, "a batch job that was started by hand did not end well", "job", job, "date", date, "error", err)
		} else if last := len(runs) - 1; last >= 0 && runs[last].Behind() {
			x.Log.WarnContext(ctx, "batch jobs that were started by hand are done, but a copy of the warehouse is behind", "job", job, "date", date, "error", runs[last].Error)
		}
	})
	if !started {
		return "", api.Refusal{Why: "another job that was started by hand is under way"}
	}
	return date, nil
}
