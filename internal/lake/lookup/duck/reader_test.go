package duck_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/lake/lookup"
	"globalmart/internal/lake/lookup/duck"
)

const (
	hour = event.Time(3_600_000)
	day  = 24 * hour
)

// noon is on the day after which there is nothing.
var noon = event.TimeOf(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))

// events are what some customers did in the ten days before noon, by arrival. Some are
// late, some are orders that failed, some refunds.
func events(r *rand.Rand, n int) []event.Event {
	all := make([]event.Event, n)
	for i := range all {
		at := noon - event.Time(r.Int64N(int64(10*day)))
		e := event.Event{
			ID: fmt.Sprintf("e%04d", i), SchemaVersion: "1.0", Source: "test", Timestamp: at, ReceivedAt: at + event.Time(r.Int64N(int64(2*hour))),
			VisitorID: fmt.Sprint("v", r.IntN(5)), UserID: fmt.Sprint("u", r.IntN(4)), Country: []string{"DE", "FR"}[r.IntN(2)], Device: "mobile",
		}
		product, quantity := fmt.Sprint("p", r.IntN(6)), 1+r.Int64N(3)
		switch r.IntN(3) {
		case 0:
			e.Type, e.ProductID, e.Category, e.UnitPriceMinor = event.TypeProductView, product, "Books", 100
		case 1:
			e.Type, e.CartID, e.Action, e.ProductID, e.Category, e.Quantity, e.UnitPriceMinor = event.TypeCartEvent, "c", event.ActionAdd, product, "Books", quantity, 100
		default:
			e.Type, e.TransactionID, e.Currency, e.PaymentMethod = event.TypeTransaction, fmt.Sprint("t", i), "USD", []string{"card", "cash"}[r.IntN(2)]
			e.Status = []event.Status{event.StatusCompleted, event.StatusCompleted, event.StatusFailed}[r.IntN(3)]
			e.Items = []event.Item{
				{ProductID: product, Category: "Books", Quantity: quantity, UnitPriceMinor: 100, AmountMinor: event.Minor(100 * quantity), BaseAmountMinor: event.Minor(100 * quantity)},
				{ProductID: "p9", Category: "Toys", Quantity: 1, UnitPriceMinor: 50, AmountMinor: 50, BaseAmountMinor: 50},
			}
			e.SubtotalMinor = event.Minor(100*quantity + 50)
			e.TotalMinor, e.BaseTotalMinor = e.SubtotalMinor, e.SubtotalMinor
		}
		all[i] = e
	}
	slices.SortFunc(all, func(a, b event.Event) int { return cmp.Compare(a.ReceivedAt, b.ReceivedAt) })
	return all
}

// open is a reader of a lake that has all: half of it from history, half from the log,
// where some are there twice.
func open(t *testing.T, all []event.Event) *duck.Reader {
	t.Helper()
	shop := batchtest.NewShop(t)
	border := noon - 5*day - 12*hour
	byDay := map[string][]event.Event{}
	var logged []event.Event
	for i, e := range all {
		if date := e.ReceivedAt.Std().UTC().Format(time.DateOnly); e.ReceivedAt < border {
			byDay[date] = append(byDay[date], e)
			continue
		}
		logged = append(logged, e)
		if i%7 == 0 {
			logged = append(logged, e)
		}
	}
	for date, events := range byDay {
		shop.History(lake.SourceHistory, date, events...)
	}
	shop.Log(logged...)
	r, err := duck.New(t.Context(), shop.Lake)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// newest are the ids of the events that keep is true for, the newest first.
func newest(all []event.Event, keep func(*event.Event) bool) []string {
	var kept []event.Event
	for _, e := range all {
		if keep(&e) {
			kept = append(kept, e)
		}
	}
	slices.SortFunc(kept, func(a, b event.Event) int {
		return cmp.Or(cmp.Compare(b.Timestamp, a.Timestamp), cmp.Compare(b.ID, a.ID))
	})
	ids := make([]string, len(kept))
	for i := range kept {
		ids[i] = kept[i].ID
	}
	return ids
}

func TestOrdersAreThoseOfTheEvents(t *testing.T) {
	all := events(rand.New(rand.NewPCG(1, 2)), 600)
	r := open(t, all)
	for name, q := range map[string]lookup.OrderQuery{
		"all":                    {},
		"a country":              {Countries: []string{"DE"}},
		"failed by card":         {Status: event.StatusFailed, Payment: "card"},
		"a product":              {ProductID: "p3"},
		"a customer":             {UserID: "u2"},
		"some days":              {From: noon - 7*day, To: noon - 3*day - hour},
		"all of it and nothing":  {Countries: []string{"DE"}, Status: event.StatusCompleted, Payment: "cash", ProductID: "p1", UserID: "u1"},
		"two countries":          {Countries: []string{"FR", "DE"}, Limit: 9},
		"a country without some": {Countries: []string{"XX"}},
	} {
		t.Run(name, func(t *testing.T) {
			if q.To == 0 {
				q.From, q.To = noon-20*day, noon+day
			}
			want := newest(all, func(e *event.Event) bool {
				return e.Type == event.TypeTransaction && e.Timestamp >= q.From && e.Timestamp < q.To && (len(q.Countries) == 0 || slices.Contains(q.Countries, e.Country)) &&
					(q.Status == "" || e.Status == q.Status) && (q.Payment == "" || e.PaymentMethod == q.Payment) && (q.UserID == "" || e.UserID == q.UserID) &&
					(q.ProductID == "" || slices.ContainsFunc(e.Items, func(i event.Item) bool { return i.ProductID == q.ProductID }))
			})
			var got []string
			for q.Limit = 40; ; {
				page, err := r.Orders(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.Rows {
					got = append(got, o.EventID)
					if o.LineCount != 2 || event.Minor(o.Units*100-50) != o.TotalMinor {
						t.Errorf("%+v", o)
					}
				}
				if len(page.Rows) < q.Limit {
					break
				}
				q.Before = page.Rows[len(page.Rows)-1].Place()
			}
			if diff := gocmp.Diff(want, append([]string{}, got...)); diff != "" {
				t.Errorf("orders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneOrderHasItsLinesAndRefunds(t *testing.T) {
	all := events(rand.New(rand.NewPCG(3, 4)), 60)
	at := slices.IndexFunc(all, func(e event.Event) bool { return e.Type == event.TypeTransaction && e.Timestamp < noon-3*day })
	refund := all[at]
	refund.ID, refund.RefundID, refund.Status, refund.Timestamp, refund.ReceivedAt = "refund", "r1", event.StatusRefunded, noon-hour, noon-hour
	refund.Items = refund.Items[1:]
	refund.SubtotalMinor, refund.TotalMinor, refund.BaseTotalMinor = 50, 50, 50
	r := open(t, append(all, refund))
	found, err := r.Order(t.Context(), all[at].TransactionID, noon-20*day, noon+day)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Rows) != 2 || found.Rows[0].EventID != all[at].ID || found.Rows[1].RefundID != "r1" || found.AsOf != max(noon-hour, all[len(all)-1].ReceivedAt) {
		t.Fatalf("got %+v", found)
	}
	var lines []lookup.Line
	for _, i := range all[at].Items {
		lines = append(lines, lookup.Line{ProductID: i.ProductID, Category: i.Category, Quantity: i.Quantity, UnitPriceMinor: i.UnitPriceMinor, AmountMinor: i.AmountMinor, BaseAmountMinor: i.BaseAmountMinor})
	}
	if diff := gocmp.Diff([][]lookup.Line{lines, lines[1:]}, [][]lookup.Line{found.Rows[0].Lines, found.Rows[1].Lines}); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	for name, bounds := range map[string][2]event.Time{"nobody": {0, noon}, all[at].TransactionID: {all[at].Timestamp + 1, noon - 2*hour}} {
		if found, err := r.Order(t.Context(), name, bounds[0], bounds[1]); !errors.Is(err, lookup.ErrNotFound) {
			t.Errorf("%s: %+v, %v", name, found.Rows, err)
		}
	}
}

func TestEventsOfSeveralOrdersAreFoundTogether(t *testing.T) {
	all := events(rand.New(rand.NewPCG(7, 8)), 300)
	r := open(t, all)
	var ids, want []string
	for i := range all {
		if e := &all[i]; e.Type == event.TypeTransaction && i%5 == 0 {
			ids, want = append(ids, e.TransactionID), append(want, e.ID)
		}
	}
	found, err := r.OrderEvents(t.Context(), append(ids, "nobody"), noon-20*day, noon+day)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range found {
		got = append(got, found[i].EventID)
		if len(found[i].Lines) != 2 {
			t.Errorf("%+v", found[i])
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" || len(want) < 5 {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestATimelineIsWhatACustomerDid(t *testing.T) {
	all := events(rand.New(rand.NewPCG(5, 6)), 400)
	r := open(t, all)
	q := lookup.TimelineQuery{UserID: "u1", From: noon - 8*day, To: noon - day, Limit: 30}
	want := newest(all, func(e *event.Event) bool { return e.UserID == "u1" && e.Timestamp >= q.From && e.Timestamp < q.To })
	var got []string
	for {
		page, err := r.Timeline(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Rows {
			got = append(got, a.EventID)
		}
		if len(page.Rows) < q.Limit {
			break
		}
		q.Before = page.Rows[len(page.Rows)-1].Place()
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestALakeThatIsNotThereHasNothing(t *testing.T) {
	r, err := duck.New(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	found, err := r.Orders(t.Context(), lookup.OrderQuery{To: noon, Limit: 9})
	if err != nil || len(found.Rows) != 0 || found.AsOf != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
}
