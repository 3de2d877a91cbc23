package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/alert"
	"globalmart/internal/api"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/schedule"
)

// drainTime is how long a stop waits for the stream to catch up with the log;
// what it does not reach is applied after the next start.
const drainTime = 2 * time.Second

// upRun is a running platform: everything of `up`.
type upRun struct {
	*platform
	o         UpOptions
	started   time.Time
	store     liveStore
	watch     *watch
	worker    *worker
	lake      *lakeWriter
	trimmer   *trimmer
	alerts    *alert.Evaluator
	schedule  *schedule.Scheduler
	byHand    *byHand
	attendant *attendant
	api       net.Listener
	metrics   net.Listener
	operator  *operator
	access    apiAccess
	handler   atomic.Pointer[api.API] // nil until it is made
	// collector takes events over HTTP, and writes them with events.
	collector *collector.Collector
	events    *kafka.Writer
	sources   *sources
	feed      *feed // nil: nothing is generated
	catalogue catalogue
	announced bool
	// pastWritten: the days before the first live one are written, or need not be.
	pastWritten atomic.Bool
	pace        meter
}

// Up runs the whole platform in this process until ctx ends or o.For is over.
func Up(ctx context.Context, env Env, o UpOptions) error {
	if err := refuseSecond(o.Data); err != nil {
		return err
	}
	u := &upRun{o: o, started: time.Now(), watch: newWatch()}
	var err error
	if u.api, err = listen(ctx, "API", o.Listen, "--listen"); err != nil {
		return err
	}
	defer u.api.Close()
	if u.metrics, err = listen(ctx, "metrics", o.OperatorListen, "--operator-listen"); err != nil {
		return err
	}
	defer u.metrics.Close()
	if u.platform, err = openOwn(ctx, env, Source{Data: o.Data, Kafka: embeddedKafka, KafkaListen: o.KafkaListen, Store: o.Store}, "up", nil); err != nil {
		return err
	}
	defer u.close()
	defer func() {
		if u.events != nil {
			u.events.Close()
		}
	}()
	if err := u.assemble(ctx); err != nil {
		return err
	}
	defer u.store.Close()
	defer u.access.ring.Close(context.WithoutCancel(ctx))
	err = u.serve(ctx)
	if u.announced {
		err = errors.Join(err, u.summary())
	}
	return err
}

// refuseSecond fails if a process uses the data directory.
func refuseSecond(data string) error {
	run, err := running(data)
	if err != nil || run.PID == 0 {
		return err
	}
	return fault.New(fault.Failed, fmt.Sprintf("%s is in use by `globalmart %s` (pid %d, since %s)", data, run.Command, run.PID, run.Started.Format(time.DateTime)), nil,
		fmt.Sprintf("stop it with Ctrl-C or `kill %d`, or use another directory with --data", run.PID))
}

// assemble opens and makes all parts; nothing runs yet.
func (u *upRun) assemble(ctx context.Context) (err error) {
	if u.store, err = u.openStore(ctx, true); err != nil {
		return err
	}
	if u.worker, err = u.newWorker(u.store, u.o.SnapshotEvery, u.watch); err != nil {
		return err
	}
	u.lake = u.newLakeWriter(u.lakeDir(""), u.o.LakeRollAfter)
	u.trimmer = u.newTrimmer()
	if u.alerts, err = u.newAlerts(u.store, u.o.Alerts); err != nil {
		return err
	}
	if err := u.openCache(u.o.Cache); err != nil {
		return err
	}
	jobs := newJobWatch()
	var executor *schedule.Executor
	u.schedule, executor = u.newOwnSchedule(jobs)
	u.byHand = newByHand()
	u.access = u.newAccess(u.store, u.o.Access, u.api)
	u.o.Collector.allow(u.env, u.access.ring, u.api)
	if err := u.openWarehouse(ctx, u.o.Warehouse); err != nil {
		return err
	}
	if u.collector, u.events, err = u.newCollector(u.access.ring, u.o.Collector, u.newOrderFinder(u.lakeDir(""))); err != nil {
		return err
	}
	more := slices.Concat(jobs.collectors(u.schedule.Status), cacheMetrics(u.cache), apiMetrics(u.handler.Load), collectorMetrics(u.collector.Stats, u.collector.Latency()))
	u.operator = newOperator(u.env, u.metrics, upMetrics(u.watch, u.worker.Status, u.lake, u.trimmer, u.alerts.Status, more...)...)
	if u.o.Rate != (Rate{}) {
		u.feed, err = u.newFeed(feedOptions{rate: u.o.Rate, seed: u.o.Seed, start: event.TimeOf(time.Now()), faults: u.o.Faults})
	}
	if err != nil {
		return err
	}
	return u.openOperations(ctx, executor)
}

// serve runs the parts. They stop in the order of the data: first the feed, then
// the stream once it has caught up, and the API; last the lake, which so gets what
// the stream sent to the log in the end.
func (u *upRun) serve(ctx context.Context) error {
	h, err := u.newAPI(u.store, u.worker, u.watch.latency, u.access, u.collector, requestLog(ctx, u.env),
		u.lake.component, func() api.Component { return alertsComponent(u.alerts.Status()) },
		func() api.Component { return scheduleComponent(u.schedule.Status()) },
		func() api.Component { return collectorComponent(u.collector.Stats()) })
	if err != nil {
		return err
	}
	u.handler.Store(h)
	whole, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	last, stopLast := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLast()
	g, gctx := errgroup.WithContext(whole)
	g.Go(func() error { return u.lake.run(last) })
	g.Go(func() error {
		defer stopLast()
		defer u.lake.settle(last)
		parts := append(u.attendant.services(), service{"stream", u.stream}, tellStream(u.attendant.Desk, u.worker, u.watch), service{"sources", u.sources.tell}, service{"api", serveHTTP(u.api, h)},
			u.operator.service, u.prune(u.store), service{"trim", u.trimmer.run}, service{"alerts", u.alerts.Run})
		return serve(gctx, parts...)
	})
	g.Go(func() error {
		defer stop()
		return u.produce(ctx, gctx)
	})
	return g.Wait()
}

// produce announces the platform once it is ready, feeds it until ctx ends or its
// time is over, and lets the stream catch up. gctx ends when a part has failed.
func (u *upRun) produce(ctx, gctx context.Context) error {
	starting, started := context.WithCancel(gctx)
	defer started()
	context.AfterFunc(ctx, started)
	if err := waitReady(starting, u.worker); err != nil {
		return nil // it was stopped, or the part that failed says why
	}
	if err := u.announce(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(gctx, cancel)
	live, stop := limited(ctx, u.o.For)
	defer stop()
	g, live := errgroup.WithContext(live)
	if u.feed != nil {
		defer u.feed.close()
		g.Go(func() error { return u.generate(ctx, live) })
	}
	past := u.newPast()
	g.Go(func() error {
		past.run(live)
		u.pastWritten.Store(true)
		return nil
	})
	g.Go(func() error { return u.schedule.Run(live) })
	g.Go(func() error {
		u.env.Live(live, func() string { return u.line() + past.line() })
		return nil
	})
	<-live.Done()
	if err := g.Wait(); err != nil {
		return err
	}
	return u.drain(gctx)
}

// limited ends with ctx, and after d unless that is 0.
func limited(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// generate sends live events, and beside them the catalogue to a log that lacks it,
// until live ends. Once ctx has ended it does not wait for acknowledgements for long.
func (u *upRun) generate(ctx, live context.Context) error {
	g, live := errgroup.WithContext(live)
	u.catalogue = catalogue{broker: u.kafka, lake: u.lake.cfg.Dir, feed: u.feed}
	g.Go(func() error { return u.catalogue.send(ctx, live) })
	g.Go(func() error { return u.feed.run(ctx, live, 0) })
	return u.logFault(g.Wait())
}

func (u *upRun) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	ends, err := kafka.LogEnds(ctx, u.kafka, engineTopics()...)
	if err == nil {
		err = waitReached(ctx, u.worker, ends)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// stream applies what is in the log.
func (u *upRun) stream(ctx context.Context) error { return streamFault(u.worker.Run(ctx)) }

// ready is what a running platform offers, as JSON.
type ready struct {
	PID     int     `json:"pid"`
	API     string  `json:"api"`
	Docs    string  `json:"docs"`
	Kafka   string  `json:"kafka"`
	Metrics string  `json:"metrics"`
	Data    string  `json:"data"`
	Seconds float64 `json:"ready_seconds"`
}

// announce publishes the ports and tells people where everything is.
func (u *upRun) announce() error {
	u.announced = true
	u.run.API, u.run.Operator = u.api.Addr().String(), u.operator.addr
	if err := u.dir.Publish(u.run); err != nil {
		return err
	}
	api := "http://" + u.run.API
	r := ready{os.Getpid(), api, api + "/docs", u.run.Kafka, "http://" + u.run.Operator + "/metrics", u.o.Data, time.Since(u.started).Seconds()}
	return u.env.tell(r, func() {
		u.env.Say("ready in %.2fs", r.Seconds)
		u.env.Say("  API      %s/api/v1/sales/metrics?limit=10", r.API)
		u.env.Say("           with the header X-API-Key: %s", u.o.Access.hint())
		u.env.Say("  collect  %s/v1/batch for Segment's SDKs, with the write key %s", r.API, u.o.Collector.hint())
		u.env.Say("  docs     %s", r.Docs)
		u.env.Say("  Kafka    %s", r.Kafka)
		u.env.Say("  metrics  %s", r.Metrics)
		u.env.Say("  data     %s (kept; the next start goes on)", r.Data)
		u.env.Say("Ctrl-C stops it. To prove its numbers: globalmart verify --data %s", r.Data)
	})
}
