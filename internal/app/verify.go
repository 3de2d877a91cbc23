package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/verify"
	"globalmart/internal/warehouse/parquet"
)

// Verify checks every invariant over log, store, lake, warehouse and API, beside a platform
// that runs or on its own, and ends with fault.Failed if one does not hold. A data
// directory that holds only a lake needs neither a broker nor live tables, and gets
// none.
func Verify(ctx context.Context, env Env, o VerifyOptions) error {
	p := &platform{env: env, src: o.Source}
	dir := p.lakeDir(o.Lake)
	if o.Lake != "" && !isDir(dir) {
		return fault.New(fault.NotFound, "there is no lake in "+dir, nil, "name the directory of the lake with --lake")
	}
	if files := placeWarehouse(o.Warehouse, o.Lake, datadir.Layout(o.Source.Data)).dir; o.Warehouse != "" && !isDir(files) {
		return fault.New(fault.NotFound, "there is no warehouse in "+files, nil, "name the directory of the warehouse with --warehouse")
	}
	if p.lakeAlone(dir) {
		return p.verifyLake(ctx, dir, o)
	}
	if err := needData(o.Source); err != nil {
		return err
	}
	p, err := open(ctx, env, o.Source, "verify", nil)
	if err != nil {
		return err
	}
	defer p.close()
	s, err := p.openStore(ctx, p.dir != nil)
	if err != nil {
		return err
	}
	defer s.Close()
	w := verify.World{Rules: p.rules, Store: s, Log: brokerLog{p.kafka}, Now: time.Now, Live: p.dir == nil}
	if isDir(dir) {
		w.Lake, w.Warehouse = &verify.Lake{Dir: dir, Deep: o.Deep}, p.warehouseOf(dir, o)
	}
	if w.API, err = p.apiOf(o, s); err != nil {
		return err
	}
	return runVerify(ctx, env, w)
}

// lakeAlone reports whether the lake in dir is all that there is to look at: no
// cluster was named, and the data directory has neither a log nor live tables.
func (p *platform) lakeAlone(dir string) bool {
	if p.src.Kafka != embeddedKafka || p.src.Store != "" {
		return false
	}
	data := datadir.Layout(p.src.Data)
	if _, err := os.Stat(data.Store()); err == nil {
		return false
	}
	log, err := os.ReadDir(data.Kafka())
	if err == nil && len(log) > 0 {
		return false
	}
	sources, err := lake.Sources(dir)
	return err == nil && len(sources) > 0
}

// verifyLake checks a lake by itself.
func (p *platform) verifyLake(ctx context.Context, dir string, o VerifyOptions) error {
	if err := p.loadRules(); err != nil {
		return err
	}
	return runVerify(ctx, p.env, verify.World{
		Rules: p.rules, Now: time.Now, Lake: &verify.Lake{Dir: dir, Deep: o.Deep}, Warehouse: p.warehouseOf(dir, o),
	})
}

// warehouseOf is the warehouse that is held against the lake in dir, or nil: the one
// that is named, or that of the data directory if the lake is that one's too.
func (p *platform) warehouseOf(dir string, o VerifyOptions) verify.Warehouse {
	data := datadir.Layout(p.src.Data)
	if o.Warehouse != "" {
		return parquet.New(placeWarehouse(o.Warehouse, o.Lake, data).dir, time.Now)
	}
	if filepath.Clean(dir) != filepath.Clean(data.Lake()) {
		return nil
	}
	return parquet.New(data.Warehouse(), time.Now)
}

// runVerify checks w and shows what was found.
func runVerify(ctx context.Context, env Env, w verify.World) error {
	progress := env.Progress("verify", "records", 0)
	defer progress.Done()
	w.Progress = progress.Add
	w.Workers = runtime.GOMAXPROCS(0)
	report, err := verify.Run(ctx, w)
	progress.Done()
	if err != nil {
		return err
	}
	if err := env.Show(report, func() console.Grid { return verifyGrid(&report) }); err != nil {
		return err
	}
	if len(report.Sources) > 0 && env.Format() == console.Table {
		if err := env.Show(nil, func() console.Grid { return sourcesGrid(report.Sources) }); err != nil {
			return err
		}
	}
	if report.Warehouse != nil && report.Warehouse.Live != nil && env.Format() == console.Table {
		if err := env.Show(nil, func() console.Grid { return warehouseGrid(report.Warehouse) }); err != nil {
			return err
		}
	}
	sayVerified(env, &report, w.Store != nil)
	if err := report.Err(); err != nil {
		return fault.New(fault.Failed, "the numbers do not agree", err, "globalmart verify -o json shows every difference")
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// brokerLog is the log as verify reads it.
type brokerLog struct{ cfg kafka.Config }

func (l brokerLog) Bounds(ctx context.Context, topics ...string) (starts, ends verify.Offsets, err error) {
	if starts, err = kafka.LogStarts(ctx, l.cfg, topics...); err != nil {
		return nil, nil, err
	}
	ends, err = kafka.LogEnds(ctx, l.cfg, topics...)
	return starts, ends, err
}

func (l brokerLog) Scan(ctx context.Context, from, to verify.Offsets, fn func(*kgo.Record) error) error {
	return kafka.Scan(ctx, l.cfg, from, to, fn)
}

func verifyGrid(r *verify.Report) console.Grid {
	g := console.Grid{Header: []string{"", "invariant", "checked", "differences"}}
	for _, i := range r.Invariants {
		mark := "✓"
		if !i.OK {
			mark = "✗"
		}
		g.Rows = append(g.Rows, []any{mark, fmt.Sprintf("%d  %s", i.ID, i.Name), i.Checked, i.Found})
	}
	return g
}

// sourcesGrid shows what each source of the lake holds. Amounts are in minor units.
func sourcesGrid(sources []verify.Source) console.Grid {
	g := console.Grid{Header: []string{"", "source of the lake", "days", "files", "MB", "records", "dead", "orders", "units", "revenue", "refunded", "differences"}}
	for i := range sources {
		s := &sources[i]
		mark := "✓"
		if !s.OK {
			mark = "✗"
		}
		g.Rows = append(g.Rows, []any{
			mark, s.Name, s.Days, s.Files, fmt.Sprintf("%.1f", float64(s.Bytes)/1e6), s.Records, s.Dead,
			s.Orders, s.Units, s.RevenueMinor, s.RefundedMinor, s.Differences,
		})
	}
	return g
}

// warehouseGrid shows how the warehouse follows from the live tables. Amounts are in
// minor units.
func warehouseGrid(w *verify.WarehouseReport) console.Grid {
	g := console.Grid{Header: []string{"from the live tables to the warehouse", "records", "orders", "units", "net", "refunds", "tax", "shipping"}}
	row := func(name string, records any, s *verify.SalesSum) {
		g.Rows = append(g.Rows, []any{name, records, s.Orders, s.Units, s.NetMinor, s.RefundMinor, s.TaxMinor, s.ShippingMinor})
	}
	row("live tables", "", w.Live)
	for i := range w.Items {
		row(w.Items[i].Reason, w.Items[i].Records, &w.Items[i].SalesSum)
	}
	row("warehouse, "+w.FirstDay+" to "+w.LastDay, "", &w.Total)
	return g
}

// sayVerified tells people what was compared and what was found.
func sayVerified(env Env, r *verify.Report, store bool) {
	if r.Empty {
		env.Say("nothing is applied yet, so there was nothing to compare")
	}
	for _, i := range r.Invariants {
		for _, d := range i.Differences {
			env.Say("invariant %d: %s", i.ID, d)
		}
		for _, n := range i.Notes {
			env.Say("invariant %d: %s", i.ID, n)
		}
	}
	if w := r.Warehouse; w != nil {
		env.Say("the warehouse of run %s, as of %s: %d days with sales", w.Run, w.AsOf, w.Days)
	}
	if !store {
		var records, files, rows int64
		for i := range r.Sources {
			records, files, rows = records+r.Sources[i].Records, files+r.Sources[i].Files, rows+r.Sources[i].Decoded
		}
		how := "by their footers; --deep reads every row"
		if rows > 0 {
			how = console.Count(rows) + " rows decoded"
		}
		env.Say("the lake alone, there is no log and no store: %s records in %s files, %s, %.1fs", console.Count(records), console.Count(files), how, r.Took.Seconds())
		return
	}
	env.Say("%s records recomputed, %s above the cut, %.1fs", console.Count(r.Cut.Records), console.Count(r.Cut.Waiting), r.Took.Seconds())
}
