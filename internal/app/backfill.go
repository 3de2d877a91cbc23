package app

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/shop"
)

// BackfillOptions are those of `globalmart backfill`.
type BackfillOptions struct {
	Data        string
	Lake        string // directory; "" = that of the data directory
	Days        int
	End         time.Time // the day after the last one; zero = today, or where the history that is there ends
	DailyOrders int
	OrdersOnly  bool
	Seed        uint64
	Workers     int // 0 = one for each core, up to the shards
}

// Backfill writes the past of the shop straight to the lake.
func Backfill(ctx context.Context, env Env, o BackfillOptions) error {
	started := time.Now()
	src := Source{Data: o.Data, Kafka: embeddedKafka}
	if o.Lake == "" {
		if err := prepare(env, src, nil); err != nil {
			return err
		}
	}
	spec, err := historySpecFor(env, src, o)
	if err != nil {
		return err
	}
	h, days, err := spec.open(historyWish{o.Days, o.End}, utcDate(time.Now()))
	if err != nil {
		return err
	}
	if h == nil {
		env.Say("%s are there already; nothing was written", days)
		return spec.show(env, days, &historyReport{})
	}
	defer h.bulk.Close()
	report, err := spec.fill(ctx, env, h, days, o.Workers)
	if err != nil {
		return err
	}
	report.Seconds = time.Since(started).Seconds()
	report.EventsPerSecond = float64(report.EventsWritten) / report.Seconds
	return spec.show(env, days, report)
}

// historySpecFor is what the history of a data directory holds.
func historySpecFor(env Env, src Source, o BackfillOptions) (*historySpec, error) {
	p := &platform{env: env, src: src}
	if err := p.loadRules(); err != nil {
		return nil, err
	}
	made := shop.Default()
	if err := p.checkCurrencies(made.Countries); err != nil {
		return nil, err
	}
	dir := o.Lake
	if dir == "" {
		dir = datadir.Layout(o.Data).Lake()
	}
	return &historySpec{lake: dir, seed: o.Seed, orders: o.DailyOrders, ordersOnly: o.OrdersOnly, rules: p.rules, shop: made}, nil
}

// fill writes what is missing and shows how far it is.
func (s *historySpec) fill(ctx context.Context, env Env, h *history, days historyDays, workers int) (*historyReport, error) {
	if workers == 0 {
		workers = min(runtime.GOMAXPROCS(0), historyShards)
	}
	h.workers = make(chan struct{}, workers)
	if there := days.count() - len(h.days); there > 0 {
		env.Say("going on with %s: %d are there", days, there)
	}
	report := &historyReport{}
	progress := env.Progress(h.label(), "events", s.events(h))
	defer progress.Done()
	var written atomic.Int64
	h.written = func(n int) {
		written.Add(int64(n))
		progress.Add(int64(n))
	}
	h.completed = func(date string) {
		report.DaysWritten++
		env.Log.DebugContext(ctx, "a day of history is complete", "date", date, "days", report.DaysWritten)
	}
	err := h.run(ctx)
	report.EventsWritten = written.Load()
	if err != nil && ctx.Err() != nil {
		return report, fault.New(fault.Interrupted, fmt.Sprintf("interrupted: %d of %d days are there", days.count()-len(h.days)+report.DaysWritten, days.count()), ctx.Err(),
			"run it again: it goes on with the rest")
	}
	if err != nil {
		return report, s.writeFault(err)
	}
	return report, nil
}

// historyReport is what a history holds, and what was written of it now.
type historyReport struct {
	From     string `json:"from"` // its first day
	To       string `json:"to"`   // its last
	Days     int    `json:"days"`
	Events   int64  `json:"events"`
	Orders   int64  `json:"orders"` // completed
	Refunds  int64  `json:"refunds"`
	Currency string `json:"currency"`
	// Of the lines, in minor units of Currency.
	RevenueMinor  int64 `json:"revenue_minor"`
	RefundedMinor int64 `json:"refunded_minor"`
	Files         int   `json:"files"`
	Bytes         int64 `json:"bytes"`

	DaysWritten     int     `json:"days_written"` // by this run, as what follows
	EventsWritten   int64   `json:"events_written"`
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
}

// show completes r from what the files say and shows it.
func (s *historySpec) show(env Env, days historyDays, r *historyReport) error {
	r.From, r.To, r.Days, r.Currency = days.start.Format(time.DateOnly), days.end.AddDate(0, 0, -1).Format(time.DateOnly), days.count(), s.rules.Currency
	t, err := lake.Total(s.lake, lake.SourceHistory)
	if err != nil {
		return s.writeFault(err)
	}
	r.Events, r.Files, r.Bytes = t.Records, t.Files, t.Bytes
	r.Orders, r.RevenueMinor = t.Completed.Events, t.Completed.BaseLinesMinor
	r.Refunds, r.RefundedMinor = t.Refunded.Events, t.Refunded.BaseLinesMinor
	return env.Show(r, r.grid)
}

func (r *historyReport) grid() console.Grid {
	money := func(minor int64) string { return amountText(event.Minor(minor), r.Currency) }
	rows := [][]any{
		{"from", r.From},
		{"to", r.To},
		{"days", r.Days},
		{"events", console.Count(r.Events)},
		{"orders", console.Count(r.Orders)},
		{"refunds", console.Count(r.Refunds)},
		{"revenue", money(r.RevenueMinor)},
		{"refunded", money(r.RefundedMinor)},
		{"files", console.Count(int64(r.Files))},
		{"MB", fmt.Sprintf("%.1f", float64(r.Bytes)/1e6)},
	}
	if r.DaysWritten > 0 {
		rows = append(
			rows,
			[]any{"days written now", r.DaysWritten},
			[]any{"events written now", console.Count(r.EventsWritten)},
			[]any{"seconds", fmt.Sprintf("%.1f", r.Seconds)},
			[]any{"events/s", console.Count(int64(r.EventsPerSecond))},
		)
	}
	return console.Grid{Header: []string{"history", ""}, Rows: rows}
}
