package processor_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
	"globalmart/internal/store"
)

func movement(product string, reason event.StockReason, delta int64) event.Event {
	return event.Event{Type: event.TypeInventoryUpdate, ProductID: product, StockReason: reason, Delta: delta, Timestamp: noon, ReceivedAt: noon}
}

// lines returns a transaction of seven of p, in two lines, and one of q.
func lines(status event.Status, restock bool) event.Event {
	return event.Event{
		Type: event.TypeTransaction, Status: status, Restock: restock, Timestamp: noon, ReceivedAt: noon,
		Items: []event.Item{{ProductID: "p", Quantity: 3}, {ProductID: "q", Quantity: 1}, {ProductID: "p", Quantity: 4}},
	}
}

func TestWhatMovesStock(t *testing.T) {
	for name, tt := range map[string]struct {
		family store.Family
		events []event.Event
		want   map[string]store.Stock
	}{
		"a first count":    {store.Reference, []event.Event{movement("p", event.StockInitial, 10)}, map[string]store.Stock{"p": {Initial: 10}}},
		"a restock":        {store.Reference, []event.Event{movement("p", event.StockRestock, 10)}, map[string]store.Stock{"p": {Restocked: 10}}},
		"a loss":           {store.Reference, []event.Event{movement("p", event.StockAdjustment, -3)}, map[string]store.Stock{"p": {Adjusted: -3}}},
		"a find":           {store.Reference, []event.Event{movement("p", event.StockAdjustment, 3)}, map[string]store.Stock{"p": {Adjusted: 3}}},
		"two counts add":   {store.Reference, []event.Event{movement("p", event.StockInitial, 10), movement("p", event.StockInitial, 5)}, map[string]store.Stock{"p": {Initial: 15}}},
		"two products":     {store.Reference, []event.Event{movement("p", event.StockInitial, 1), movement("q", event.StockRestock, 2)}, map[string]store.Stock{"p": {Initial: 1}, "q": {Restocked: 2}}},
		"an order":         {store.Shopping, []event.Event{lines(event.StatusCompleted, false)}, map[string]store.Stock{"p": {Sold: 7}, "q": {Sold: 1}}},
		"goods come back":  {store.Shopping, []event.Event{lines(event.StatusRefunded, true)}, map[string]store.Stock{"p": {Returned: 7}, "q": {Returned: 1}}},
		"and are broken":   {store.Shopping, []event.Event{lines(event.StatusRefunded, false)}, nil},
		"a failed order":   {store.Shopping, []event.Event{lines(event.StatusFailed, false)}, nil},
		"a pending order":  {store.Shopping, []event.Event{lines(event.StatusPending, true)}, nil},
		"a cancelled one":  {store.Shopping, []event.Event{lines(event.StatusCancelled, true)}, nil},
		"a view":           {store.Shopping, []event.Event{{Type: event.TypeProductView, ProductID: "p"}}, nil},
		"a cart":           {store.Shopping, []event.Event{{Type: event.TypeCartEvent, CartID: "c", ProductID: "p", Action: event.ActionAdd, Quantity: 3, Timestamp: noon, ReceivedAt: noon}}, nil},
		"a catalogue item": {store.Reference, []event.Event{product("a", noon, "name")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, "stock", tt.want, stockOf(fold(tt.family, rulesOf("UTC"), tt.events...)))
		})
	}
}

func TestMoreSoldThanThereWasIsBelowZero(t *testing.T) {
	out := fold(store.Reference, rulesOf("UTC"), movement("p", event.StockInitial, 10), movement("p", event.StockAdjustment, -2))
	out.Merge(fold(store.Shopping, rulesOf("UTC"), lines(event.StatusCompleted, false), lines(event.StatusCompleted, false), lines(event.StatusRefunded, true)))
	if got := out.Stock["p"].OnHand(); got != 10-2-7-7+7 {
		t.Errorf("%d on hand, want 1", got)
	}
	if got := out.Stock["q"].OnHand(); got != -1 {
		t.Errorf("%d on hand of what was never counted, want -1", got)
	}
}

// stockOf returns rows by value.
func stockOf(out *store.Changes) map[string]store.Stock {
	rows := map[string]store.Stock{}
	for id, s := range out.Stock {
		rows[id] = *s
	}
	return rows
}

// TestStockIsTheSumOfItsMovements adds up the units of each product by hand, and
// folds the events in another order and in two commits.
func TestStockIsTheSumOfItsMovements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.OneOf(rapid.Custom(eventtest.Transaction), rapid.Custom(eventtest.Inventory)), 0, 20).Draw(t, "events")
		onHand := map[string]int64{}
		products := rapid.SampledFrom([]string{"p", "q", "r"})
		for i := range events {
			e := &events[i]
			if e.Type == event.TypeInventoryUpdate {
				e.ProductID = products.Draw(t, "product")
				onHand[e.ProductID] += e.Delta
			}
			for j := range e.Items {
				it := &e.Items[j]
				it.ProductID = products.Draw(t, "product")
				switch {
				case e.Status == event.StatusCompleted:
					onHand[it.ProductID] -= it.Quantity
				case e.Status == event.StatusRefunded && e.Restock:
					onHand[it.ProductID] += it.Quantity
				}
			}
		}
		mixed := rapid.Permutation(events).Draw(t, "permuted")
		cut := rapid.IntRange(0, len(mixed)).Draw(t, "cut")
		merged := foldBoth(mixed[:cut])
		merged.Merge(foldBoth(mixed[cut:]))
		if diff := cmp.Diff(stockOf(foldBoth(events)), stockOf(merged)); diff != "" {
			t.Fatalf("stock (-in one order +in another, in two commits):\n%s", diff)
		}
		got := map[string]int64{}
		for id, s := range merged.Stock {
			got[id] = s.OnHand()
		}
		if diff := cmp.Diff(onHand, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("on hand (-by hand +rows):\n%s", diff)
		}
	})
}

// foldBoth folds events with the family that each belongs to.
func foldBoth(events []event.Event) *store.Changes {
	out := store.NewChanges()
	for _, f := range store.Families {
		of := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
			return !slices.Contains(f.Topics(), e.Type.Topic())
		})
		out.Merge(fold(f, rulesOf("UTC"), of...))
	}
	return out
}
