package warehousetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

// Orders are orders and refunds at random times of the UTC day.
func Orders(r *rand.Rand, day string, n int) []event.Event {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	var all []event.Event
	for i := range n {
		e := event.Event{
			ID: fmt.Sprintf("%s-%d", day, i), Type: event.TypeTransaction, SchemaVersion: "1.0", Source: "test", VisitorID: "v", UserID: fmt.Sprint("u-", r.IntN(40)),
			Timestamp: event.TimeOf(at.Add(time.Duration(r.Int64N(int64(24 * time.Hour))))), Country: []string{"DE", "FR"}[r.IntN(2)],
			TransactionID: fmt.Sprintf("t-%s-%d", day, i), Status: event.StatusCompleted, Currency: "USD", TaxMinor: 11, ShippingMinor: 5,
		}
		if e.ReceivedAt = e.Timestamp; r.IntN(4) == 0 {
			e.Status, e.RefundID = event.StatusRefunded, "r"
		}
		for range 1 + r.IntN(3) {
			category := []string{"Books", "Toys"}[r.IntN(2)]
			it := event.Item{ProductID: fmt.Sprint(category, r.IntN(9)), Category: category, Quantity: 1 + r.Int64N(3), UnitPriceMinor: 100}
			it.AmountMinor = event.Minor(it.Quantity) * it.UnitPriceMinor
			it.BaseAmountMinor = it.AmountMinor
			e.Items = append(e.Items, it)
			e.SubtotalMinor += it.AmountMinor
		}
		e.TotalMinor = e.SubtotalMinor + e.TaxMinor + e.ShippingMinor
		e.BaseTotalMinor = e.TotalMinor
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b event.Event) int { return cmp.Compare(a.ReceivedAt, b.ReceivedAt) })
	return all
}

// windows are the sums of what lies in [from, to), by start.
func windows(events []event.Event, from, to event.Time, country, category string, start func(event.Time) event.Time) map[event.Time]store.Sales {
	all := map[event.Time]store.Sales{}
	for _, e := range events {
		if e.Timestamp < from || e.Timestamp >= to || country != "" && e.Country != country {
			continue
		}
		var s store.Sales
		lines := int64(0)
		for _, it := range e.Items {
			if category == "" || it.Category == category {
				lines++
				s.Units += it.Quantity
				s.RevenueMinor += it.BaseAmountMinor
			}
		}
		if lines == 0 {
			continue
		}
		s.Orders = 1
		if category == "" {
			s.TaxMinor, s.ShippingMinor = e.TaxMinor, e.ShippingMinor
		}
		if e.Status == event.StatusRefunded {
			s = store.Sales{Refunds: 1, UnitsReturned: s.Units, RefundedMinor: s.RevenueMinor, TaxMinor: -s.TaxMinor, ShippingMinor: -s.ShippingMinor}
		}
		sum := all[start(e.Timestamp)]
		sum.Add(&s)
		all[start(e.Timestamp)] = sum
	}
	return all
}

// salesOfEvents compares days and windows of a shop, which has a
// history and then a log, with sums over its events.
func salesOfEvents(t *testing.T, open Open) {
	shop := batchtest.NewShop(t)
	reader, mirror := open(t, shop.Warehouse, time.Now)
	if mirror != nil {
		shop.Mirrors = []warehouse.Mirror{mirror}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all []event.Event
	for _, day := range []string{"2026-02-27", "2026-02-28", "2026-03-01"} {
		of := Orders(r, day, 60)
		shop.History(lake.SourceHistory, day, of...)
		all = append(all, of...)
	}
	for _, day := range []string{"2026-03-02", "2026-03-03"} {
		of := Orders(r, day, 60)
		shop.Log(of...)
		all = append(all, of...)
	}
	shop.Run("2026-03-04", batch.ETL)
	state, err := reader.State(t.Context())
	if want := instant("2026-03-02T00:00:00Z"); err != nil || state.Seam != want {
		t.Errorf("seam at %s, want %s: %v", state.Seam, want, err)
	}

	if got, err := reader.Categories(t.Context(), ""); err != nil || !slices.Equal(got.Rows, []string{"Books", "Toys"}) {
		t.Errorf("categories %v, %v", got.Rows, err)
	}

	calendar := batchtest.Calendar()
	for _, filter := range [][2]string{{"", ""}, {"DE", ""}, {"", "Toys"}, {"FR", "Books"}} {
		for _, from := range []string{"2026-02-26T00:00:00Z", "2026-02-28T13:20:00Z"} {
			from, to := instant(from), instant("2026-03-03T07:45:00Z")
			for step, limit := range map[time.Duration]int{time.Minute: 20, 15 * time.Minute: 1000, 24 * time.Hour: 0} {
				length := event.Time(step.Milliseconds())
				q := warehouse.SalesQuery{From: from, To: to, Country: filter[0], Category: filter[1], Limit: limit}
				got, err := reader.SalesWindows(t.Context(), q, step)
				if err != nil {
					t.Fatal(err)
				}
				found := map[event.Time]store.Sales{}
				for _, w := range got.Rows {
					found[w.Start] = w.Sales
				}
				want := newest(windows(all, from, to, filter[0], filter[1], func(at event.Time) event.Time { return at - at%length }), limit)
				if diff := gocmp.Diff(want, found); diff != "" || len(want) == 0 {
					t.Errorf("%v from %s by %s (-want +got):\n%s", filter, from, step, diff)
				}
			}
		}
		q := warehouse.SalesDaysQuery{From: "2026-02-28", To: "2026-03-03", Country: filter[0], Category: filter[1], Limit: 2}
		got, err := reader.SalesDays(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]store.Sales{}
		for _, d := range got.Rows {
			found[d.Day] = d.Sales
		}
		want := map[string]store.Sales{}
		for at, s := range windows(all, 0, instant("2026-03-09T00:00:00Z"), filter[0], filter[1], calendar.DayStart) {
			if day := calendar.Date(at); day == "2026-03-01" || day == "2026-03-02" {
				want[day] = s
			}
		}
		if diff := gocmp.Diff(want, found); diff != "" {
			t.Errorf("days of %v (-want +got):\n%s", filter, diff)
		}
	}
}

func newest(all map[event.Time]store.Sales, limit int) map[event.Time]store.Sales {
	if starts := slices.Sorted(maps.Keys(all)); limit > 0 && len(starts) > limit {
		for _, start := range starts[:len(starts)-limit] {
			delete(all, start)
		}
	}
	return all
}

func instant(text string) event.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return event.TimeOf(at)
}
