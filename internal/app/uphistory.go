package app

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/fault"
)

// Days is a number of days, written as in 28d.
type Days int

// MaxDays bounds a history.
const MaxDays = 3660

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Days) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(strings.TrimSuffix(string(text), "d"), 10, 16)
	if err != nil || n > MaxDays || n > 0 && !strings.HasSuffix(string(text), "d") {
		return fmt.Errorf("%q: want days from 0d to %dd, as in 28d", text, MaxDays)
	}
	*d = Days(n)
	return nil
}

// String returns what UnmarshalText reads.
func (d Days) String() string { return strconv.Itoa(int(d)) + "d" }

// past is the history that a running platform writes beside everything else: by
// one worker that lets the others go first. A start after it was cut short goes on
// with it.
type past struct {
	u       *upRun
	started time.Time
	total   atomic.Int64 // days; 0 until it has begun
	done    atomic.Int64
	events  atomic.Int64
	share   atomic.Uint64 // of the events to write, as the bits of a float
}

// newPast returns the history of u.
func (u *upRun) newPast() *past { return &past{u: u, started: time.Now()} }

// run writes the days before the first live one, or those that are whole when ctx
// ends. What it cannot do it reports: the live side goes on.
func (p *past) run(ctx context.Context) {
	o := p.u.o
	if o.History == 0 {
		return
	}
	err := p.write(ctx, BackfillOptions{Data: o.Data, Seed: o.Seed, DailyOrders: o.HistoryOrders, Days: int(o.History)})
	switch {
	case err == nil:
	case ctx.Err() != nil && p.total.Load() > 0:
		p.u.env.Say("history: %d of %d days are there; the next start with --history %s goes on", p.done.Load(), p.total.Load(), o.History)
	default:
		p.u.env.Log.ErrorContext(ctx, "the history is not written; the live side goes on", "error", err, "fix", fault.FixOf(err))
	}
}

func (p *past) write(ctx context.Context, o BackfillOptions) error {
	spec, err := historySpecFor(p.u.env, p.u.src, o)
	if err != nil {
		return err
	}
	h, days, err := spec.open(historyWish{days: o.Days}, utcDate(p.u.started))
	if err != nil {
		return err
	}
	if h == nil {
		p.u.env.Say("history: %s are there", days)
		return nil
	}
	defer h.bulk.Close()
	p.done.Store(int64(days.count() - len(h.days)))
	p.total.Store(int64(days.count()))
	all := float64(spec.events(h))
	h.workers, h.polite = make(chan struct{}, 1), true
	h.written = func(n int) { p.share.Store(math.Float64bits(min(1, float64(p.events.Add(int64(n)))/all))) }
	h.completed = func(string) { p.done.Add(1) }
	telling, stop := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() { p.tell(telling) })
	err = h.run(ctx)
	stop()
	told.Wait()
	if err != nil {
		return spec.writeFault(err)
	}
	p.u.env.Say("history: %s are there, %s events in %.1fs", days, console.Count(p.events.Load()), time.Since(p.started).Seconds())
	return nil
}

// tell says every few seconds how far it is, where no line moves.
func (p *past) tell(ctx context.Context) {
	for !p.u.env.Terminal() && sleep(ctx, 5*time.Second) {
		p.u.env.Say("%s", strings.TrimSpace(p.line()))
	}
}

// line is what the moving line of the platform says of it, while it is written.
func (p *past) line() string {
	total, done := p.total.Load(), p.done.Load()
	if total == 0 || done == total {
		return ""
	}
	return fmt.Sprintf("  history %d of %d days, %.0f %%", done, total, 100*math.Float64frombits(p.share.Load()))
}
