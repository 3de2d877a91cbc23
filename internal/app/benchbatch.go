package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/telemetry"
)

// BenchBatchOptions are those of `globalmart bench batch`.
type BenchBatchOptions struct {
	Dir         string // work directory, whose lakes are used again; "" = a temporary one, removed afterwards
	Days        []int  // lengths of the histories to measure on, each a lake of its own
	DailyOrders int
	AllEvents   bool // views and cart actions too
	Seed        uint64
	Questions   int              // of each kind, to the warehouse
	Store       string           // live tables of which runs copy the marts: postgres://…; "" = those of the work directory
	Warehouse   telemetry.Secret // the MongoDB that the runs copy to and that answers; "" = the files answer
	Engine      EngineOptions    // of the jobs
	EnginePIDs  []int            // processes of that Spark on this machine; none = not known

	// Of a bench of segments alone (BenchSegments).
	Customers, Lines int
}

// batchBenchEnd is the day after the new one: every lake ends with the same day.
var batchBenchEnd = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// batchFigures are what `bench batch` measures.
type batchFigures struct {
	Machine     machine        `json:"machine"`
	DailyOrders int            `json:"daily_orders"`
	OrdersOnly  bool           `json:"orders_only"`
	Engine      string         `json:"engine"` // with its version
	Seed        uint64         `json:"seed"`
	Histories   []*batchOnDays `json:"histories"`
}

// batchOnDays are the figures of a history. The jobs run one after the other, each
// in a process of its own that begins with what the one before it has stored.
type batchOnDays struct {
	Days int `json:"days"` // before the new one
	batchSize
	Steps   []batchStep    `json:"steps"`
	Marts   batchCost      `json:"rfm_products_trends"` // those three together
	NewDay  batchStep      `json:"new_day"`             // every job, of one day more
	Mirrors []mirrorStep   `json:"mirrors,omitempty"`
	Serving []servingTimes `json:"serving"`
}

// batchCost is what a process used.
type batchCost struct {
	Seconds      float64 `json:"seconds"`
	CPUSeconds   float64 `json:"cpu_seconds"` // user and system
	PeakRSSBytes int64   `json:"peak_rss_bytes"`
	// Of a Spark on this machine, beside the process of the job.
	EngineCPUSeconds   float64 `json:"engine_cpu_seconds,omitempty"`
	EnginePeakRSSBytes int64   `json:"engine_peak_rss_bytes,omitempty"`
}

// batchStep is a run of `globalmart batch run`.
type batchStep struct {
	Step string `json:"step"`
	batchCost
	RowsIn  int64               `json:"rows_in"`
	RowsOut int64               `json:"rows_out"`
	Tables  []batch.TableResult `json:"tables"`
	mirrors []batch.MirrorResult
	engine  string
}

// BenchBatch measures the batch jobs over histories of a made-up shop: each job once
// from the beginning, then all of them for one new day, then questions to the
// warehouse.
func BenchBatch(ctx context.Context, env Env, o BenchBatchOptions) error {
	b, err := newBenchDir(env, o.Dir)
	if err != nil {
		return err
	}
	defer b.close()
	f := batchFigures{Machine: thisMachine(), DailyOrders: o.DailyOrders, OrdersOnly: !o.AllEvents, Seed: o.Seed}
	for _, days := range o.Days {
		h := batchHistory{b, o, days, datadir.Layout(filepath.Join(b.dir, fmt.Sprintf("%d-days", days)))}
		figures, err := h.measure(ctx)
		if err != nil {
			return err
		}
		f.Histories = append(f.Histories, figures)
		f.Engine = figures.NewDay.engine
	}
	// Last, for they are asked in this process: a process that it starts afterwards
	// would be said to have used as much memory.
	for _, h := range f.Histories {
		dir := datadir.Layout(filepath.Join(b.dir, fmt.Sprintf("%d-days", h.Days))).Warehouse()
		env.Say("%d days: questions to the warehouse", h.Days)
		if err := h.serve(ctx, dir, o); err != nil {
			return err
		}
	}
	return env.Show(f, f.grid)
}

// batchHistory is a data directory with a history.
type batchHistory struct {
	*bench
	o    BenchBatchOptions
	days int // but for the new one
	data datadir.Layout
}

// measure makes the history and runs every job over it.
func (h *batchHistory) measure(ctx context.Context) (*batchOnDays, error) {
	if err := h.fill(ctx); err != nil {
		return nil, err
	}
	restore, err := h.withhold()
	if err != nil {
		return nil, err
	}
	f := &batchOnDays{Days: h.days}
	last := batchBenchEnd.AddDate(0, 0, -1)
	for _, job := range batch.Jobs() {
		step, err := h.run(ctx, string(job), last)
		if err != nil {
			return nil, err
		}
		f.Steps = append(f.Steps, step)
		if job == batch.RFM || job == batch.Products || job == batch.Trends {
			f.Marts.add(step.batchCost)
		}
	}
	if err := restore(); err != nil {
		return nil, err
	}
	f.NewDay, err = h.run(ctx, "all", batchBenchEnd)
	f.NewDay.Step = "new day"
	f.Mirrors = slices.Concat(mirrorSteps("everything", f.Steps...), mirrorSteps("new day", f.NewDay))
	return f, err
}

// fill writes the history, unless it is there, and removes what was made of it.
func (h *batchHistory) fill(ctx context.Context) error {
	h.env.Say("%d days and a new one at %s orders a day: writing the lake", h.days, console.Count(int64(h.o.DailyOrders)))
	args := []string{
		"backfill", "--data", string(h.data), "--days", strconv.Itoa(h.days + 1), "--end", batchBenchEnd.Format(time.DateOnly),
		"--daily-orders", strconv.Itoa(h.o.DailyOrders), "--seed", strconv.FormatUint(h.o.Seed, 10), "-o", "json",
	}
	if !h.o.AllEvents {
		args = append(args, "--orders-only")
	}
	if err := h.self(ctx, args...).Run(); err != nil {
		return h.stepFault(ctx, "backfill", err)
	}
	for _, path := range []string{h.data.Warehouse(), h.data.Store(), h.data.Store() + "-wal", h.data.Store() + "-shm"} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return nil
}

// withhold takes the new day out of the lake; restore brings it back.
func (h *batchHistory) withhold() (restore func() error, err error) {
	day := "date=" + batchBenchEnd.AddDate(0, 0, -1).Format(time.DateOnly)
	in, out := filepath.Join(h.data.Lake(), lake.SourceHistory, day), filepath.Join(string(h.data), "withheld")
	if err := os.RemoveAll(out); err != nil { // of a bench that was cut short
		return nil, fmt.Errorf("bench: %w", err)
	}
	if err := os.Rename(in, out); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return func() error {
		if err := os.Rename(out, in); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		return nil
	}, nil
}

// run runs a job, or all, in a process of its own.
func (h *batchHistory) run(ctx context.Context, job string, date time.Time) (batchStep, error) {
	h.env.Say("%d days: %s", h.days, job)
	step := batchStep{Step: job}
	var out bytes.Buffer
	cmd := h.self(ctx, "batch", "run", job, "--data", string(h.data), "--date", date.Format(time.DateOnly), "-o", "json")
	if h.o.Store != "" {
		cmd.Env = append(cmd.Env, "GLOBALMART_STORE="+h.o.Store) // no list of processes shows its password
	}
	if h.o.Warehouse != "" {
		cmd.Env = append(cmd.Env, "GLOBALMART_WAREHOUSE="+h.o.Warehouse.Reveal())
	}
	cmd.Stdout = &out
	cmd.Env = append(cmd.Env, "GLOBALMART_ENGINE="+h.o.Engine.URL.Reveal(), // no list of processes shows it
		"GLOBALMART_ENGINE_MEMORY="+strconv.FormatInt(h.o.Engine.Memory>>20, 10))
	before, err := h.engineCost()
	if err != nil {
		return step, err
	}
	started := time.Now()
	if err := cmd.Run(); err != nil {
		return step, h.stepFault(ctx, job, err)
	}
	step.batchCost = batchCost{
		Seconds: time.Since(started).Seconds(), CPUSeconds: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		PeakRSSBytes: peakOf(cmd.ProcessState),
	}
	after, err := h.engineCost()
	if err != nil {
		return step, err
	}
	step.EngineCPUSeconds, step.EnginePeakRSSBytes = after.EngineCPUSeconds-before.EngineCPUSeconds, after.EnginePeakRSSBytes
	var result batch.Result
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		return step, fmt.Errorf("bench: what batch run %s says: %w", job, err)
	}
	step.mirrors, step.engine = result.Mirrors, result.Engine
	for _, j := range result.Jobs {
		step.RowsIn += j.RowsIn
		step.RowsOut += j.RowsOut
		step.Tables = append(step.Tables, j.Tables...)
	}
	return step, nil
}

// engineCost is what the processes of a Spark on this machine have used so far, with
// those that they started.
func (h *batchHistory) engineCost() (c batchCost, err error) {
	for _, pid := range h.o.EnginePIDs {
		cpu, err := telemetry.Family(pid)
		if err != nil {
			return c, fmt.Errorf("--engine-pid: %w", err)
		}
		peak, err := telemetry.FamilyPeak(pid)
		if err != nil {
			return c, fmt.Errorf("--engine-pid: %w", err)
		}
		c.EngineCPUSeconds += cpu.Seconds()
		c.EnginePeakRSSBytes += peak
	}
	return c, nil
}

// stepFault is what is told of a command that failed; it has said why itself.
func (h *batchHistory) stepFault(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.New(fault.Failed, "the bench stopped at "+step, err, "it says why above; work elsewhere with --dir DIR")
}

// peakOf is the highest memory, in bytes, of a process that has ended; 0 if it is
// not known.
func peakOf(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "linux": // KiB there, bytes on a Mac: getrusage(2)
		return usage.Maxrss << 10
	}
	return usage.Maxrss
}

func (c *batchCost) add(d batchCost) {
	c.Seconds += d.Seconds
	c.CPUSeconds += d.CPUSeconds
	c.PeakRSSBytes = max(c.PeakRSSBytes, d.PeakRSSBytes)
	c.EngineCPUSeconds += d.EngineCPUSeconds
	c.EnginePeakRSSBytes = max(c.EnginePeakRSSBytes, d.EnginePeakRSSBytes)
}

func (f *batchFigures) grid() console.Grid {
	g := console.Grid{Header: []string{"days", "step", "seconds", "CPU s", "peak MiB", "rows in", "rows out"}}
	elsewhere := !strings.HasPrefix(f.Engine, inProcess)
	if elsewhere {
		g.Header = append(g.Header, "engine CPU s", "engine peak MiB")
	}
	row := func(days int, step string, c batchCost, in, out any) {
		cells := []any{days, step, fmt.Sprintf("%.2f", c.Seconds), fmt.Sprintf("%.2f", c.CPUSeconds), c.PeakRSSBytes >> 20, in, out}
		switch {
		case elsewhere && c.EnginePeakRSSBytes > 0:
			cells = append(cells, fmt.Sprintf("%.2f", c.EngineCPUSeconds), c.EnginePeakRSSBytes>>20)
		case elsewhere:
			cells = append(cells, "unknown", "unknown")
		}
		g.Rows = append(g.Rows, cells)
	}
	for _, h := range f.Histories {
		for _, s := range append(slices.Clone(h.Steps), h.NewDay) {
			row(h.Days, s.Step, s.batchCost, console.Count(s.RowsIn), console.Count(s.RowsOut))
		}
		row(h.Days, "rfm + products + trends", h.Marts, "", "")
		for _, m := range h.Mirrors {
			g.Rows = append(g.Rows, []any{h.Days, "copy in " + m.Mirror + ": " + m.Step, fmt.Sprintf("%.2f", m.Seconds), "", "", "", console.Count(m.Put + m.Removed)})
		}
	}
	for _, h := range f.Histories {
		g.Rows = append(g.Rows, []any{h.Days, fmt.Sprintf("lake: %s orders of %.2f lines, %s buyers, %s products",
			console.Count(h.Orders), h.LinesPerOrder, console.Count(h.Buyers), console.Count(h.Products))})
		for _, s := range h.Serving {
			g.Rows = append(g.Rows, []any{h.Days, fmt.Sprintf("%s: p50 %.1f ms, p99 %.1f ms", s.Question, s.P50, s.P99)})
		}
	}
	return g
}
