package app

import (
	"context"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"globalmart/internal/api"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
	"globalmart/internal/telemetry"
)

// CollectorOptions say who may send events over HTTP.
type CollectorOptions struct {
	WriteKey telemetry.Secret
	// Development: the development write key is taken beyond this machine, too.
	Development bool
	PerSecond   int64 // events of one key; 0 = as many as it sends
}

// developmentWriteKey is public, as developmentKey is.
const developmentWriteKey = "globalmart-write-key-dev"

// hint is what a person is told about the write key in use.
func (o CollectorOptions) hint() string {
	if o.WriteKey.Reveal() == developmentWriteKey {
		return developmentWriteKey
	}
	return "the one of --write-key"
}

// writeKeyID is the id of the write key of the settings.
const writeKeyID = "write-key"

// allow adds the write key of the settings to the keys of an ingest that listens at l.
func (o CollectorOptions) allow(env Env, ring *keys.Ring, l net.Listener) {
	if o.WriteKey.Reveal() == developmentWriteKey {
		switch {
		case env.Production:
			env.Log.Warn("the development write key is not taken: this is production; make keys with `globalmart keys create --scope ingest`")
			return
		case !onLoopback(l) && !o.Development:
			env.Log.Warn("the development write key is not taken: this is reached from other machines; make keys with `globalmart keys create --scope ingest`, or give --dev-key", "address", l.Addr().String())
			return
		}
	}
	ring.Add(writeKeyID, []keys.Scope{keys.Ingest}, o.WriteKey.Reveal())
}

// newCollector returns what takes events over HTTP, by the keys of ring, and what it
// writes them with, which the caller closes. Orders are looked up in orders, if not nil.
func (p *platform) newCollector(ring *keys.Ring, o CollectorOptions, orders *orderFinder) (*collector.Collector, *kafka.Writer, error) {
	w, err := kafka.NewWriter(p.kafka)
	if err != nil {
		return nil, nil, err
	}
	cfg := collector.Config{Rules: p.rules, Now: time.Now, Log: p.env.Log, Keys: ring, Events: w, Limits: collector.Limits{PerSecond: o.PerSecond}}
	if orders != nil {
		cfg.Orders = orders
	}
	c, err := collector.New(cfg)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return c, w, nil
}

// collectorComponent is a collector as health shows it.
func collectorComponent(s collector.Stats) api.Component {
	if s.Down != nil {
		return api.Component{Name: "collector", Status: api.StatusDown, Detail: "the last events that came could not be written: " + s.Down.Error()}
	}
	return api.Component{Name: "collector", Status: api.StatusOK}
}

// taker is what an API needs of a collector that it serves; its zero value is none.
type taker struct {
	handler    http.Handler
	components []func() api.Component
	metrics    []prometheus.Collector
	tell       func(context.Context) error // tells others what it took; nil: it takes nothing
}

// telling tells others what was taken until ctx ends.
func (t *taker) telling(ctx context.Context) error {
	if t.tell == nil {
		<-ctx.Done()
		return nil
	}
	return t.tell(ctx)
}

func takerOf(c *collector.Collector) taker {
	return taker{
		handler: c, components: []func() api.Component{func() api.Component { return collectorComponent(c.Stats()) }},
		metrics: collectorMetrics(c.Stats, c.Latency()),
	}
}

// CollectOptions are those of `globalmart collect`.
type CollectOptions struct {
	Source         Source
	Listen         string
	OperatorListen string
	Lake           string // where the orders of refunds are looked up; "" = nowhere
	Collector      CollectorOptions
}

// Collect takes events over HTTP until ctx ends.
func Collect(ctx context.Context, env Env, o CollectOptions) error {
	p, err := open(ctx, env, o.Source, "collect", nil)
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
	s, ring, closeRing, err := p.openKeys(ctx)
	if err != nil {
		return err
	}
	defer closeRing()
	l, err := listen(ctx, "collector", o.Listen, "--listen")
	if err != nil {
		return err
	}
	defer l.Close()
	o.Collector.allow(env, ring, l)
	var orders *orderFinder
	if o.Lake != "" {
		if err := p.openLake(ctx, o.Lake); err != nil {
			return err
		}
		orders = p.newOrderFinder(o.Lake)
	}
	c, w, err := p.newCollector(ring, o.Collector, orders)
	if err != nil {
		return err
	}
	defer w.Close()
	metrics, err := listen(ctx, "metrics", o.OperatorListen, "--operator-listen")
	if err != nil {
		return err
	}
	operator := newOperator(env, metrics, collectorMetrics(c.Stats, c.Latency())...)
	if err := announceCollector(env, l.Addr().String(), operator.addr, o.Collector); err != nil {
		return err
	}
	take := takerOf(c)
	if s != nil {
		take.tell = newSources(s, p.newDesk(s), c.Stats, o.Collector, nil).tell
	}
	return serve(ctx, service{"collector", serveHTTP(l, c)}, service{"sources", take.telling}, operator.service)
}

// openKeys returns the live tables and their keys, or only those of the settings where
// there are no tables.
func (p *platform) openKeys(ctx context.Context) (s liveStore, ring *keys.Ring, closeAll func(), err error) {
	cfg := keys.Config{Now: time.Now, Log: p.env.Log}
	s, err = p.openStore(ctx, false)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		p.env.Log.WarnContext(ctx, "there are no live tables, and so no keys but --write-key", "error", err)
		return nil, keys.NewRing(cfg), func() {}, nil
	case err != nil:
		return nil, nil, nil, err
	}
	cfg.Store = s
	ring = keys.NewRing(cfg)
	return s, ring, func() {
		ring.Close(context.WithoutCancel(ctx))
		_ = s.Close() // what is not written by now is told anew by the next process
	}, nil
}

// announceCollector tells where events go.
func announceCollector(env Env, addr, operator string, o CollectorOptions) error {
	r := struct {
		PID       int    `json:"pid"`
		Collector string `json:"collector"`
		Metrics   string `json:"metrics"`
	}{os.Getpid(), "http://" + addr, "http://" + operator + "/metrics"}
	return env.tell(r, func() {
		env.Say("collector on %s, for Segment's SDKs with the write key %s; metrics on %s; Ctrl-C stops it", r.Collector, o.hint(), r.Metrics)
	})
}
