package processor_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestAnOrderComesToTheseRows(t *testing.T) {
	at := noon + 40*60_000 + 7_000
	e := with(order(at, "DE", item("Books", 2, 1000), item("", 1, 500), item("Books", 1, 0)), 101, 202)
	out := fold(store.Shopping, rulesOf("Asia/Kolkata"), e) // +05:30: an hour starts at half past

	minute, hour := noon+40*60_000, noon+30*60_000
	// 101 of tax over 1000 and 500 is 67.3 and 33.7; 202 of shipping 134.7 and 67.3.
	whole := store.Sales{Orders: 1, Units: 4, RevenueMinor: 1500, TaxMinor: 101, ShippingMinor: 202}
	books := store.Sales{Orders: 1, Units: 3, RevenueMinor: 1000, TaxMinor: 67, ShippingMinor: 135}
	rest := store.Sales{Orders: 1, Units: 1, RevenueMinor: 500, TaxMinor: 34, ShippingMinor: 67}
	check(t, "minutes by country", map[store.SalesKey]store.Sales{{Start: minute, Country: "DE"}: whole}, sales(out.MinuteByCountry))
	check(t, "minutes by category", map[store.SalesKey]store.Sales{
		{Start: minute, Category: "Books"}: books, {Start: minute, Category: store.Uncategorised}: rest,
	}, sales(out.MinuteByCategory))
	check(t, "hours", map[store.SalesKey]store.Sales{
		{Start: hour, Country: "DE"}:                                whole,
		{Start: hour, Country: "DE", Category: "Books"}:             books,
		{Start: hour, Country: "DE", Category: store.Uncategorised}: rest,
	}, sales(out.Hour))
}

func TestMeasuresOfOneOrder(t *testing.T) {
	plain := order(noon, "DE", item("Books", 2, 1000))
	foreign := with(order(noon, "JP", item("Books", 1, 1000)), 80, 20)
	foreign.BaseTotalMinor = 1050 // its 100 yen of tax and shipping are 50 cents
	for name, tt := range map[string]struct {
		e    event.Event
		want store.Sales // of its country; nothing at all if zero
	}{
		"completed":                            {plain, store.Sales{Orders: 1, Units: 2, RevenueMinor: 1000}},
		"refunded":                             {refundOf(plain), store.Sales{Refunds: 1, UnitsReturned: 2, RefundedMinor: 1000}},
		"tax and shipping of a refund go back": {refundOf(with(plain, 30, 40)), store.Sales{Refunds: 1, UnitsReturned: 2, RefundedMinor: 1000, TaxMinor: -30, ShippingMinor: -40}},
		"extras in another currency are split": {foreign, store.Sales{Orders: 1, Units: 1, RevenueMinor: 1000, TaxMinor: 40, ShippingMinor: 10}},
		"an order for nothing":                 {order(noon, "DE", item("Books", 1, 0)), store.Sales{Orders: 1, Units: 1}},
		"shipping only":                        {with(order(noon, "DE", item("Books", 1, 0)), 0, 499), store.Sales{Orders: 1, Units: 1, ShippingMinor: 499}},
		"failed":                               {status(plain, event.StatusFailed), store.Sales{}},
		"pending":                              {status(plain, event.StatusPending), store.Sales{}},
		"cancelled":                            {status(plain, event.StatusCancelled), store.Sales{}},
		"a view":                               {event.Event{Type: event.TypeProductView, Timestamp: noon, ReceivedAt: noon, Country: "DE"}, store.Sales{}},
	} {
		t.Run(name, func(t *testing.T) {
			out := fold(store.Shopping, rulesOf("UTC"), tt.e)
			check(t, "sums", tt.want, sum(maps.Values(out.MinuteByCountry)))
			if tt.want == (store.Sales{}) && out.Len() != 0 {
				t.Errorf("%d rows, want none", out.Len())
			}
		})
	}
}

func status(e event.Event, s event.Status) event.Event {
	e.Status = s
	return e
}

func TestAnUnknownCountryAndCategoryHaveNames(t *testing.T) {
	out := fold(store.Shopping, rulesOf("UTC"), order(noon, "", item("", 1, 100)))
	one := store.Sales{Orders: 1, Units: 1, RevenueMinor: 100}
	check(t, "hours", map[store.SalesKey]store.Sales{
		{Start: noon, Country: event.UnknownCountry}:                                one,
		{Start: noon, Country: event.UnknownCountry, Category: store.Uncategorised}: one,
	}, sales(out.Hour))
}

func TestAnOrderCountsOncePerCountryAndPerCategory(t *testing.T) {
	e := order(noon, "DE", item("Books", 1, 10), item("Toys", 1, 10), item("Books", 1, 10))
	out := fold(store.Shopping, rulesOf("UTC"), e, refundOf(e))
	for k, s := range out.Hour {
		if s.Orders != 1 || s.Refunds != 1 {
			t.Errorf("%+v: %d orders and %d refunds, want one of each", k, s.Orders, s.Refunds)
		}
	}
	if n := len(out.Hour); n != 3 {
		t.Errorf("%d rows, want DE, and DE with each of two categories", n)
	}
}

// TestHoursOfTheShopsZoneAtAChangeOfTheClock sells once in each half hour around
// the change.
func TestHoursOfTheShopsZoneAtAChangeOfTheClock(t *testing.T) {
	for name, tt := range map[string]struct {
		zone, at, hour string
	}{
		"before the clock goes forward": {"Europe/Berlin", "2026-03-29 00:30 UTC", "2026-03-29 00:00 UTC"},
		"after the clock went forward":  {"Europe/Berlin", "2026-03-29 01:30 UTC", "2026-03-29 01:00 UTC"},
		"the first of two equal hours":  {"Europe/Berlin", "2026-10-25 00:30 UTC", "2026-10-25 00:00 UTC"},
		"the second of them":            {"Europe/Berlin", "2026-10-25 01:30 UTC", "2026-10-25 01:00 UTC"},
		"a zone of half hours":          {"Asia/Kolkata", "2026-10-25 01:15 UTC", "2026-10-25 00:30 UTC"},
		"a change of half an hour":      {"Australia/Lord_Howe", "2026-04-04 15:10 UTC", "2026-04-04 15:00 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			out := fold(store.Shopping, rulesOf(tt.zone), order(date(t, tt.at), "DE", item("Books", 1, 10)))
			want := store.SalesKey{Start: date(t, tt.hour), Country: "DE", Category: "Books"}
			if out.Hour[want] == nil {
				t.Errorf("no row of the hour from %s; rows: %v", tt.hour, sales(out.Hour))
			}
		})
	}
}

func TestAnEventIsDatedByTheShoppersClockButNotAheadOfItsArrival(t *testing.T) {
	e := order(noon, "DE", item("Books", 1, 10))
	e.Timestamp, e.ClockSkewMS = noon-2*60_000, 60_000
	ahead := order(noon, "FR", item("Books", 1, 10))
	ahead.Timestamp = noon + 4*60_000
	out := fold(store.Shopping, rulesOf("UTC"), e, ahead)
	for _, k := range []store.SalesKey{{Start: noon - 60_000, Country: "DE"}, {Start: noon, Country: "FR"}} {
		if out.MinuteByCountry[k] == nil {
			t.Errorf("no row %+v", k)
		}
	}
}

func TestTheOrderOfEventsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rulesOf(rapid.SampledFrom([]string{"UTC", "Europe/London", "Asia/Kolkata"}).Draw(t, "zone"))
		events := drawOrders(t)
		want := tables(fold(store.Shopping, r, events...))
		got := tables(fold(store.Shopping, r, rapid.Permutation(events).Draw(t, "permuted")...))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rows (-one order +another):\n%s", diff)
		}
	})
}

// TestChangesMayBeMergedAnywhere cuts the events into commits.
func TestChangesMayBeCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, events := rulesOf("UTC"), drawOrders(t)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		merged := store.NewChanges()
		merged.Merge(fold(store.Shopping, r, events[:cut]...))
		merged.Merge(fold(store.Shopping, r, events[cut:]...))
		if diff := cmp.Diff(tables(fold(store.Shopping, r, events...)), tables(merged)); diff != "" {
			t.Fatalf("rows (-whole +cut):\n%s", diff)
		}
	})
}

// TestCategoriesAddUpToCountries compares the tables with each other, and with the
// orders themselves, for every measure that adds up over categories.
func TestCategoriesAddUpToCountries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawOrders(t)
		out := fold(store.Shopping, rulesOf("UTC"), events...)
		var want store.Sales
		for i := range events {
			want = plus(want, &events[i])
		}
		byCountry := map[store.SalesKey]*store.Sales{} // hours by country, from their categories
		hours := map[store.SalesKey]*store.Sales{}
		for k, s := range out.Hour {
			if k.Category == store.AllCategories {
				hours[k] = additive(*s)
				continue
			}
			k.Category = store.AllCategories
			if byCountry[k] == nil {
				byCountry[k] = &store.Sales{}
			}
			byCountry[k].Add(additive(*s))
		}
		if diff := cmp.Diff(hours, byCountry); diff != "" {
			t.Fatalf("hours by country (-of the country +of its categories):\n%s", diff)
		}
		whole := sum(maps.Values(out.MinuteByCountry))
		if diff := cmp.Diff(want, whole); diff != "" {
			t.Fatalf("sums over countries (-events +rows):\n%s", diff)
		}
		byCategory := sum(maps.Values(out.MinuteByCategory))
		if diff := cmp.Diff(additive(want), additive(byCategory)); diff != "" {
			t.Fatalf("sums over categories (-events +rows):\n%s", diff)
		}
	})
}

// additive returns s without what does not add up over categories.
func additive(s store.Sales) *store.Sales {
	s.Orders, s.Refunds = 0, 0
	return &s
}

// plus adds an order to the totals, in the plainest way: tax and shipping together
// are what its base total is above its lines.
func plus(s store.Sales, e *event.Event) store.Sales {
	if e.Status != event.StatusCompleted && e.Status != event.StatusRefunded {
		return s
	}
	var units int64
	var base event.Minor
	for _, it := range e.Items {
		units += it.Quantity
		base += it.BaseAmountMinor
	}
	extras := e.BaseTotalMinor - base
	var parts [2]event.Minor
	event.Share(extras, []event.Minor{e.TaxMinor, e.ShippingMinor}, parts[:])
	o := store.Sales{Orders: 1, Units: units, RevenueMinor: base, TaxMinor: parts[0], ShippingMinor: parts[1]}
	if e.Status == event.StatusRefunded {
		o = store.Sales{Refunds: 1, UnitsReturned: units, RefundedMinor: base, TaxMinor: -parts[0], ShippingMinor: -parts[1]}
	}
	s.Add(&o)
	return s
}

// TestAnyNumberOfCategoriesIsKept is more than the names that are remembered.
func TestAnyNumberOfCategoriesIsKept(t *testing.T) {
	const n = 5000
	var events []event.Event
	for i := range n {
		events = append(events, order(noon, "DE", item(fmt.Sprint("category ", i), 1, 10)))
	}
	out := fold(store.Shopping, rulesOf("UTC"), append(events, events...)...)
	if len(out.MinuteByCategory) != n {
		t.Errorf("%d rows, want %d", len(out.MinuteByCategory), n)
	}
	for k, s := range out.MinuteByCategory {
		if s.Orders != 2 {
			t.Fatalf("%+v: %d orders, want 2", k, s.Orders)
		}
	}
}
