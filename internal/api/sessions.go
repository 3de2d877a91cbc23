package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type sessionsInput struct {
	Page
	From string `query:"from" example:"2026-03-01" doc:"Sessions that began at or after it: RFC 3339, or a day of the shop."`
	To   string `query:"to" example:"2026-03-02" doc:"Sessions that began before it. Absent: no end."`
}

// SessionEntry is a session that is over.
type SessionEntry struct {
	VisitorID    string      `json:"visitor_id"`
	UserID       *string     `json:"user_id" doc:"null if nobody is known."`
	Start        time.Time   `json:"start"`
	End          time.Time   `json:"end" doc:"Of its last event."`
	DurationMS   int64       `json:"duration_ms"`
	Country      *string     `json:"country"`
	Device       *string     `json:"device"`
	Events       int64       `json:"events"`
	Views        int64       `json:"views"`
	Adds         int64       `json:"adds" doc:"Cart events that put something in."`
	Checkouts    int64       `json:"checkouts"`
	Orders       int64       `json:"orders" doc:"Completed."`
	Units        int64       `json:"units"`
	RevenueMinor event.Minor `json:"revenue_minor"`
	Converted    bool        `json:"converted" doc:"There is a completed order."`
}

// Sessions are sessions that are over, those that began last first.
type Sessions struct {
	Sessions   []SessionEntry `json:"sessions" nullable:"false"`
	NextCursor *string        `json:"next_cursor" doc:"For the next page; null on the last."`
}

// exampleSession is the one of the examples.
var exampleSession = store.SessionRow{
	Key: store.SessionKey{VisitorID: "v-7", Start: exampleNow - 55*minuteMS},
	Session: store.Session{
		End: exampleNow - 41*minuteMS, Country: "DE", Device: "mobile", Events: 9, Views: 6, Adds: 1, Checkouts: 1, Orders: 1, Units: 2, RevenueMinor: 3_780,
	},
}

func (a *API) addSessions() {
	op := huma.Operation{
		OperationID: "sessions", Path: "/api/v1/sessions", Tags: []string{"sessions"},
		Summary:     "Sessions that are over, newest first",
		Description: "A session is what one visitor does without a pause of the gap of the rules (30 minutes by default). Late events may still extend, merge or reopen one.",
	}
	answer(a, op, Sessions{Sessions: []SessionEntry{a.session(&exampleSession)}}, a.sessions)
}

func (a *API) sessions(ctx context.Context, in *sessionsInput) (reply[Sessions], error) {
	from, to, errs := a.parseBounds(in.From, in.To)
	before, err := parseCursor[store.SessionKey](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	if errs != nil {
		return reply[Sessions]{}, invalid(errs...)
	}
	rows, err := a.deps.Shop.SessionList(ctx, store.SessionQuery{From: from, To: to, Before: before, Limit: in.Limit})
	if err != nil {
		return reply[Sessions]{}, fmt.Errorf("api: sessions: %w", err)
	}
	out := Sessions{Sessions: make([]SessionEntry, len(rows)), NextCursor: nextCursor(in.Page, rows, func(r *store.SessionRow) any { return r.Key })}
	for i := range rows {
		out.Sessions[i] = a.session(&rows[i])
	}
	return reply[Sessions]{data: out}, nil
}

func (a *API) session(r *store.SessionRow) SessionEntry {
	s := &r.Session
	return SessionEntry{
		VisitorID: r.Key.VisitorID, UserID: known(s.UserID), Start: a.local(r.Key.Start), End: a.local(s.End), DurationMS: int64(s.End - r.Key.Start),
		Country: known(s.Country), Device: known(s.Device), Events: s.Events, Views: s.Views, Adds: s.Adds, Checkouts: s.Checkouts,
		Orders: s.Orders, Units: s.Units, RevenueMinor: s.RevenueMinor, Converted: s.Orders > 0,
	}
}

type sessionsSummaryInput struct {
	From    string `query:"from" example:"2026-03-01" doc:"Sessions that began at or after it. Absent: a day before to."`
	To      string `query:"to" example:"2026-03-02" doc:"Sessions that began before it. Absent: now."`
	Country string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"Absent: all."`
}

// SessionsSummary are sums over sessions that are over, and what is open now.
type SessionsSummary struct {
	From              time.Time    `json:"from"`
	To                time.Time    `json:"to" doc:"Exclusive."`
	OpenNow           int64        `json:"open_now" doc:"Sessions that are not over yet, of all countries."`
	Sessions          int64        `json:"sessions"`
	Events            int64        `json:"events"`
	Views             int64        `json:"views"`
	Orders            int64        `json:"orders"`
	Units             int64        `json:"units"`
	RevenueMinor      event.Minor  `json:"revenue_minor"`
	AverageDurationMS *int64       `json:"average_duration_ms" doc:"null without sessions."`
	BounceRate        *float64     `json:"bounce_rate" doc:"Share of sessions of one event; null without sessions."`
	ConversionRate    *float64     `json:"conversion_rate" doc:"Share of sessions with a completed order; null without sessions."`
	Funnel            []FunnelStep `json:"funnel" nullable:"false" doc:"Open funnel: a session counts for each step that it has, whatever came before."`
}

// FunnelStep is one step of the funnel.
type FunnelStep struct {
	Step     string   `json:"step" enum:"view,add,checkout,order"`
	Sessions int64    `json:"sessions"`
	Share    *float64 `json:"share" doc:"Of all sessions."`
}

func (a *API) addSessionsSummary() {
	op := huma.Operation{
		OperationID: "sessions-summary", Path: "/api/v1/sessions/summary", Tags: []string{"sessions"},
		Summary:     "Sessions, conversion and funnel of a period",
		Description: "Sums over the sessions that began in the period and are over; at most 7 days. Longer periods are the warehouse's.",
	}
	totals := store.SessionTotals{
		Sessions: 1200, Events: 6100, Views: 5000, Orders: 66, Units: 140, RevenueMinor: 713_218, Duration: 1200 * 4 * time.Minute, Bounced: 310,
		WithView: 1180, WithAdd: 160, WithCheckout: 71, WithOrder: 62,
	}
	answer(a, op, a.summaryOfSessions(exampleNow-dayMS, exampleNow, &totals, 85), a.sessionsSummary)
}

func (a *API) sessionsSummary(ctx context.Context, in *sessionsSummaryInput) (reply[SessionsSummary], error) {
	from, to, errs := a.parseLive(in.From, in.To)
	if errs != nil {
		return reply[SessionsSummary]{}, invalid(errs...)
	}
	totals, err := a.deps.Shop.SessionTotals(ctx, from, to, strings.ToUpper(in.Country))
	if err != nil {
		return reply[SessionsSummary]{}, fmt.Errorf("api: sessions summary: %w", err)
	}
	open, err := a.deps.Shop.OpenTotals(ctx)
	if err != nil {
		return reply[SessionsSummary]{}, fmt.Errorf("api: open sessions: %w", err)
	}
	// A session that began within the gap before now may still go on.
	partial := to > a.now().Add(-a.cfg.Rules.Session.Gap)
	return reply[SessionsSummary]{data: a.summaryOfSessions(from, to, &totals, open.Sessions), partial: partial}, nil
}

func (a *API) summaryOfSessions(from, to event.Time, t *store.SessionTotals, open int64) SessionsSummary {
	s := SessionsSummary{
		From: a.local(from), To: a.local(to), OpenNow: open, Sessions: t.Sessions, Events: t.Events, Views: t.Views, Orders: t.Orders,
		Units: t.Units, RevenueMinor: t.RevenueMinor, BounceRate: ratio(t.Bounced, t.Sessions), ConversionRate: ratio(t.WithOrder, t.Sessions),
	}
	if t.Sessions > 0 {
		average := t.Duration.Milliseconds() / t.Sessions
		s.AverageDurationMS = &average
	}
	for _, step := range []struct {
		name string
		n    int64
	}{{"view", t.WithView}, {"add", t.WithAdd}, {"checkout", t.WithCheckout}, {"order", t.WithOrder}} {
		s.Funnel = append(s.Funnel, FunnelStep{step.name, step.n, ratio(step.n, t.Sessions)})
	}
	return s
}
