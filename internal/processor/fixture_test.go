package processor_test

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

func rulesOf(zone string) rules.Rules {
	r := rules.Default()
	r.TimeZone = zone
	return r
}

// item is a line of quantity units for amount in the reporting currency.
func item(category string, quantity int64, amount event.Minor) event.Item {
	return event.Item{ProductID: "p", Category: category, Quantity: quantity, AmountMinor: amount, BaseAmountMinor: amount}
}

// order is a completed order without tax and shipping.
func order(at event.Time, country string, items ...event.Item) event.Event {
	e := event.Event{
		Type: event.TypeTransaction, Status: event.StatusCompleted, Timestamp: at, ReceivedAt: at,
		Country: country, Items: items,
	}
	for _, it := range items {
		e.SubtotalMinor += it.AmountMinor
		e.BaseTotalMinor += it.BaseAmountMinor
	}
	e.TotalMinor = e.SubtotalMinor
	return e
}

// with returns e with tax and shipping, in the reporting currency.
func with(e event.Event, tax, shipping event.Minor) event.Event {
	e.TaxMinor, e.ShippingMinor = tax, shipping
	e.TotalMinor += tax + shipping
	e.BaseTotalMinor += tax + shipping
	return e
}

func refundOf(e event.Event) event.Event {
	e.Status = event.StatusRefunded
	return e
}

// fold returns what a new fold of family makes of events.
func fold(family store.Family, r rules.Rules, events ...event.Event) *store.Changes {
	out := store.NewChanges()
	f := processor.New(store.TaskID{Family: family}, r)
	for i := range events {
		f.Apply(&events[i], out)
	}
	return out
}

// sales returns rows by value.
func sales(rows map[store.SalesKey]*store.Sales) map[store.SalesKey]store.Sales {
	m := map[store.SalesKey]store.Sales{}
	for k, s := range rows {
		m[k] = *s
	}
	return m
}

func check(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%.4000s", what, diff)
	}
}

// sum adds up rows.
func sum(rows iter.Seq[*store.Sales]) store.Sales {
	var all store.Sales
	for s := range rows {
		all.Add(s)
	}
	return all
}

// drawOrders draws transactions of a few countries, categories and hours, in every
// status.
func drawOrders(t *rapid.T) []event.Event {
	statuses := []event.Status{event.StatusCompleted, event.StatusCompleted, event.StatusRefunded, event.StatusFailed, event.StatusPending, event.StatusCancelled}
	orders := rapid.SliceOfN(rapid.Custom(eventtest.Transaction), 0, 20).Draw(t, "orders")
	for i := range orders {
		e := &orders[i]
		if len(e.Items) > 0 { // only those that move nothing may have none
			e.Status = rapid.SampledFrom(statuses).Draw(t, "status")
		}
		e.ReceivedAt = noon + event.Time(rapid.IntRange(0, 4*3_600_000).Draw(t, "at"))
		e.Timestamp = e.ReceivedAt - event.Time(e.ClockSkewMS)
		for j := range e.Items {
			e.Items[j].Category = rapid.SampledFrom([]string{"", "Books", "Toys", "Garden"}).Draw(t, "category")
		}
	}
	return orders
}

// noon is 2026-05-28 12:00:00 UTC.
const noon event.Time = 1_779_969_600_000

// newShop returns a shop with every fault.
func newShop(t testing.TB, seed uint64, r rules.Rules) *shop.Shop {
	t.Helper()
	cfg := shop.Default()
	cfg.Seed, cfg.Start, cfg.Convert, cfg.Products, cfg.Shoppers = seed, noon, r.Convert, 500, 5_000
	cfg.Rate = shop.Load(2) // slow, so that some hours pass
	cfg.Faults = shop.Faults{Anomalies: 0.01, Late: 0.05, Duplicates: 0.05, Corrupt: 0.02}
	s, err := shop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run folds the first n emissions of a shop: with the model, and what the model
// applies with the processors, one fold per family.
func run(t testing.TB, s *shop.Shop, r rules.Rules, n int) (*model.Model, *store.Changes) {
	t.Helper()
	m, out := model.New(r), store.NewChanges()
	folds := map[store.Family]*processor.Fold{}
	for _, f := range store.Families {
		folds[f] = processor.New(store.TaskID{Family: f}, r)
	}
	var dec event.Decoder
	for e := range s.Events() {
		if n--; n < 0 {
			break
		}
		value := e.Raw
		if e.Event != nil {
			value = e.Event.AppendJSON(nil)
		}
		verdict := m.Record(&kgo.Record{Topic: e.Topic, Value: value, Timestamp: e.At.Std()})
		if verdict.Disposition != model.Applied {
			continue
		}
		var decoded event.Event
		if err := dec.Decode(value, e.At, &decoded); err != nil {
			t.Fatal(err)
		}
		for _, f := range store.Families {
			if slices.Contains(f.Topics(), e.Topic) {
				folds[f].Apply(&decoded, out)
			}
		}
		clear(value) // nothing may be kept of it
	}
	return m, out
}

// tables returns out in the model's form.
func tables(out *store.Changes) model.Tables {
	t := model.NewTables()
	t.Sales[store.MinuteByCountry] = sales(out.MinuteByCountry)
	t.Sales[store.MinuteByCategory] = sales(out.MinuteByCategory)
	t.Sales[store.HourBySplit] = sales(out.Hour)
	maps.Copy(t.Products, out.Products)
	maps.Copy(t.Customers, out.Customers)
	maps.Copy(t.Stock, out.Stock)
	return t
}

// date returns an instant given as in "2026-03-29 01:30 UTC".
func date(t testing.TB, text string) event.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04 MST", strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return event.TimeOf(at)
}
