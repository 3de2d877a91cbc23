package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Store is what is needed of the live tables. Errors are those of package store.
type Store interface {
	// Lease gives owner the lease, or makes it longer, for ttl from now on, unless
	// somebody else holds it. The term rises each time that it changes hands.
	Lease(ctx context.Context, owner string, now event.Time, ttl time.Duration) (term int64, held bool, err error)
	// OpenAlerts returns every open alert.
	OpenAlerts(ctx context.Context) ([]store.Alert, error)
	// ChangeAlerts writes changes and their notices in one transaction;
	// store.ErrFenced if term is not the lease's.
	ChangeAlerts(ctx context.Context, term int64, now event.Time, changes []store.AlertChange) error
	// StockAlarms returns the products whose stock was counted and that have at most
	// their reorder point on hand, or an open alert. Where there is no demand yet,
	// unknown stands in.
	StockAlarms(ctx context.Context, unknown store.Demand) ([]store.StockLevel, error)
	// DueDemand returns products of which there is no demand, or one from before
	// known, or, if it is not known yet, from before unknown; at most limit.
	DueDemand(ctx context.Context, known, unknown event.Time, limit int) ([]store.ProductDemand, error)
	// PutDemand replaces the demand of products; store.ErrFenced if term is not the
	// lease's.
	PutDemand(ctx context.Context, term int64, demands []store.ProductDemand) error
	// CartsAtRisk returns the value of the carts that are abandoned as of a time and
	// not lost yet, and how many there are.
	CartsAtRisk(ctx context.Context, asOf event.Time, idle, recovery time.Duration) (value event.Minor, carts int64, err error)
	// SalesWindows returns minutes, newest first.
	SalesWindows(ctx context.Context, q store.SalesQuery) ([]store.SalesWindow, error)
	// AsOf tells how far the live tables are.
	AsOf(ctx context.Context) (store.AsOf, error)
	// FindingsSince returns the findings of orders at or after since, at most limit,
	// the oldest first.
	FindingsSince(ctx context.Context, since event.Time, limit int) ([]store.FindingRow, error)
}

// Config is what an evaluator needs.
type Config struct {
	Store Store
	Rules rules.Rules
	Owner string // names this process, unlike any other
	Now   func() time.Time
	Log   *slog.Logger
	// Lead is called while this process is the one at work, and its context ends
	// with that.
	Lead func(context.Context)
}

// How often things are looked at. Stock and carts are read whole, which takes
// tens of milliseconds; the rest is a few rows.
const (
	evaluateEvery = time.Second
	stockEvery    = 5 * time.Second
	cartsEvery    = 30 * time.Second
	demandEvery   = 24 * time.Hour
	// firstDemand is how long sales are watched before a demand is first reckoned.
	firstDemand = time.Hour
	dueEvery    = time.Minute
	// dueRows bounds how many products one transaction refreshes, so that commits do
	// not wait for long: about 20 ms.
	dueRows     = 10_000
	leaseTime   = 15 * time.Second
	renewEvery  = 5 * time.Second
	releaseTime = time.Second
	// settle is how long after its end a minute is judged: events are under way.
	settle = 5 * time.Second
	// idleLog: without a record for this long, nothing is under way any more.
	idleLog = 2 * time.Minute
	// maxFindings bounds what is read at once.
	maxFindings = 10_000
)

// Evaluator opens and closes alerts. One goroutine runs it.
type Evaluator struct {
	cfg  Config
	term int64 // 0 = not at work
	open openAlerts
	stop context.CancelFunc // ends Lead

	renewed, stock, carts, demand time.Time              // when last done
	judged, judging               event.Time             // end of the minutes that were, and are being, judged
	late                          error                  // of the last step
	status                        atomic.Pointer[Status] // nil = nothing was noted yet
}

// New returns an evaluator.
func New(cfg Config) *Evaluator { return &Evaluator{cfg: cfg} }

// Status is what an evaluator is doing.
type Status struct {
	Leading bool                      // it is the one at work
	Open    map[store.AlertKind]int64 // alerts, by kind; nil if it is not
	Late    error                     // why nothing can be looked at or written now; nil if all is well
}

// Status returns it; it is safe to call while Run is at work. The map must not be
// written to.
func (e *Evaluator) Status() Status {
	if s := e.status.Load(); s != nil {
		return *s
	}
	return Status{}
}

// note makes the state known to Status.
func (e *Evaluator) note() {
	s := &Status{Leading: e.term != 0, Late: e.late}
	if s.Leading {
		s.Open = map[store.AlertKind]int64{}
	}
	for at := range e.open {
		s.Open[at.kind]++
	}
	e.status.Store(s)
}

// Run evaluates until ctx ends. A store that is down is tried again: alerts are
// late then, never lost.
func (e *Evaluator) Run(ctx context.Context) error {
	defer e.release(ctx)
	tick := time.NewTicker(evaluateEvery)
	defer tick.Stop()
	for {
		e.turn(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// release stops being the one at work, and lets another begin at once.
func (e *Evaluator) release(ctx context.Context) {
	held := e.term != 0
	e.retire()
	if !held {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if _, _, err := e.cfg.Store.Lease(ctx, e.cfg.Owner, event.TimeOf(e.cfg.Now()), 0); err != nil {
		e.cfg.Log.DebugContext(ctx, "the alert lease is not released; it expires", "error", err)
	}
}

// turn is one step, and what becomes of its error.
func (e *Evaluator) turn(ctx context.Context) {
	err := e.step(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = nil
	case errors.Is(err, store.ErrFenced):
		e.retire()
		err = nil
	default:
		e.cfg.Log.WarnContext(ctx, "alerts are late", "error", err)
	}
	e.late = err
	e.note()
}

// step renews the lease when it is time, and looks at everything that is due.
func (e *Evaluator) step(ctx context.Context) error {
	now := e.cfg.Now()
	if now.Sub(e.renewed) >= renewEvery || e.term == 0 {
		if err := e.lead(ctx, now); err != nil {
			return err
		}
	}
	if e.term == 0 {
		return nil
	}
	conditions, err := e.look(ctx, now)
	if err != nil {
		return err
	}
	changes := e.open.changes(conditions, event.TimeOf(now))
	if len(changes) == 0 {
		e.judged = e.judging
		return nil
	}
	if err := e.cfg.Store.ChangeAlerts(ctx, e.term, event.TimeOf(now), changes); err != nil {
		// Whether it was written is found out by reading the open alerts again.
		e.retire()
		return err
	}
	e.judged = e.judging
	e.open.apply(changes)
	return nil
}

// lead takes the lease or makes it longer. With a new term the open alerts are
// read anew.
func (e *Evaluator) lead(ctx context.Context, now time.Time) error {
	term, held, err := e.cfg.Store.Lease(ctx, e.cfg.Owner, event.TimeOf(now), leaseTime)
	if err != nil {
		return err
	}
	if !held {
		e.retire()
		return nil
	}
	e.renewed = now
	if term == e.term {
		return nil
	}
	open, err := e.cfg.Store.OpenAlerts(ctx)
	if err != nil {
		return err
	}
	e.retire()
	e.term, e.open = term, openAlerts{}
	for _, a := range open {
		e.open[subject{a.Kind, a.Subject}] = a
	}
	if e.cfg.Lead != nil {
		var lead context.Context
		lead, e.stop = context.WithCancel(ctx)
		go e.cfg.Lead(lead)
	}
	return nil
}

// retire stops being the one at work.
func (e *Evaluator) retire() {
	e.term, e.open = 0, nil
	e.note()
	if e.stop != nil {
		e.stop()
		e.stop = nil
	}
}

// look returns the conditions of everything that is due.
func (e *Evaluator) look(ctx context.Context, now time.Time) ([]condition, error) {
	var all []condition
	for _, look := range []func(context.Context, time.Time) ([]condition, error){
		e.lookAtOrders, e.lookAtFindings, e.lookAtStock, e.lookAtCarts,
	} {
		conditions, err := look(ctx, now)
		if err != nil {
			return nil, err
		}
		all = append(all, conditions...)
	}
	return all, nil
}

// lookAtOrders judges the last minute that is over, once.
func (e *Evaluator) lookAtOrders(ctx context.Context, now time.Time) ([]condition, error) {
	asOf, err := e.cfg.Store.AsOf(ctx)
	if err != nil {
		return nil, fmt.Errorf("alert: look at orders: %w", err)
	}
	// What has been applied decides which minutes are over; only if nothing comes
	// any more, the clock.
	over := asOf.RecordTime.Add(-settle)
	if at := event.TimeOf(now.Add(-idleLog)); asOf.RecordTime > 0 && at > over {
		over = at
	}
	end := over - over%minuteMS
	if asOf.RecordTime == 0 || end <= e.judged {
		return nil, nil
	}
	r := e.cfg.Rules.Alerts.Orders
	const history = 120
	windows, err := e.cfg.Store.SalesWindows(ctx, store.SalesQuery{
		From: end - history*minuteMS, To: end, Granularity: store.Minute, Limit: history,
	})
	if err != nil {
		return nil, fmt.Errorf("alert: look at orders: %w", err)
	}
	e.judging = end
	c, ok := ordersCondition(fill(windows, end, history), e.open.level(store.AlertOrders, "all"), r)
	if !ok {
		return nil, nil
	}
	return []condition{c}, nil
}

func (e *Evaluator) lookAtStock(ctx context.Context, now time.Time) ([]condition, error) {
	if now.Sub(e.stock) < stockEvery {
		return nil, nil
	}
	if err := e.refreshDemand(ctx, now); err != nil {
		return nil, err
	}
	r := e.cfg.Rules.Alerts.Stock
	levels, err := e.cfg.Store.StockAlarms(ctx, Unknown(0, 0, r))
	if err != nil {
		return nil, fmt.Errorf("alert: look at stock: %w", err)
	}
	e.stock = now
	conditions := make([]condition, 0, len(levels))
	for i := range levels {
		s := &levels[i]
		conditions = append(conditions, stockCondition(s, e.open.level(store.AlertStock, s.ProductID), r.Margin))
	}
	return conditions, nil
}

// refreshDemand brings the demand of the products that are due up to date.
func (e *Evaluator) refreshDemand(ctx context.Context, now time.Time) error {
	if now.Sub(e.demand) < dueEvery {
		return nil
	}
	r, at := e.cfg.Rules.Alerts.Stock, event.TimeOf(now)
	for {
		due, err := e.cfg.Store.DueDemand(ctx, at.Add(-demandEvery), at.Add(-firstDemand), dueRows)
		if err != nil {
			return fmt.Errorf("alert: refresh demand: %w", err)
		}
		for i := range due {
			p := &due[i]
			if p.Demand.At == 0 {
				p.Demand = Unknown(at, p.Sold, r)
			} else {
				p.Demand = Refresh(p.Demand, at, p.Sold, r)
			}
		}
		if len(due) > 0 {
			if err := e.cfg.Store.PutDemand(ctx, e.term, due); err != nil {
				return fmt.Errorf("alert: refresh demand: %w", err)
			}
		}
		if len(due) < dueRows {
			e.demand = now
			return nil
		}
	}
}

func (e *Evaluator) lookAtCarts(ctx context.Context, now time.Time) ([]condition, error) {
	if now.Sub(e.carts) < cartsEvery {
		return nil, nil
	}
	r := e.cfg.Rules
	value, carts, err := e.cfg.Store.CartsAtRisk(ctx, event.TimeOf(now), r.Cart.Idle, r.Cart.Recovery)
	if err != nil {
		return nil, fmt.Errorf("alert: look at carts: %w", err)
	}
	e.carts = now
	return []condition{cartsCondition(value, carts, e.open.level(store.AlertCarts, "all"), &r)}, nil
}

func (e *Evaluator) lookAtFindings(ctx context.Context, now time.Time) ([]condition, error) {
	findings, err := e.cfg.Store.FindingsSince(ctx, event.TimeOf(now.Add(-e.cfg.Rules.Alerts.Findings.CloseAfter)), maxFindings)
	if err != nil {
		return nil, fmt.Errorf("alert: look at findings: %w", err)
	}
	return findingConditions(findings, e.open), nil
}
