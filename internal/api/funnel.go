package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

type funnelInput struct {
	Period
	Countries
}

// FunnelStage is a step on the way to an order.
type FunnelStage struct {
	Step     string   `json:"step" enum:"session,view,add,checkout,order"`
	Reached  int64    `json:"reached" doc:"Closed funnel: sessions that did it and every step before it."`
	OfFirst  *float64 `json:"share_of_sessions" doc:"reached of all sessions; null without sessions."`
	OfBefore *float64 `json:"share_of_step_before" doc:"reached of those that reached the step before."`
	Did      int64    `json:"did" doc:"Open funnel: sessions that did it, whatever came before. What is bought at once, without a cart, shows here."`
}

// Funnel is how far sessions come on the way to an order.
type Funnel struct {
	From           time.Time     `json:"from"`
	To             time.Time     `json:"to" doc:"Exclusive."`
	Sessions       int64         `json:"sessions" doc:"That began in the period and are over."`
	ConversionRate *float64      `json:"conversion_rate" doc:"Share of sessions with a completed order; null without sessions."`
	BounceRate     *float64      `json:"bounce_rate" doc:"Share of sessions of one event."`
	Steps          []FunnelStage `json:"steps" nullable:"false"`
}

func (a *API) addFunnel() {
	op := huma.Operation{
		OperationID: "sales-funnel", Path: "/api/v1/sales/funnel", Tags: []string{"sales"},
		Summary: "Sessions, views, carts, checkouts, orders",
		Description: "How far the sessions of a period came on the way to an order. The days that the last batch run knows are the warehouse's, and are whole days of the shop; " +
			"what is later is summed live, at most 7 days.",
	}
	answer(a, op, a.funnelOf(period{from: exampleNow - dayMS, to: exampleNow}, &store.SessionTotals{
		Sessions: 1200, Bounced: 310, WithView: 1180, WithAdd: 160, WithCheckout: 71, WithOrder: 62, ReachedAdd: 150, ReachedCheckout: 66, ReachedOrder: 41,
	}), a.funnel)
}

func (a *API) funnel(ctx context.Context, in *funnelInput) (reply[Funnel], error) {
	p, errs := a.period(in.Period)
	if errs != nil {
		return reply[Funnel]{}, invalid(errs...)
	}
	s, err := a.sessionSeam(ctx, p.from)
	if err != nil {
		return reply[Funnel]{}, fmt.Errorf("api: funnel: %w", err)
	}
	if err := a.canSum(s, p.from, p.to); err != nil {
		return reply[Funnel]{}, invalid(err)
	}
	total, err := a.sessionTotals(ctx, s, p.from, p.to, in.countries()...)
	if err != nil {
		return reply[Funnel]{}, fmt.Errorf("api: funnel: %w", err)
	}
	r, err := replyFrom(a, s.seam, p.from, p.to, a.funnelOf(p, &total))
	r.partial = p.to > a.now() || s.lacks > p.from && s.at < p.to
	return r, err
}

func (a *API) funnelOf(p period, t *store.SessionTotals) Funnel {
	f := Funnel{
		From: a.local(p.from), To: a.local(p.to), Sessions: t.Sessions,
		ConversionRate: rounded(ratio(t.WithOrder, t.Sessions)), BounceRate: rounded(ratio(t.Bounced, t.Sessions)),
	}
	before := t.Sessions
	for _, step := range []struct {
		name         string
		reached, did int64
	}{
		{"session", t.Sessions, t.Sessions},
		{string(store.StepView), t.WithView, t.WithView},
		{string(store.StepAdd), t.ReachedAdd, t.WithAdd},
		{string(store.StepCheckout), t.ReachedCheckout, t.WithCheckout},
		{string(store.StepOrder), t.ReachedOrder, t.WithOrder},
	} {
		f.Steps = append(f.Steps, FunnelStage{step.name, step.reached, rounded(ratio(step.reached, t.Sessions)), rounded(ratio(step.reached, before)), step.did})
		before = step.reached
	}
	return f
}

// sessionSeam divides sessions: those that began before it are the warehouse's, which
// has the days before the as-of date of its newest run, the others the live store's.
type sessionSeam struct {
	seam
	// lacks is the end of what the live store does not know, where that is after the
	// seam: some hours of the day on which the shop began to be watched.
	lacks event.Time
}

// sessionSeam returns the seam for a question about sessions since from.
func (a *API) sessionSeam(ctx context.Context, from event.Time) (sessionSeam, error) {
	if a.deps.Warehouse == nil || from >= a.calendar.DayStart(a.now()) {
		return sessionSeam{}, nil
	}
	run, err := a.deps.Warehouse.State(ctx)
	if errors.Is(err, warehouse.ErrNone) {
		return sessionSeam{}, nil
	}
	if err != nil {
		return sessionSeam{}, fmt.Errorf("what the last run knows: %w", err)
	}
	at, err := a.parseTime(run.AsOf)
	if err != nil {
		return sessionSeam{}, fmt.Errorf("as-of date of run %s: %w", run.Run, err)
	}
	s := sessionSeam{seam: seam{at, run}}
	if run.Seam > at {
		s.lacks = run.Seam
	}
	return s, nil
}

// canSum reports why sessions of [from, to) cannot be summed.
func (a *API) canSum(s sessionSeam, from, to event.Time) error {
	if live := min(to, a.now()) - max(from, s.at); live > maxLiveRange+dayMS {
		return wrong("from", a.local(from).Format(time.RFC3339), "%d days of it are not in the warehouse yet, and at most %d days of sessions are summed live: ask for a shorter time, or run `globalmart batch run etl`", live/dayMS, maxLiveRange/dayMS)
	}
	if from < s.at && !a.wholeDays(from, min(to, s.at)) {
		return wrong("from", a.local(from).Format(time.RFC3339), "sessions before %s are kept by whole days of %s: begin and end with one", a.date(s.at), a.cfg.Rules.TimeZone)
	}
	return nil
}

// sessionTotals is the sum of the sessions of some countries that began within
// [from, to), which canSum has let pass.
func (a *API) sessionTotals(ctx context.Context, s sessionSeam, from, to event.Time, countries ...string) (total store.SessionTotals, err error) {
	for _, country := range countries {
		one, err := a.sessionsOf(ctx, s, from, to, country)
		if err != nil {
			return total, err
		}
		addSessions(&total, &one)
	}
	return total, nil
}

// sessionsOf is sessionTotals of one country, or of all.
func (a *API) sessionsOf(ctx context.Context, s sessionSeam, from, to event.Time, country string) (total store.SessionTotals, err error) {
	if from < s.at {
		days, err := a.deps.Warehouse.SessionDays(ctx, warehouse.DaysQuery{Run: s.run.Run, From: a.date(from), To: a.date(min(to, s.at)), Country: country})
		if err := ignoreNone(err); err != nil {
			return total, err
		}
		for i := range days.Rows {
			addSessions(&total, &days.Rows[i].Sessions)
		}
		from = s.at
	}
	if from >= to {
		return total, nil
	}
	live, err := a.deps.Shop.SessionTotals(ctx, from, to, country)
	addSessions(&total, &live)
	return total, err
}

// addSessions adds o to t, but for durations, which the warehouse does not know.
func addSessions(t, o *store.SessionTotals) {
	t.Sessions += o.Sessions
	t.Bounced += o.Bounced
	t.WithView += o.WithView
	t.WithAdd += o.WithAdd
	t.WithCheckout += o.WithCheckout
	t.WithOrder += o.WithOrder
	t.ReachedAdd += o.ReachedAdd
	t.ReachedCheckout += o.ReachedCheckout
	t.ReachedOrder += o.ReachedOrder
}
