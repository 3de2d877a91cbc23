package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// cartStatuses lists the statuses in the order of the answers.
var cartStatuses = []store.CartStatus{
	store.CartActive, store.CartOrdered, store.CartAbandoned, store.CartRecovered, store.CartLost, store.CartCleared,
}

type cartsInput struct {
	Page
	Status  string `query:"status" default:"abandoned" enum:"active,ordered,abandoned,recovered,lost,cleared" doc:"As of now, see the summary."`
	From    string `query:"from" example:"2026-03-01" doc:"Carts whose last action is at or after it. Absent: a week before to."`
	To      string `query:"to" example:"2026-03-02" doc:"Carts whose last action is before it. Absent: now."`
	Country string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"Absent: all."`
}

// CartEntry is an episode of a cart.
type CartEntry struct {
	CartID     string      `json:"cart_id"`
	Status     string      `json:"status" enum:"active,ordered,abandoned,recovered,lost,cleared"`
	VisitorID  string      `json:"visitor_id"`
	UserID     *string     `json:"user_id" doc:"null if nobody is known."`
	Country    *string     `json:"country"`
	FirstAt    time.Time   `json:"first_at" doc:"Of its first action."`
	LastAt     time.Time   `json:"last_at"`
	Abandoned  *time.Time  `json:"abandoned_at" doc:"last_at and the idle time of the rules, whenever that was noticed; null unless it was abandoned."`
	CheckoutAt *time.Time  `json:"checkout_at" doc:"Of its last checkout; null without."`
	ClearedAt  *time.Time  `json:"cleared_at"`
	OrderedAt  *time.Time  `json:"ordered_at"`
	Actions    int64       `json:"actions"`
	Quantity   int64       `json:"quantity" doc:"Units in it, net."`
	ValueMinor event.Minor `json:"value_minor" doc:"What is in it, at the prices that were shown."`
}

// Carts are carts of one status, those that something was done to last first.
type Carts struct {
	Carts      []CartEntry `json:"carts" nullable:"false"`
	NextCursor *string     `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addCarts() {
	op := huma.Operation{
		OperationID: "carts", Path: "/api/v1/carts", Tags: []string{"carts"},
		Summary:     "Carts of a status, newest first",
		Description: "The status is derived as of now, so a late order retracts an abandonment by itself. Carts whose last action is more recent than the idle time may not be listed yet.",
	}
	row := store.CartRow{
		Key: store.CartKey{CartID: "c-19", Episode: exampleNow - 90*minuteMS},
		Cart: store.Cart{
			VisitorID: "v-7", Country: "DE", FirstAt: exampleNow - 90*minuteMS, LastAt: exampleNow - 80*minuteMS, Actions: 3, Quantity: 2, ValueMinor: 3_780,
		},
	}
	answer(a, op, Carts{Carts: []CartEntry{a.cart(&row, exampleNow, rules.Cart{Idle: 30 * time.Minute, Recovery: 7 * 24 * time.Hour})}}, a.carts)
}

func (a *API) carts(ctx context.Context, in *cartsInput) (reply[Carts], error) {
	now := a.now()
	scope, errs := a.cartScope(in.From, in.To, in.Country, now)
	before, err := parseCursor[store.CartPlace](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	if errs != nil {
		return reply[Carts]{}, invalid(errs...)
	}
	rows, err := a.deps.Shop.CartList(ctx, store.CartQuery{CartScope: scope, Status: store.CartStatus(in.Status), Before: before, Limit: in.Limit})
	if err != nil {
		return reply[Carts]{}, fmt.Errorf("api: carts: %w", err)
	}
	out := Carts{Carts: make([]CartEntry, len(rows)), NextCursor: nextCursor(in.Page, rows, func(r *store.CartRow) any { return r.Place() })}
	for i := range rows {
		out.Carts[i] = a.cart(&rows[i], now, a.cfg.Rules.Cart)
	}
	return reply[Carts]{data: out}, nil
}

// cartScope resolves the parameters; a week is looked at if no time is given.
func (a *API) cartScope(fromText, toText, country string, now event.Time) (store.CartScope, []error) {
	from, to, errs := a.parseBounds(fromText, toText)
	if toText == "" {
		to = 0
	}
	if fromText == "" {
		from = now - 7*dayMS
		if to > 0 {
			from = to - 7*dayMS
		}
	}
	return store.CartScope{
		From: from, To: to, Country: strings.ToUpper(country), AsOf: now, Idle: a.cfg.Rules.Cart.Idle, Recovery: a.cfg.Rules.Cart.Recovery,
	}, errs
}

func (a *API) cart(r *store.CartRow, now event.Time, rules rules.Cart) CartEntry {
	c := &r.Cart
	status := c.Status(r.OrderedAt, now, rules.Idle, rules.Recovery)
	out := CartEntry{
		CartID: r.Key.CartID, Status: string(status), VisitorID: c.VisitorID, UserID: known(c.UserID), Country: known(c.Country),
		FirstAt: a.local(c.FirstAt), LastAt: a.local(c.LastAt), CheckoutAt: a.localOrNull(c.CheckoutAt), ClearedAt: a.localOrNull(c.ClearedAt),
		OrderedAt: a.localOrNull(r.OrderedAt), Actions: c.Actions, Quantity: c.Quantity, ValueMinor: c.ValueMinor,
	}
	if status == store.CartAbandoned || status == store.CartRecovered || status == store.CartLost {
		out.Abandoned = a.localOrNull(c.LastAt.Add(rules.Idle))
	}
	return out
}

type cartsSummaryInput struct {
	From    string `query:"from" example:"2026-03-01" doc:"Carts whose last action is at or after it. Absent: a week before to."`
	To      string `query:"to" example:"2026-03-02" doc:"Carts whose last action is before it. Absent: now."`
	Country string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"Absent: all."`
}

// CartsOfStatus are the carts of one status.
type CartsOfStatus struct {
	Status     string      `json:"status" enum:"active,ordered,abandoned,recovered,lost,cleared"`
	Carts      int64       `json:"carts"`
	CheckedOut int64       `json:"checked_out" doc:"Of them, with a checkout."`
	Units      int64       `json:"units"`
	ValueMinor event.Minor `json:"value_minor"`
}

// CartsSummary are carts by status.
type CartsSummary struct {
	Statuses         []CartsOfStatus `json:"statuses" nullable:"false" doc:"Every status, as of now."`
	ValueAtRiskMinor event.Minor     `json:"value_at_risk_minor" doc:"Of the abandoned carts: idle, not empty, not ordered, not lost yet."`
	AbandonmentRate  *float64        `json:"abandonment_rate" doc:"1 - (ordered + recovered) / (ordered + abandoned + recovered + lost); null without. By cart, not by item."`
	CheckoutRate     *float64        `json:"checkout_abandonment_rate" doc:"The same of the carts with a checkout."`
	RecoveryRate     *float64        `json:"recovery_rate" doc:"recovered / (abandoned + recovered + lost); null without."`
}

func (a *API) addCartsSummary() {
	op := huma.Operation{
		OperationID: "carts-summary", Path: "/api/v1/carts/summary", Tags: []string{"carts"},
		Summary: "Carts by status, value at risk, abandonment",
		Description: "active: something was done within the idle time. ordered: ordered before it was idle. abandoned: idle, not empty, not ordered. " +
			"recovered: ordered after that, within the recovery time. lost: not ordered within it. cleared: emptied by its shopper.",
	}
	totals := map[store.CartStatus]store.CartTotals{
		store.CartActive: {Carts: 40, Quantity: 70, ValueMinor: 181_000}, store.CartOrdered: {Carts: 300, CheckedOut: 300, Quantity: 610, ValueMinor: 1_420_000},
		store.CartAbandoned: {Carts: 640, CheckedOut: 150, Quantity: 1_100, ValueMinor: 2_930_000}, store.CartRecovered: {Carts: 22, CheckedOut: 22, Quantity: 31, ValueMinor: 90_000},
		store.CartLost: {Carts: 10, Quantity: 12, ValueMinor: 31_000}, store.CartCleared: {Carts: 51},
	}
	answer(a, op, summaryOfCarts(totals), a.cartsSummary)
}

func (a *API) cartsSummary(ctx context.Context, in *cartsSummaryInput) (reply[CartsSummary], error) {
	scope, errs := a.cartScope(in.From, in.To, in.Country, a.now())
	if errs != nil {
		return reply[CartsSummary]{}, invalid(errs...)
	}
	totals, err := a.deps.Shop.CartTotals(ctx, scope)
	if err != nil {
		return reply[CartsSummary]{}, fmt.Errorf("api: carts summary: %w", err)
	}
	return reply[CartsSummary]{data: summaryOfCarts(totals), partial: scope.To == 0}, nil
}

func summaryOfCarts(totals map[store.CartStatus]store.CartTotals) CartsSummary {
	out := CartsSummary{ValueAtRiskMinor: totals[store.CartAbandoned].ValueMinor}
	for _, status := range cartStatuses {
		t := totals[status]
		out.Statuses = append(out.Statuses, CartsOfStatus{string(status), t.Carts, t.CheckedOut, t.Quantity, t.ValueMinor})
	}
	var all, paying store.CartShares
	for status, t := range totals {
		all.Add(status, t.Carts)
		paying.Add(status, t.CheckedOut)
	}
	out.AbandonmentRate = rateOf(all.Settled, all.Abandonment())
	out.CheckoutRate = rateOf(paying.Settled, paying.Abandonment())
	out.RecoveryRate = rateOf(all.Left, all.Recovery())
	return out
}

// rateOf returns r, or nil if it is one of nothing.
func rateOf(of int64, r float64) *float64 {
	if of == 0 {
		return nil
	}
	return &r
}
