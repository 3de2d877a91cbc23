package app

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/store/sqlite"
	"globalmart/internal/telemetry"
)

// drainTime is how long a stop waits for the stream to catch up with the log;
// what it does not reach is applied after the next start.
const drainTime = 2 * time.Second

// upRun is a running platform: everything of `up`.
type upRun struct {
	*platform
	o        UpOptions
	started  time.Time
	store    *sqlite.Store
	latency  *telemetry.Latency
	worker   *worker
	api      net.Listener
	operator *operator
	feed     *feed // nil: nothing is generated
	// catalogue sends the products at the first start; nil if there was no need.
	catalogue *kafka.Producer
}

// Up runs the whole platform in this process until ctx ends or o.For is over.
func Up(ctx context.Context, env Env, o UpOptions) error {
	u := &upRun{o: o, started: time.Now(), latency: telemetry.NewLatency()}
	l, err := listen(ctx, "API", o.Listen, "--listen")
	if err != nil {
		return err
	}
	u.api = l
	defer l.Close()
	if u.platform, err = open(ctx, env, Source{Data: o.Data, Kafka: embeddedKafka, KafkaListen: o.KafkaListen}, "up", nil); err != nil {
		return err
	}
	defer u.close()
	if u.dir == nil {
		return fault.New(fault.Failed, fmt.Sprintf("process %d already runs on %s", u.run.PID, o.Data), nil, "stop it, or use another directory with --data")
	}
	if err := u.assemble(ctx); err != nil {
		return err
	}
	defer u.store.Close()
	err = u.serve(ctx)
	u.summary()
	return err
}

// assemble opens and makes all parts; nothing runs yet.
func (u *upRun) assemble(ctx context.Context) (err error) {
	if u.store, err = u.openStore(ctx, true); err != nil {
		return err
	}
	if u.worker, err = u.newWorker(u.store, u.o.SnapshotEvery, u.latency); err != nil {
		return err
	}
	if u.operator, err = newOperator(ctx, u.env, u.o.OperatorListen, u.worker, u.latency); err != nil {
		return err
	}
	if u.o.Rate != (Rate{}) {
		u.feed, err = u.newFeed(feedOptions{rate: u.o.Rate, seed: u.o.Seed, start: event.TimeOf(time.Now()), faults: u.o.Faults})
	}
	return err
}

// serve runs the parts. They stop in the order of the data: first the feed, then
// the stream once it has caught up, last the API.
func (u *upRun) serve(ctx context.Context) error {
	h, err := u.newAPI(u.store, u.worker, u.o.APIKey, u.env.Log)
	if err != nil {
		return err
	}
	warnOffLoopback(u.env, u.api, u.o.APIKey)
	if u.o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, u.o.For)
		defer cancel()
	}
	whole, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, gctx := errgroup.WithContext(whole)
	g.Go(func() error {
		return serve(gctx, service{"stream", u.worker.Run}, service{"api", serveHTTP(u.api, h)}, u.operator.service, u.prune(u.store))
	})
	g.Go(func() error {
		defer stop()
		return u.produce(ctx, gctx)
	})
	return g.Wait()
}

// produce announces the platform once it is ready, feeds it until ctx ends and
// lets the stream catch up. gctx ends when a part has failed.
func (u *upRun) produce(ctx, gctx context.Context) error {
	if err := waitReady(gctx, u.worker); err != nil {
		return nil // the part that failed says why
	}
	if err := u.announce(); err != nil {
		return err
	}
	live, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(gctx, stop)
	g, live := errgroup.WithContext(live)
	if u.feed != nil {
		defer u.feed.close()
		g.Go(func() error { return u.generate(live) })
	}
	g.Go(func() error {
		u.env.Live(live, u.line)
		return nil
	})
	<-live.Done()
	if err := g.Wait(); err != nil {
		return err
	}
	return u.drain(gctx)
}

// generate sends live events, and beside them the catalogue to a log that lacks
// it.
func (u *upRun) generate(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return u.sendCatalogue(ctx) })
	g.Go(func() error { return u.feed.run(ctx, 0) })
	return g.Wait()
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

// announce publishes the ports and tells people where everything is.
func (u *upRun) announce() error {
	u.run.API, u.run.Operator = u.api.Addr().String(), u.operator.addr
	if err := u.dir.Publish(u.run); err != nil {
		return err
	}
	u.env.Say("ready in %.2fs", time.Since(u.started).Seconds())
	u.env.Say("  API      http://%s/api/v1/sales/metrics?limit=10   (X-API-Key: %s)", u.run.API, keyHint(u.o.APIKey))
	u.env.Say("  docs     http://%s/docs", u.run.API)
	u.env.Say("  Kafka    %s", u.run.Kafka)
	u.env.Say("  metrics  http://%s/metrics", u.run.Operator)
	u.env.Say("  data     %s   (kept; start again to go on)", u.o.Data)
	u.env.Say("Ctrl-C stops it. In another terminal: globalmart verify --data %s", u.o.Data)
	return nil
}
