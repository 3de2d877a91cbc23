package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"globalmart/internal/batch"
	enginedb "globalmart/internal/batch/duckdb"
	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/duckdb"
	"globalmart/internal/telemetry"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
	"globalmart/internal/warehouse/mongodb"
	"globalmart/internal/warehouse/parquet"
)

// SegmentDays are the days that the lines of BenchSegments are spread over: all that
// the scores look at.
const SegmentDays = 365

// segmentFigures are what `bench batch --customers` measures.
type segmentFigures struct {
	Machine   machine   `json:"machine"`
	Customers int       `json:"customers"`
	Lines     int       `json:"lines"`
	Seed      uint64    `json:"seed"`
	Step      batchStep `json:"rfm"`
	// Of a MongoDB: its copy of the marts of rfm, with everything and with what another day
	// has changed, and its answers.
	NewDay  *batchStep     `json:"new_day,omitempty"`
	Mirrors []mirrorStep   `json:"mirrors,omitempty"`
	Serving []servingTimes `json:"serving,omitempty"`
}

// BenchSegments measures the job rfm over a made-up warehouse of so many customers and
// lines: what etl would have made of them, written straight by the batch engine. With a
// MongoDB it also measures what it takes to copy the segments to it.
func BenchSegments(ctx context.Context, env Env, o BenchBatchOptions) error {
	b, err := newBenchDir(env, o.Dir)
	if err != nil {
		return err
	}
	defer b.close()
	mongo := o.Warehouse
	o.AllEvents, o.DailyOrders, o.Warehouse = false, 1, "" // only the segments are copied, not what they are made of
	h := batchHistory{b, o, 0, datadir.Layout(filepath.Join(b.dir, "segments"))}
	if err := h.fill(ctx); err != nil { // a lake, without which no job runs
		return err
	}
	env.Say("%s lines of %s customers: writing the warehouse", console.Count(int64(o.Lines)), console.Count(int64(o.Customers)))
	if err := h.makeCustomers(ctx); err != nil {
		return err
	}
	step, err := h.run(ctx, string(batch.RFM), batchBenchEnd)
	if err != nil {
		return err
	}
	f := segmentFigures{Machine: thisMachine(), Customers: o.Customers, Lines: o.Lines, Seed: o.Seed, Step: step}
	if mongo != "" {
		if err := h.copySegments(ctx, mongo, &f); err != nil {
			return err
		}
	}
	return env.Show(f, f.grid)
}

// copySegments copies the segments to a MongoDB, then what another day has changed of
// them, and asks it for customers.
func (h *batchHistory) copySegments(ctx context.Context, url telemetry.Secret, f *segmentFigures) (err error) {
	w, err := openMongoDB(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(context.WithoutCancel(ctx))) }()
	files, err := change.Open(ctx, h.data.Warehouse())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	var shapes []warehouse.Shape
	for _, t := range batch.Graph() {
		if t.Job == batch.RFM {
			shapes = append(shapes, t.Shape())
		}
	}
	mirror := mongodb.NewMirror(w, files, shapes, time.Now)
	copyAll := func(name string) error {
		h.env.Say("%s: to MongoDB", name)
		m, err := parquet.New(h.data.Warehouse(), time.Now).Current()
		if err != nil {
			return err
		}
		started := time.Now()
		followed, err := mirror.Follow(ctx, m)
		f.Mirrors = append(f.Mirrors, mirrorStep{name, batch.MirrorResult{Mirror: mirror.Name(), Followed: followed, Seconds: time.Since(started).Seconds()}})
		return err
	}
	if err := copyAll("everything"); err != nil {
		return err
	}
	if err := h.makeDays(ctx, SegmentDays, SegmentDays+1); err != nil {
		return err
	}
	step, err := h.run(ctx, string(batch.RFM), batchBenchEnd.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	step.Step, f.NewDay = "new day", &step
	if err := copyAll("new day"); err != nil {
		return err
	}
	customers, err := askCustomers(ctx, mongodb.NewReader(w), h.o.Questions)
	f.Serving = []servingTimes{customers}
	return err
}

// makeMemory bounds the engine that writes the warehouse, in bytes: a process that
// this one starts is said to have used at least as much.
const makeMemory = 256 << 20

// makeCustomers publishes a warehouse with the tables that rfm reads.
func (h *batchHistory) makeCustomers(ctx context.Context) error {
	return h.makeDays(ctx, 0, SegmentDays)
}

// makeDays adds the days [from, to) to that warehouse, and before the first its customers.
func (h *batchHistory) makeDays(ctx context.Context, from, to int) error {
	return h.makeWarehouse(ctx, func(write writeTable) error {
		if from == 0 {
			if err := write("dim_customer", "", h.customers()); err != nil {
				return err
			}
		}
		for day := from; day < to; day++ {
			date := batch.DateOf(batchBenchEnd).Add(day - SegmentDays)
			if err := write("fact_customer_day", string(date), h.customerDay(day, date)); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeTable writes a table of a made-up warehouse, or a day of it: the rows of a query.
type writeTable func(name, date, query string) error

// makeWarehouse publishes a warehouse with the tables that tables writes.
func (h *batchHistory) makeWarehouse(ctx context.Context, tables func(writeTable) error) (err error) {
	dir := h.data.Warehouse()
	out, err := parquet.New(dir, time.Now).Begin(ctx, newRun(time.Now()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	engine, err := enginedb.Open(ctx, duckdb.Config{Memory: makeMemory, Threads: 1, Dirs: []string{dir}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	m := out.Base().Clone()
	err = tables(func(name, date, query string) error {
		table, _ := batch.Find(name)
		path, err := out.Create(name, date)
		if err != nil {
			return err
		}
		if _, err := engine.Write(ctx, query, path, 0); err != nil {
			return err
		}
		f, err := out.Add(name, date, table.Columns, nil)
		if err != nil {
			return err
		}
		made := m.Tables[name]
		made.Put(f)
		m.Tables[name] = made
		return nil
	})
	if err != nil {
		return err
	}
	m.AsOf, m.Created, m.Rules, m.Engine = string(batch.DateOf(batchBenchEnd)), time.Now().UTC(), 1, engine.Name()
	return out.Publish(ctx, m)
}

// customerKey is the key of the customer of a number: spread over 60 bits, as that of
// a text is.
const customerKey = "cast(hash(customer) >> 4 as bigint)"

// customers is the query of dim_customer.
func (h *batchHistory) customers() string {
	return fmt.Sprintf(`select %s as customer_key, 'u-' || printf('%%016x', hash(customer)) as user_id, 'US' as country,
		cast(null as timestamp) as registered_at, date '2025-01-01' as first_seen, date '2025-12-31' as last_seen, cast(null as timestamp) as profile_at
		from range(%d) t(customer)`, customerKey, h.o.Customers)
}

// customerDay is the query of fact_customer_day for a day: its share of the lines, two
// thirds of which are the first of an order, each of a customer that is drawn evenly.
func (h *batchHistory) customerDay(day int, date batch.Date) string {
	first, end := h.o.Lines*day/SegmentDays, h.o.Lines*(day+1)/SegmentDays
	return fmt.Sprintf(`select date '%s' as event_date, %s as customer_key, 'US' as country, cast(count(*) filter (line %% 3 <> 1) as int) as orders,
		cast(count(*) as bigint) as units, cast(sum(net_minor) as bigint) as net_minor, cast(0 as bigint) as refund_minor
		from (
			select line, cast(hash(%d, line - case when line %% 3 = 1 then 1 else 0 end) %% %d as bigint) as customer,
				cast(100 + hash(line, %d) %% 20000 as bigint) as net_minor
			from range(%d, %d) t(line)) x
		group by customer order by customer_key`, date, customerKey, h.o.Seed, h.o.Customers, h.o.Seed, first, end)
}

func (f *segmentFigures) grid() console.Grid {
	g := console.Grid{Header: []string{"customers", "lines", "step", "seconds", "CPU s", "peak MiB"}}
	g.Rows = append(g.Rows, []any{
		console.Count(int64(f.Customers)), console.Count(int64(f.Lines)), f.Step.Step, fmt.Sprintf("%.2f", f.Step.Seconds),
		fmt.Sprintf("%.2f", f.Step.CPUSeconds), f.Step.PeakRSSBytes >> 20,
	})
	for _, m := range f.Mirrors {
		g.Rows = append(g.Rows, []any{"", "", fmt.Sprintf("copy in %s: %s, %s rows put, %s removed", m.Mirror, m.Step, console.Count(m.Put), console.Count(m.Removed)), fmt.Sprintf("%.2f", m.Seconds)})
	}
	for _, s := range f.Serving {
		g.Rows = append(g.Rows, []any{"", "", fmt.Sprintf("%s: p50 %.1f ms, p99 %.1f ms", s.Question, s.P50, s.P99)})
	}
	return g
}
