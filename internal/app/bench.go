package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
	"globalmart/internal/engine"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/processor"
	"globalmart/internal/telemetry"
)

// benchStart is the virtual time of a bench's events, and fillRate how many there are a
// second of it.
const (
	benchStart = "2026-01-01T00:00:00Z"
	fillRate   = 500
)

// machine is what figures were measured on.
type machine struct {
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	OS    string `json:"os"`
}

func thisMachine() machine {
	return machine{runtime.NumCPU(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}

// fill puts o.Events events into the log, in virtual time, with the usual mix.
func (b *bench) fill(ctx context.Context, o BenchOptions) (time.Duration, error) {
	started := time.Now()
	cmd := b.self(ctx, append([]string{
		"generate", "--log-level", "error", "--rate", strconv.Itoa(fillRate), "--start", cmp.Or(o.Start, benchStart),
		"--count", strconv.FormatInt(o.Events, 10), "--seed", strconv.FormatUint(o.Seed, 10),
		"--duplicates", strconv.FormatFloat(o.Duplicates, 'g', -1, 64),
	}, b.src.flags()...)...)
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("generate: %w", err)
	}
	return time.Since(started), nil
}

// streamFigures are what `bench stream` measures.
type streamFigures struct {
	Machine               machine  `json:"machine"`
	Processors            []string `json:"processors"` // that ran, all of them over the same events
	Events                int64    `json:"events"`
	Applied               int64    `json:"applied"`
	Duplicates            int64    `json:"duplicates"`
	FillSeconds           float64  `json:"fill_seconds"`
	Seconds               float64  `json:"seconds"`
	EventsPerSecond       float64  `json:"events_per_second"`
	EngineCPUSeconds      float64  `json:"engine_cpu_seconds"`
	EventsPerCPUSecond    float64  `json:"events_per_engine_cpu_second"`
	BrokerCPUSeconds      float64  `json:"broker_cpu_seconds,omitempty"` // if its process is known
	Store                 string   `json:"store"`
	StoreCPUSeconds       float64  `json:"store_cpu_seconds,omitempty"`         // of a server, if its process is known
	StoreLogBytesPerEvent float64  `json:"store_log_bytes_per_event,omitempty"` // write-ahead log of a server
	PeakRSSBytes          int64    `json:"engine_peak_rss_bytes"`
	AllocsPerEvent        float64  `json:"allocations_per_event"`
	BytesPerEvent         float64  `json:"allocated_bytes_per_event"`
	Commits               int64    `json:"task_commits"`
	Transactions          int64    `json:"transactions"` // each holds the commits of several tasks
	RowsWritten           int64    `json:"rows_written"` // of results
	RowsPerTransaction    float64  `json:"rows_per_transaction"`
	RecordsPerTransaction float64  `json:"records_per_transaction"`
	CommitSeconds         float64  `json:"commit_seconds"` // in the store, of all transactions
}

// BenchStream drains a backlog with a stream worker in this process; the log is
// filled by a process of its own, and the broker is another one.
func BenchStream(ctx context.Context, env Env, o BenchOptions) error {
	b, err := newBench(ctx, env, o)
	if err != nil {
		return err
	}
	defer b.close()
	env.Say("broker on %s; filling the log with %s events", b.src.Kafka, console.Count(o.Events))
	fill, err := b.fill(ctx, o)
	if err != nil {
		return err
	}
	env.Say("filled in %.1fs; draining", fill.Seconds())
	f, err := b.drain(ctx, o)
	if err != nil {
		return err
	}
	f.FillSeconds = fill.Seconds()
	return env.Show(f, f.grid)
}

// drain runs a worker on an empty store until everything in the log is durable.
func (b *bench) drain(ctx context.Context, o BenchOptions) (*streamFigures, error) {
	src := b.src
	src.Store = cmp.Or(o.Store, "sqlite:"+filepath.Join(b.dir, "store.db"))
	p, err := open(ctx, b.env, src, "bench", nil)
	if err != nil {
		return nil, err
	}
	defer p.close()
	s, err := p.openStore(ctx, true)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := needEmpty(ctx, s); err != nil {
		return nil, err
	}
	cfg := p.workerConfig(s, snapshotEvery)
	var done tally
	cfg.Committed = done.add
	w, err := engine.New(cfg)
	if err != nil {
		return nil, err
	}
	ends, err := kafka.LogEnds(ctx, p.kafka, engineTopics()...)
	if err != nil {
		return nil, err
	}
	endProfile, err := profile(o.Profile)
	if err != nil {
		return nil, err
	}
	before, err := b.sampleWith(ctx, s, o.StorePID)
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	drained, worker := errgroup.WithContext(run)
	drained.Go(func() error { return w.Run(worker) })
	if err := waitReached(worker, w, ends); err != nil {
		return nil, cmp.Or(drained.Wait(), err)
	}
	after, err := b.sampleWith(ctx, s, o.StorePID)
	if err != nil {
		return nil, err
	}
	f := b.figures(before, after)
	if f.Store, err = p.storeName(); err != nil {
		return nil, err
	}
	if err := endProfile(); err != nil {
		return nil, err
	}
	stop()
	if err := drained.Wait(); err != nil {
		return nil, err
	}
	c := applied(w.Status())
	f.Processors = processor.Names(p.rules)
	done.figures(f)
	f.Events, f.Applied, f.Duplicates, f.Commits = c.Total(), c.Applied, c.Duplicate, w.Status().Commits
	n := float64(f.Events)
	f.EventsPerSecond, f.EventsPerCPUSecond = n/f.Seconds, n/f.EngineCPUSeconds
	f.AllocsPerEvent /= n
	f.BytesPerEvent /= n
	f.StoreLogBytesPerEvent /= n
	return f, nil
}

// tally sums transactions. The committer adds to it; it is read after the worker
// has ended.
type tally struct {
	n   int64
	sum engine.Transaction
}

func (t *tally) add(one engine.Transaction) {
	t.n++
	t.sum.Records += one.Records
	t.sum.Rows += one.Rows
	t.sum.Took += one.Took
}

func (t *tally) figures(f *streamFigures) {
	f.Transactions, f.RowsWritten, f.CommitSeconds = t.n, t.sum.Rows, t.sum.Took.Seconds()
	f.RowsPerTransaction = float64(t.sum.Rows) / float64(max(t.n, 1))
	f.RecordsPerTransaction = float64(t.sum.Records) / float64(max(t.n, 1))
}

// needEmpty refuses live tables that hold anything: what a bench sends would mix
// with it.
func needEmpty(ctx context.Context, s liveStore) error {
	view, err := s.View(ctx)
	if err != nil {
		return err
	}
	tasks, err := view.Tasks(ctx)
	if err := errors.Join(err, view.Close()); err != nil {
		return err
	}
	if len(tasks) > 0 {
		return fault.New(fault.Failed, "the live tables of --store are not empty", errors.New("what a bench sends would mix with what they hold"), "name a database of its own")
	}
	return nil
}

// sample is what has been used so far.
type sample struct {
	at           time.Time
	self, broker telemetry.Process
	mem          runtime.MemStats
	storeCPU     time.Duration
	storeLog     int64 // bytes
}

// sampleWith is sample with what a server has used that keeps the live tables, whose
// first process is pid.
func (b *bench) sampleWith(ctx context.Context, s liveStore, pid int) (sample, error) {
	out := b.sample()
	var err error
	if pid != 0 {
		if out.storeCPU, err = telemetry.Family(pid); err != nil {
			return out, fmt.Errorf("--store-pid: %w", err)
		}
	}
	if server, ok := s.(interface {
		LogBytes(ctx context.Context) (int64, error)
	}); ok {
		out.storeLog, err = server.LogBytes(ctx)
	}
	return out, err
}

func (b *bench) sample() sample {
	s := sample{at: time.Now()}
	s.self, _ = telemetry.Self()
	if b.pid != 0 {
		s.broker, _ = telemetry.Of(b.pid)
	}
	runtime.ReadMemStats(&s.mem)
	return s
}

func (b *bench) figures(from, to sample) *streamFigures {
	return &streamFigures{
		Machine:          thisMachine(),
		Seconds:          to.at.Sub(from.at).Seconds(),
		EngineCPUSeconds: (to.self.CPU - from.self.CPU).Seconds(),
		BrokerCPUSeconds: (to.broker.CPU - from.broker.CPU).Seconds(),
		StoreCPUSeconds:  (to.storeCPU - from.storeCPU).Seconds(),
		PeakRSSBytes:     to.self.PeakRSS,
		AllocsPerEvent:   float64(to.mem.Mallocs - from.mem.Mallocs),
		BytesPerEvent:    float64(to.mem.TotalAlloc - from.mem.TotalAlloc),

		StoreLogBytesPerEvent: float64(to.storeLog - from.storeLog),
	}
}

func (f *streamFigures) grid() console.Grid {
	row := func(name, format string, value any) []any { return []any{name, fmt.Sprintf(format, value)} }
	return console.Grid{Header: []string{"figure", "value"}, Rows: [][]any{
		row("processors", "%s", strings.Join(f.Processors, ", ")),
		row("events", "%d", f.Events),
		row("events/s", "%.0f", f.EventsPerSecond),
		row("events per CPU-second of the engine", "%.0f", f.EventsPerCPUSecond),
		row("engine, CPU-seconds", "%.2f", f.EngineCPUSeconds),
		row("broker, CPU-seconds (0 if not known)", "%.2f", f.BrokerCPUSeconds),
		row("store's server, CPU-seconds (0 if not known)", "%.2f", f.StoreCPUSeconds),
		row("engine, peak memory, MiB", "%d", f.PeakRSSBytes>>20),
		row("allocations per event", "%.2f", f.AllocsPerEvent),
		row("rows written per transaction", "%.0f", f.RowsPerTransaction),
	}}
}

// generateFigures are what `bench generate` measures.
type generateFigures struct {
	Machine         machine `json:"machine"`
	Events          int64   `json:"events"`
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
	BrokerCPU       float64 `json:"broker_cpu_seconds"`
}

// BenchGenerate measures how fast a generator process fills the log.
func BenchGenerate(ctx context.Context, env Env, o BenchOptions) error {
	b, err := newBench(ctx, env, o)
	if err != nil {
		return err
	}
	defer b.close()
	before := b.sample()
	took, err := b.fill(ctx, o)
	if err != nil {
		return err
	}
	after := b.sample()
	f := generateFigures{thisMachine(), o.Events, took.Seconds(), float64(o.Events) / took.Seconds(), (after.broker.CPU - before.broker.CPU).Seconds()}
	return env.Show(f, func() console.Grid {
		return console.Grid{Header: []string{"figure", "value"}, Rows: [][]any{
			{"events", f.Events},
			{"events/s to the broker, acknowledged", fmt.Sprintf("%.0f", f.EventsPerSecond)},
			{"broker, CPU-seconds", fmt.Sprintf("%.2f", f.BrokerCPU)},
		}}
	})
}
