package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/lake/lookup"
)

// fakeLake has a few orders and what u1 did.
type fakeLake struct {
	orders []lookup.Order // the newest first
	did    []lookup.Activity
	asked  []any
}

func newFakeLake() *fakeLake {
	l := &fakeLake{}
	for i, id := range []string{"t3", "t2", "t1"} {
		at := exampleNow - event.Time(i+1)*hourMS
		l.orders = append(l.orders, lookup.Order{EventID: "e" + id, TransactionID: id, Status: event.StatusCompleted, At: at, ReceivedAt: at, UserID: "u1", Currency: "EUR", TotalMinor: 1000, BaseTotalMinor: 1100, LineCount: 1, Units: 2})
	}
	l.orders[0].Status, l.orders[0].TransactionID, l.orders[0].RefundID = event.StatusRefunded, "t1", "r1"
	for i, t := range []event.Type{event.TypeTransaction, event.TypeCartEvent, event.TypeProductView, event.TypeProductView} {
		l.did = append(l.did, lookup.Activity{EventID: string(t), Type: t, At: exampleNow - event.Time(i*i)*5*minuteMS, VisitorID: "v"})
	}
	return l
}

func (l *fakeLake) Orders(_ context.Context, q lookup.OrderQuery) (lookup.Found[lookup.Order], error) {
	l.asked = append(l.asked, q)
	return lookup.Found[lookup.Order]{AsOf: exampleNow - minuteMS, Rows: after(l.orders, q.Before, q.Limit, func(o *lookup.Order) lookup.Place { return o.Place() })}, nil
}

// after is the page of rows behind a place.
func after[T any](rows []T, before lookup.Place, limit int, place func(*T) lookup.Place) []T {
	at := 0
	if before != (lookup.Place{}) {
		at = slices.IndexFunc(rows, func(r T) bool { return place(&r) == before }) + 1
	}
	return rows[at:min(len(rows), at+limit)]
}

func (l *fakeLake) Order(_ context.Context, id string, from, to event.Time) (lookup.Found[lookup.Order], error) {
	l.asked = append(l.asked, [2]event.Time{from, to})
	var rows []lookup.Order
	for _, o := range slices.Backward(l.orders) {
		if o.TransactionID == id {
			rows = append(rows, o)
		}
	}
	if rows == nil {
		return lookup.Found[lookup.Order]{}, lookup.ErrNotFound
	}
	return lookup.Found[lookup.Order]{AsOf: exampleNow - minuteMS, Rows: rows}, nil
}

func (l *fakeLake) Timeline(_ context.Context, q lookup.TimelineQuery) (lookup.Found[lookup.Activity], error) {
	return lookup.Found[lookup.Activity]{AsOf: exampleNow - minuteMS, Rows: after(l.did, q.Before, q.Limit, func(a *lookup.Activity) lookup.Place { return a.Place() })}, nil
}

func TestOrdersAreListedInPages(t *testing.T) {
	lake := newFakeLake()
	f := newFixture(t, func(_ *Config, d *Deps) { d.Lake = lake })
	target := "/api/v1/orders?range=today&limit=2&country=fr,de&status=completed&payment=card&product_id=p1&user_id=u1"
	first := decode[Orders](t, f.get(t, target))
	if first.Meta.Source != "lake" || first.Meta.LagMS == nil || *first.Meta.LagMS != 60_000 || len(first.Data.Orders) != 2 || first.Data.NextCursor == nil {
		t.Fatalf("got %+v", first)
	}
	rest := decode[Orders](t, f.get(t, target+"&cursor="+*first.Data.NextCursor)).Data
	if len(rest.Orders) != 1 || rest.Orders[0].TransactionID != "t1" || rest.NextCursor != nil {
		t.Errorf("the rest is %+v", rest)
	}
	today := exampleNow - exampleNow%dayMS
	if diff := cmp.Diff(lookup.OrderQuery{From: today, To: today + dayMS, Countries: []string{"DE", "FR"}, Status: "completed", Payment: "card", ProductID: "p1", UserID: "u1", Limit: 2}, lake.asked[0]); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
}

func TestAnOrderHasItsRefunds(t *testing.T) {
	lake := newFakeLake()
	f := newFixture(t, func(_ *Config, d *Deps) { d.Lake = lake })
	o := decode[OrderDetail](t, f.get(t, "/api/v1/orders/t1?from=2026-03-01")).Data
	if len(o.Events) != 2 || o.Events[1].RefundID == nil || o.PaidMinor != 1100 || o.RefundedMinor != 1100 {
		t.Errorf("got %+v", o)
	}
	p := problem(t, f.get(t, "/api/v1/orders/nobody"))
	if p.Status != http.StatusNotFound || !strings.Contains(p.Detail, "nobody") {
		t.Errorf("got %+v", p)
	}
	asked := lake.asked[len(lake.asked)-1].([2]event.Time)
	if asked[1]-asked[0] != maxRange {
		t.Errorf("looked through %d days, want 400", (asked[1]-asked[0])/dayMS)
	}
}

func TestATimelineSaysWhereSessionsBegin(t *testing.T) {
	f := newFixture(t, func(c *Config, _ *Deps) { c.Rules.Session.Gap = 20 * 60e9 })
	var starts []bool
	var types []string
	cursor := ""
	for {
		page := decode[Timeline](t, f.get(t, "/api/v1/customers/u1/timeline?limit=3"+cursor)).Data
		for _, e := range page.Entries {
			starts, types = append(starts, e.SessionStart), append(types, e.Type)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *page.NextCursor
	}
	if diff := cmp.Diff([]bool{false, false, true, true}, starts); diff != "" {
		t.Errorf("sessions begin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"order", "cart", "view", "view"}, types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	for target, field := range map[string]string{
		"/api/v1/customers/u1/timeline?range=12mo": "range", "/api/v1/orders?cursor=!": "cursor", "/api/v1/orders?status=paid": "status", "/api/v1/orders/t1?from=soon": "from",
	} {
		p := problem(t, f.get(t, target))
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Errors[0].Location, field) {
			t.Errorf("%s: %+v", target, p)
		}
	}
}
