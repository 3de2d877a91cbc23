package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type alertsInput struct {
	Page
	Kind  string `query:"kind" enum:"stock,carts,orders,finding" doc:"Absent: all."`
	Level string `query:"level" enum:"low,critical,out,oversold,at_risk,high,zero,new" doc:"That they are at, or were when they were closed. Absent: all."`
	Since string `query:"since" example:"2026-03-01" doc:"Opened at or after it: RFC 3339, or a day of the shop."`
	State string `query:"state" default:"open" enum:"open,all" doc:"Only those that are open, or also those that are closed."`
}

// Alert is something that somebody should look at.
type Alert struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"stock,carts,orders,finding"`
	Subject   string     `json:"subject" doc:"stock: the product; finding: rule and visitor; otherwise all."`
	Level     string     `json:"level" doc:"stock: low, critical, out, oversold; carts: at_risk; orders: high, low, zero; finding: new."`
	OpenedAt  time.Time  `json:"opened_at"`
	ChangedAt time.Time  `json:"changed_at" doc:"When it came to its level."`
	ClosedAt  *time.Time `json:"closed_at" doc:"null while it is open."`
	Value     int64      `json:"value" doc:"stock: units on hand; carts: minor units; orders: orders in a minute; finding: findings."`
	Threshold int64      `json:"threshold" doc:"From where on it is an alert of this level."`
	Text      string     `json:"text" doc:"For people."`
}

// Alerts are alerts, newest first.
type Alerts struct {
	Alerts     []Alert `json:"alerts" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addAlerts() {
	op := huma.Operation{
		OperationID: "alerts", Path: "/api/v1/monitoring/alerts", Tags: []string{"monitoring"},
		Summary:     "What calls for attention, newest first",
		Description: "Of a kind and a subject at most one alert is open; it may come to a worse or a better level before it is closed.",
	}
	example := a.alert(&store.Alert{
		ID: fmt.Sprintf("%013d/stock/P0001234", int64(exampleNow-minuteMS)), Kind: store.AlertStock, Subject: "P0001234", Level: store.StockCritical,
		OpenedAt: exampleNow - minuteMS, ChangedAt: exampleNow - minuteMS/2, Value: 3, Threshold: 5, Text: "P0001234: 3 left, enough for about 2 h",
	})
	answer(a, op, Alerts{Alerts: []Alert{example}}, a.alerts)
}

func (a *API) alerts(ctx context.Context, in *alertsInput) (reply[Alerts], error) {
	var errs []error
	before, err := parseCursor[string](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	var since event.Time
	if in.Since != "" {
		if since, err = a.parseTime(in.Since); err != nil {
			errs = append(errs, wrong("since", in.Since, "%v", err))
		}
	}
	if errs != nil {
		return reply[Alerts]{}, invalid(errs...)
	}
	found, err := a.deps.Shop.Alerts(ctx, store.AlertQuery{
		Kind: store.AlertKind(in.Kind), Level: store.AlertLevel(in.Level), Since: since, OpenOnly: in.State == "open", Before: before, Limit: in.Limit,
	})
	if err != nil {
		return reply[Alerts]{}, fmt.Errorf("api: alerts: %w", err)
	}
	out := Alerts{Alerts: make([]Alert, len(found)), NextCursor: nextCursor(in.Page, found, func(f *store.Alert) any { return f.ID })}
	for i := range found {
		out.Alerts[i] = a.alert(&found[i])
	}
	return reply[Alerts]{data: out}, nil
}

func (a *API) alert(v *store.Alert) Alert {
	return Alert{
		ID: v.ID, Kind: string(v.Kind), Subject: v.Subject, Level: string(v.Level), OpenedAt: a.local(v.OpenedAt), ChangedAt: a.local(v.ChangedAt),
		ClosedAt: a.localOrNull(v.ClosedAt), Value: v.Value, Threshold: v.Threshold, Text: v.Text,
	}
}

// localOrNull is local, or nil for 0.
func (a *API) localOrNull(t event.Time) *time.Time {
	if t == 0 {
		return nil
	}
	at := a.local(t)
	return &at
}
