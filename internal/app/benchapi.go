package app

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/telemetry"
)

// BenchAPIOptions are those of `globalmart bench api`.
type BenchAPIOptions struct {
	Dir         string           // work directory; "" = a temporary one, removed afterwards
	Only        []string         // of BenchAPIParts; none = all
	Store       string           // what is not kept is answered from it: postgres://…, empty; "" = SQLite in Dir
	StorePID    int              // first process of that server on this machine; 0 = not known
	Warehouse   telemetry.Secret // an empty MongoDB that the list of products is answered from; "" = files
	Peer        string           // directory of the service to compare with
	Connections int
	Time        time.Duration // of each measurement, whole seconds
	Requests    int64         // after which memory is looked at
	Minutes     int           // of a shop that the live tables hold
	Products    int
	Rate        float64 // events a second of the stream
	Asked       float64 // questions a second beside it
}

// The parts of the bench.
const (
	partCached   = "cached"
	partMemory   = "memory"
	partUncached = "uncached"
	partProducts = "products"
	partLive     = "live"
)

// BenchAPIParts are the parts of the bench, in their order.
var BenchAPIParts = []string{partCached, partMemory, partUncached, partProducts, partLive}

// apiFigures are what `bench api` measures.
type apiFigures struct {
	Machine     machine         `json:"machine"`
	Connections int             `json:"connections"`
	Peer        string          `json:"fastapi"` // what it is, or why there is none
	Cached      *apiComparison  `json:"cached,omitempty"`
	Memory      *memoryFigures  `json:"memory,omitempty"`
	Shared      *apiComparison  `json:"uncached_shared,omitempty"` // a new answer is wanted; those who ask at the same time share it
	Uncached    *apiComparison  `json:"uncached,omitempty"`        // each request is answered by itself
	Products    *productFigures `json:"products,omitempty"`
	Live        *liveFigures    `json:"live,omitempty"`
}

// apiComparison is one question, put to both.
type apiComparison struct {
	Question string       `json:"question"`
	From     string       `json:"from"` // what answers: memory (of the peer: redis), sqlite or postgres
	Ours     loadFigures  `json:"globalmart"`
	Peer     *loadFigures `json:"fastapi,omitempty"`
	Faster   float64      `json:"times_the_requests_per_second,omitempty"`
	Cheaper  float64      `json:"times_fewer_cpu_seconds,omitempty"`
}

// memoryFigures are what the API's process has in memory, before and after so many
// requests.
type memoryFigures struct {
	Requests int64 `json:"requests"`
	Before   int64 `json:"rss_before_bytes"`
	After    int64 `json:"rss_after_bytes"`
}

// salesQuestion is what both are asked.
const salesQuestion = "/api/v1/sales/metrics?limit=10"

// apiBench is a bench of the API.
type apiBench struct {
	*bench
	o    BenchAPIOptions
	peer string // why nothing is compared; "" = it is
}

// BenchAPI measures the API beside a FastAPI service that answers the same.
func BenchAPI(ctx context.Context, env Env, o BenchAPIOptions) error {
	if err := needWrk(); err != nil {
		return err
	}
	b, err := newBenchDir(env, o.Dir)
	if err != nil {
		return err
	}
	defer b.close()
	a := &apiBench{bench: b, o: o}
	a.o.Store = cmp.Or(o.Store, "sqlite:"+filepath.Join(b.dir, "store.db"))
	f := &apiFigures{Machine: thisMachine(), Connections: o.Connections, Peer: "uvicorn, " + peerWorkers + " workers"}
	if a.peer = a.peerMissing(); a.peer != "" {
		f.Peer = a.peer
		env.Say("%s", a.peer)
	}
	if err := a.fill(ctx); err != nil {
		return err
	}
	if err := a.kept(ctx, f); err != nil {
		return err
	}
	if err := a.asked(ctx, f); err != nil {
		return err
	}
	if a.wanted(partLive) {
		if f.Live, err = a.measureLive(ctx); err != nil {
			return err
		}
	}
	return env.Show(f, f.grid)
}

// wanted reports whether any of these parts is to be measured.
func (a *apiBench) wanted(parts ...string) bool {
	return len(a.o.Only) == 0 || slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(a.o.Only, p) })
}

// fillAge is how long ago the last event in the live tables was: every minute is over.
const fillAge = 5 * time.Minute

// fill has a stream worker fill the live tables.
func (a *apiBench) fill(ctx context.Context) error {
	long := time.Duration(a.o.Minutes) * time.Minute
	o := BenchOptions{
		Events: int64(long.Seconds()) * fillRate, Start: time.Now().Add(-long - fillAge).UTC().Format(time.RFC3339), Seed: 1,
		Dir: filepath.Join(a.dir, "fill"), Kafka: embeddedKafka, Store: a.o.Store,
	}
	a.env.Say("filling the live tables with %s events", console.Count(o.Events))
	b, err := newBench(ctx, a.env, o)
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := b.fill(ctx, o); err != nil {
		return err
	}
	_, err = b.drain(ctx, o)
	return err
}

// startAPI starts the API on the filled tables, with more flags. No quota holds the
// load back, which is of one key.
func (a *apiBench) startAPI(ctx context.Context, more ...string) (*target, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"api", "--data", string(a.data()), "--listen", addr, "--operator-listen", anyPort, "--quota", strconv.Itoa(MaxQuota), "--log-level", "error"}
	cmd := a.self(ctx, append(args, more...)...)
	cmd.Env = append(cmd.Env, "GLOBALMART_STORE="+a.o.Store) // no list of processes shows its password
	if a.o.Warehouse != "" {
		cmd.Env = append(cmd.Env, "GLOBALMART_WAREHOUSE="+a.o.Warehouse.Reveal())
	}
	s, err := a.serve(ctx, cmd, addr, "/readyz")
	if err == nil {
		s.storePID = a.o.StorePID
	}
	return s, err
}

// kept measures the API as it is by default: it keeps answers in memory.
func (a *apiBench) kept(ctx context.Context, f *apiFigures) error {
	if !a.wanted(partCached, partMemory, partUncached) {
		return nil
	}
	s, err := a.startAPI(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	if a.wanted(partCached) {
		if f.Cached, err = a.cached(ctx, s); err != nil {
			return err
		}
	}
	if a.wanted(partMemory) {
		if f.Memory, err = a.memory(ctx, s); err != nil {
			return err
		}
	}
	if a.wanted(partUncached) {
		f.Shared, err = a.sales(ctx, s, a.storeName()+", shared", true)
	}
	return err
}

// cached compares answers that are kept: in memory, and in Redis.
func (a *apiBench) cached(ctx context.Context, s *target) (*apiComparison, error) {
	f, err := a.sales(ctx, s, "memory", false)
	if err != nil || a.peer != "" {
		return f, err
	}
	answer, err := fetch(ctx, s.url+salesQuestion)
	if err != nil {
		return nil, err
	}
	redis, url, err := a.startRedis(ctx, answer)
	if err != nil {
		return nil, err
	}
	defer redis.kill()
	return f, a.comparePeer(ctx, f, s, redis.cmd.Process.Pid, "PEER_REDIS_URL="+url)
}

// sales measures the answer to salesQuestion; anew asks for one that is not kept.
func (a *apiBench) sales(ctx context.Context, s *target, from string, anew bool) (*apiComparison, error) {
	a.env.Say("sales/metrics from %s", from)
	f := &apiComparison{Question: salesQuestion, From: from}
	var err error
	f.Ours, err = a.measure(ctx, s, load{questions: []string{salesQuestion}, connections: a.o.Connections, time: a.o.Time, anew: anew})
	return f, err
}

// memory asks s again and again, and looks at its memory before and after.
func (a *apiBench) memory(ctx context.Context, s *target) (*memoryFigures, error) {
	a.env.Say("memory after %s requests", console.Count(a.o.Requests))
	l := load{server: s.url, questions: []string{salesQuestion}, connections: a.o.Connections, time: warmUp}
	if _, err := a.wrk(ctx, l); err != nil {
		return nil, err
	}
	before, err := telemetry.Of(s.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	f := &memoryFigures{Before: before.RSS}
	for l.time = a.o.Time; f.Requests < a.o.Requests; {
		done, err := a.wrk(ctx, l)
		if err != nil {
			return nil, err
		}
		f.Requests += done.Requests
	}
	after, err := telemetry.Of(s.cmd.Process.Pid)
	f.After = after.RSS
	return f, err
}

// asked measures answers that are made anew each time.
func (a *apiBench) asked(ctx context.Context, f *apiFigures) error {
	if !a.wanted(partUncached, partProducts) {
		return nil
	}
	if a.wanted(partProducts) {
		if err := a.makeProducts(ctx); err != nil {
			return err
		}
	}
	s, err := a.startAPI(ctx, "--cache", noCache)
	if err != nil {
		return err
	}
	defer s.stop()
	if a.wanted(partUncached) {
		if f.Uncached, err = a.uncached(ctx, s); err != nil {
			return err
		}
		f.Shared.against(f.Uncached.Peer)
	}
	if a.wanted(partProducts) {
		f.Products, err = a.measureProducts(ctx, s)
	}
	return err
}

// uncached compares answers that are made from the live tables. The peer reads those in
// PostgreSQL alone.
func (a *apiBench) uncached(ctx context.Context, s *target) (*apiComparison, error) {
	f, err := a.sales(ctx, s, a.storeName(), false)
	if err != nil || a.peer != "" || !a.onPostgres() {
		return f, err
	}
	return f, a.comparePeer(ctx, f, s, 0, "PEER_DATABASE_URL="+a.o.Store)
}

func (a *apiBench) onPostgres() bool { return (&Source{Store: a.o.Store}).onPostgres() }

func (a *apiBench) storeName() string {
	if a.onPostgres() {
		return "postgres"
	}
	return "sqlite"
}

// against says how c stands beside the peer, if that was measured.
func (c *apiComparison) against(peer *loadFigures) {
	if peer != nil {
		c.Faster, c.Cheaper = c.Ours.RequestsPerSecond/peer.RequestsPerSecond, peer.CPU/c.Ours.CPU
	}
}

func (f *apiFigures) grid() console.Grid {
	g := console.Grid{Header: []string{"what", "requests/s", "p50 ms", "p99 ms", "CPU s per 100,000"}}
	row := func(what string, l *loadFigures) {
		g.Rows = append(g.Rows, []any{what, console.Count(int64(l.RequestsPerSecond)), fmt.Sprintf("%.2f", l.P50), fmt.Sprintf("%.2f", l.P99), fmt.Sprintf("%.2f", l.CPU)})
	}
	note := func(format string, args ...any) { g.Rows = append(g.Rows, []any{fmt.Sprintf(format, args...)}) }
	for _, c := range []*apiComparison{f.Cached, f.Uncached, f.Shared} {
		if c == nil {
			continue
		}
		row("sales/metrics from "+c.From, &c.Ours)
		if c.Peer != nil {
			row("  FastAPI", c.Peer)
		}
		if c.Faster > 0 {
			note("  %.1f times the requests of FastAPI, %.1f times fewer CPU-seconds", c.Faster, c.Cheaper)
		}
	}
	if p := f.Products; p != nil {
		row(fmt.Sprintf("products/performance from %s, of %s", p.Warehouse, console.Count(p.Products)), &p.One)
		row(fmt.Sprintf("  %d connections", f.Connections), &p.All)
	}
	if l := f.Live; l != nil {
		note("stream at %.0f events/s: p50 %.1f ms, p99 %.1f ms", l.Alone.EventsPerSecond, l.Alone.P50, l.Alone.P99)
		note("  with %.0f questions/s: p50 %.1f ms, p99 %.1f ms", l.Questions.PerSecond, l.Asked.P50, l.Asked.P99)
		note("  answers: p50 %.1f ms, p99 %.1f ms, %d failed", inMilliseconds(l.Questions.Answers.P50), inMilliseconds(l.Questions.Answers.P99), l.Questions.Errors+l.Questions.Others)
	}
	if m := f.Memory; m != nil {
		note("memory: %d MiB, %d MiB after %s requests", m.Before>>20, m.After>>20, console.Count(m.Requests))
	}
	return g
}
