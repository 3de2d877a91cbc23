package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/lake/lookup"
)

type timelineInput struct {
	UserID string `path:"user_id" minLength:"1" maxLength:"64" example:"U0004711" doc:"As the events name it."`
	Page
	Period
}

// TimelineEntry is one thing that a customer did.
type TimelineEntry struct {
	EventID        string       `json:"event_id"`
	Type           string       `json:"type" enum:"order,refund,view,cart"`
	At             time.Time    `json:"at"`
	SessionStart   bool         `json:"session_start" doc:"Nothing came before it for as long as the pause that ends a session: one begins here."`
	VisitorID      string       `json:"visitor_id"`
	Country        *string      `json:"country"`
	Device         *string      `json:"device"`
	ProductID      *string      `json:"product_id" doc:"Of a view, or of an action on a cart."`
	Category       *string      `json:"category"`
	CartID         *string      `json:"cart_id"`
	Action         *string      `json:"action" doc:"On a cart: add, remove, update, clear or checkout."`
	Quantity       *int64       `json:"quantity" doc:"Of a cart's action; null for all else."`
	TransactionID  *string      `json:"transaction_id"`
	RefundID       *string      `json:"refund_id"`
	Status         *string      `json:"status" doc:"Of an order."`
	BaseTotalMinor *event.Minor `json:"base_total_minor" doc:"Of an order or a refund, with tax and shipping; null for all else."`
}

// Timeline is what a customer did, the newest first.
type Timeline struct {
	UserID     string          `json:"user_id"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to" doc:"Exclusive."`
	Entries    []TimelineEntry `json:"entries" nullable:"false"`
	NextCursor *string         `json:"next_cursor" doc:"For the next page; null on the last."`
}

// maxTimeline bounds what is looked through for one customer.
const maxTimeline = 100 * dayMS

func (a *API) addTimeline() {
	op := huma.Operation{
		OperationID: "customer-timeline", Path: "/api/v1/customers/{user_id}/timeline", Tags: []string{"customers"},
		Summary: "What a customer did, newest first",
		Description: "Orders, refunds, views and what was done to carts, with the beginnings of sessions, of at most 100 days. From the lake, which has an event some minutes after it was sent (meta.as_of). " +
			"Days are read from the newest on until the page is full, about 30 ms for a day of 500,000 events. Only events that name the customer are found.",
	}
	answerFrom(a, op, sourceLake, Timeline{UserID: "U0004711", From: a.local(exampleNow - 28*dayMS), To: a.local(exampleNow), Entries: a.timelineOf([]lookup.Activity{
		{EventID: "0195565f-9a3c-7b11-8c11-4a2f6f1c7d10", Type: event.TypeTransaction, At: exampleNow - 5*minuteMS, VisitorID: "v-7", Country: "DE", Device: "mobile", TransactionID: "T00000042", Status: event.StatusCompleted, BaseTotalMinor: 3_643},
		{EventID: "0195565e-1b11-7c02-9d41-7a2f6f1c7d11", Type: event.TypeProductView, At: exampleNow - 7*minuteMS, VisitorID: "v-7", Country: "DE", Device: "mobile", ProductID: "P0001234", Category: "Books"},
	}, 2)}, a.timeline)
}

func (a *API) timeline(ctx context.Context, in *timelineInput) (reply[Timeline], error) {
	p, errs := a.period(in.Period)
	if errs == nil && p.to-p.from > maxTimeline {
		errs = append(errs, wrong("range", in.Range, "the period has %d days; at most %d are looked through", (p.to-p.from)/dayMS, maxTimeline/dayMS))
	}
	before, err := parseCursor[lookup.Place](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	if errs != nil {
		return reply[Timeline]{}, invalid(errs...)
	}
	// One more tells whether a session begins with the last one.
	found, err := a.deps.Lake.Timeline(ctx, lookup.TimelineQuery{UserID: in.UserID, From: p.from, To: p.to, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return reply[Timeline]{}, fmt.Errorf("api: timeline: %w", err)
	}
	shown := min(in.Limit, len(found.Rows))
	out := Timeline{
		UserID: in.UserID, From: a.local(p.from), To: a.local(p.to), Entries: a.timelineOf(found.Rows, shown),
	}
	if len(found.Rows) > shown {
		next := cursorOf(found.Rows[shown-1].Place())
		out.NextCursor = &next
	}
	r := fromLake(found.AsOf, out)
	r.partial = p.to > a.now()
	return r, nil
}

// timelineOf are the first n of rows, which are the newest first.
func (a *API) timelineOf(rows []lookup.Activity, n int) []TimelineEntry {
	entries := make([]TimelineEntry, n)
	for i := range entries {
		v := &rows[i]
		e := TimelineEntry{
			EventID: v.EventID, Type: "view", At: a.local(v.At), VisitorID: v.VisitorID, Country: known(v.Country), Device: known(v.Device),
			ProductID: known(v.ProductID), Category: known(v.Category), CartID: known(v.CartID), Action: known(v.Action),
			TransactionID: known(v.TransactionID), RefundID: known(v.RefundID), Status: known(string(v.Status)),
			SessionStart: i+1 == len(rows) || v.At-rows[i+1].At > event.Time(a.cfg.Rules.Session.Gap.Milliseconds()),
		}
		switch v.Type {
		case event.TypeTransaction:
			if e.Type = "order"; v.RefundID != "" {
				e.Type = "refund"
			}
			e.BaseTotalMinor = &v.BaseTotalMinor
		case event.TypeCartEvent:
			e.Type, e.Quantity = "cart", &v.Quantity
		default:
		}
		entries[i] = e
	}
	return entries
}
