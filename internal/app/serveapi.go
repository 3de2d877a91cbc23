package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"globalmart/internal/alert"
	"globalmart/internal/api"
	"globalmart/internal/cache/memory"
	"globalmart/internal/engine"
	"globalmart/internal/telemetry"
	"globalmart/internal/verify"
	"globalmart/internal/warehouse/cached"
	"globalmart/web"
)

// readyTime is how long live tables may take to say that they are there.
const readyTime = 2 * time.Second

// newAPI returns the API over the live tables. w is the stream worker of this
// process and latency how quick it is, collect what takes events, all nil if it has none;
// more are its other parts, as health shows them.
func (p *platform) newAPI(s liveStore, w *worker, latency *telemetry.Latency, access apiAccess, collect http.Handler, log *slog.Logger, more ...func() api.Component) (*api.API, error) {
	deps := api.Deps{Sales: s, Fresh: s, Shop: s, Calendar: p.rules.Calendar(), UI: web.Files(), Components: func(ctx context.Context) []api.Component {
		list := components(ctx, s, w)
		if p.mongodb != nil {
			list = append(list, p.warehouseComponent(ctx))
		}
		if p.elsewhere != nil {
			list = append(list, p.elsewhere.components()...)
		}
		for _, part := range more {
			list = append(list, part())
		}
		return list
	}, Operations: p.operations, Collector: collect}
	switch {
	case p.warehouse != nil && p.cache != nil:
		deps.Warehouse = cached.New(p.warehouse, p.cache)
	case p.warehouse != nil:
		deps.Warehouse = p.warehouse
	}
	if p.lookup != nil {
		deps.Lake = p.lookup
	}
	if p.elsewhere != nil {
		deps.Pipeline = p.elsewhere.pipeline
	}
	if w == nil {
		deps.Ready = func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, readyTime)
			defer cancel()
			_, err := s.AsOf(ctx)
			return err
		}
	} else {
		deps.Ready = func(context.Context) error {
			if st := w.Status(); !st.Ready {
				return fmt.Errorf("the stream is starting, %d tasks so far", len(st.Tasks))
			}
			return nil
		}
		deps.CaughtUp = func() bool { return caughtUp(w.Status()) }
		deps.Pipeline = func() *api.Pipeline { return pipelineOf(w.Status(), latency.Snapshot()) }
	}
	cfg := api.Config{Version: p.env.Version, Rules: p.rules, Now: time.Now, Log: log, Keys: access.ring, LocalKey: access.local, KeepBytes: access.keep, AllowOrigins: access.origins, Limits: api.Limits{Requests: access.quota}}
	if _, own := p.cache.(*memory.Cache); !own && access.keep > 0 {
		cfg.Shared = p.cache // what is in this process's memory need not be there twice
	}
	return api.New(cfg, deps)
}

// alertsComponent is the evaluator of alerts as health shows it.
func alertsComponent(s alert.Status) api.Component {
	switch {
	case s.Late != nil:
		return api.Component{Name: "alerts", Status: api.StatusDegraded, Detail: s.Late.Error()}
	case !s.Leading:
		return api.Component{Name: "alerts", Status: api.StatusOK, Detail: "standing by"}
	}
	var open int64
	for _, n := range s.Open {
		open += n
	}
	return api.Component{Name: "alerts", Status: api.StatusOK, Detail: fmt.Sprintf("%d open", open)}
}

// pipelineOf is how a stream worker is doing, as the API tells it.
func pipelineOf(s engine.Status, latency telemetry.LatencySnapshot) *api.Pipeline {
	p := &api.Pipeline{
		Dispositions: applied(s),
		LatencyP50:   inMilliseconds(latency.P50), LatencyP95: inMilliseconds(latency.P95), LatencyP99: inMilliseconds(latency.P99),
	}
	for _, n := range s.Behind {
		p.BehindRecords += n
	}
	return p
}

// caughtUp reports whether s counts everything that the log holds.
func caughtUp(s engine.Status) bool {
	for _, n := range s.Behind {
		if n > 0 {
			return false
		}
	}
	return s.Ready
}

// components is the state of the parts that this process can see.
func components(ctx context.Context, s liveStore, w *worker) []api.Component {
	state := func(name string, err error) api.Component {
		if err != nil {
			return api.Component{Name: name, Status: api.StatusDown, Detail: err.Error()}
		}
		return api.Component{Name: name, Status: api.StatusOK}
	}
	_, err := s.AsOf(ctx)
	list := []api.Component{state("store", err)}
	if w == nil {
		return list
	}
	st := w.Status()
	stream := state("stream", st.StoreError)
	if st.StoreError == nil && !st.Ready {
		stream.Status, stream.Detail = api.StatusDegraded, "starting"
	}
	return append(list, stream)
}

// API serves the API alone until ctx ends. It never changes the store's schema.
func API(ctx context.Context, env Env, o APIOptions) error {
	p := &platform{env: env, src: o.Source}
	if err := p.loadRules(); err != nil {
		return err
	}
	defer p.close()
	if err := p.openCache(o.Cache); err != nil {
		return err
	}
	s, err := p.openStore(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := p.openWarehouse(ctx, o.Warehouse); err != nil {
		return err
	}
	if err := p.observeFrom(s); err != nil {
		return err
	}
	if len(p.kafka.Brokers) > 0 { // it acknowledges events
		if err := p.checkCluster(ctx); err != nil {
			return err
		}
	}
	p.elsewhere = p.observeElsewhere(s)
	l, err := listen(ctx, "API", o.Listen, "--listen")
	if err != nil {
		return err
	}
	defer l.Close()
	access := p.newAccess(s, o.Access, l)
	defer access.ring.Close(context.WithoutCancel(ctx))
	var take taker
	if len(p.kafka.Brokers) > 0 {
		o.Collector.allow(env, access.ring, l)
		c, w, err := p.newCollector(access.ring, o.Collector, p.newOrderFinder(p.lakeDir("")))
		if err != nil {
			return err
		}
		defer w.Close()
		take = takerOf(c)
		sources := newSources(s, p.elsewhere.Desk, c.Stats, o.Collector, nil)
		p.operations.Sources, take.tell = sources.list, sources.tell
	}
	h, err := p.newAPI(s, nil, nil, access, take.handler, requestLog(ctx, env), take.components...)
	if err != nil {
		return err
	}
	metrics, err := listen(ctx, "metrics", o.OperatorListen, "--operator-listen")
	if err != nil {
		return err
	}
	operator := newOperator(env, metrics, slices.Concat(cacheMetrics(p.cache), apiMetrics(func() *api.API { return h }), take.metrics)...)
	if err := announceAPI(env, l.Addr().String(), operator.addr, take.handler != nil); err != nil {
		return err
	}
	return serve(ctx, service{"api", serveHTTP(l, h)}, service{"look", p.elsewhere.watch}, service{"sources", take.telling}, operator.service)
}

// announceAPI tells where the API is, and whether it takes events.
func announceAPI(env Env, addr, operator string, takes bool) error {
	r := struct {
		PID       int    `json:"pid"`
		API       string `json:"api"`
		Collector string `json:"collector,omitempty"`
		Docs      string `json:"docs"`
		Metrics   string `json:"metrics"`
	}{PID: os.Getpid(), API: "http://" + addr, Docs: "http://" + addr + "/docs", Metrics: "http://" + operator + "/metrics"}
	if takes {
		r.Collector = r.API
	}
	return env.tell(r, func() {
		env.Say("API on %s, documentation on %s, metrics on %s; Ctrl-C stops it", r.API, r.Docs, r.Metrics)
		if takes {
			env.Say("it takes events, too: see `globalmart collect --help`")
		}
	})
}

// apiOf is the API to ask about s: the one named, the one of the `up` that runs
// on the directory, or one made here.
func (p *platform) apiOf(o VerifyOptions, s liveStore) (*verify.API, error) {
	addr := o.API
	if addr == "" {
		addr = p.run.API
	}
	if addr != "" {
		return &verify.API{URL: "http://" + addr, Key: o.APIKey.Reveal()}, nil
	}
	// It is asked thousands of questions: no line for each.
	h, err := p.newAPI(s, nil, nil, readAccess(o.APIKey.Reveal()), nil, slog.New(slog.DiscardHandler))
	return &verify.API{Handler: h, Key: o.APIKey.Reveal()}, err
}

// requestLog is where the API logs requests: everything, but on a terminal, where
// they would drown what is told to people, only what went wrong.
func requestLog(ctx context.Context, env Env) *slog.Logger {
	if !env.Terminal() || env.Log.Enabled(ctx, slog.LevelDebug) {
		return env.Log
	}
	return slog.New(warnings{env.Log.Handler()})
}

// warnings passes on what is a warning at least.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
