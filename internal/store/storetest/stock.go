package storetest

import (
	"errors"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// stock is a set of changes with one movement.
func stock(id string, s store.Stock) *store.Changes {
	c := store.NewChanges()
	c.AddStock(id, &s)
	return c
}

// stocked commits products p0 to p9 with 50, 40, ... -40 units on hand, in the
// catalogue but for the last, and returns them as items.
func (f *fixture) stocked() []store.StockItem {
	f.Helper()
	task := store.TaskID{Family: store.Reference}
	c := store.NewChanges()
	var items []store.StockItem
	for i := range int64(10) {
		item := store.StockItem{ProductID: "p" + string(rune('0'+i)), Stock: store.Stock{Initial: 50, Sold: 10 * i}}
		c.Stock[item.ProductID] = &item.Stock
		if i < 9 {
			item.Name, item.Category = "Name of "+item.ProductID, "Books"
			c.PutProduct(item.ProductID, store.Product{Name: item.Name, Category: item.Category})
		}
		items = append(items, item)
	}
	c.PutProduct("no stock", store.Product{Name: "none"})
	f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
	return items
}

var stockTests = map[string]func(*fixture){
	"movements of tasks of both families and of commits add up": func(f *fixture) {
		var batch []commit
		for p := range int32(2) {
			for _, family := range store.Families {
				task := store.TaskID{Family: family, Partition: p}
				batch = append(batch, commit{
					Task: task, Epoch: f.claim(task).Epoch,
					Changes: stock("p", store.Stock{Initial: 1, Restocked: 2, Adjusted: -3, Sold: 4, Returned: 5}),
				})
			}
		}
		f.commit(batch...)
		f.commit(batch[1:]...)
		f.commit(batch[3])
		want := store.Stock{Initial: 8, Restocked: 16, Adjusted: -24, Sold: 32, Returned: 40}
		f.equal(map[string]store.Stock{"p": want}, f.tables("").Stock)
		got, err := f.Stock(f.Context(), "p")
		f.check(err)
		f.equal(want, got)
	},
	"large amounts are kept": func(f *fixture) {
		task := shopping(0)
		s := store.Stock{Initial: 1 << 60, Restocked: 1, Adjusted: -(1 << 60), Sold: 1 << 50, Returned: 3}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: stock("Über \"p\"", s)})
		f.equal(map[string]store.Stock{"Über \"p\"": s}, f.tables("").Stock)
	},
	"what nothing is known of is not found": func(f *fixture) {
		if _, err := f.Stock(f.Context(), "p"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("error %v, want %v", err, store.ErrNotFound)
		}
		got, err := f.Stocks(f.Context(), []string{"p", "q"})
		f.check(err)
		f.equal(0, len(got))
		totals, err := f.StockTotals(f.Context())
		f.check(err)
		f.equal(store.StockTotals{}, totals)
	},
	"the stock of many": func(f *fixture) {
		items := f.stocked()
		got, err := f.Stocks(f.Context(), []string{"p1", "unknown", "p7", "p1"})
		f.check(err)
		f.equal(map[string]store.Stock{"p1": items[1].Stock, "p7": items[7].Stock}, got)
	},
	"pages are of the least on hand first, with what the catalogue says": func(f *fixture) {
		items := f.stocked()
		var got []store.StockItem
		q := store.StockQuery{Limit: 3}
		for {
			page, err := f.StockList(f.Context(), q)
			f.check(err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			q.After = page[len(page)-1].Place()
		}
		for i, item := range got {
			f.equal(items[len(items)-1-i], item)
		}
		f.equal(len(items), len(got))
	},
	"pages go on within equal amounts, zero included": func(f *fixture) {
		task := shopping(0)
		c := store.NewChanges()
		for _, id := range []string{"a", "b", "c"} {
			c.AddStock(id, &store.Stock{Initial: 1, Sold: 1})
		}
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		page, err := f.StockList(f.Context(), store.StockQuery{Limit: 5, After: store.StockPlace{OnHand: 0, ProductID: "a"}})
		f.check(err)
		f.equal([]store.StockItem{{ProductID: "b", Stock: *c.Stock["b"]}, {ProductID: "c", Stock: *c.Stock["c"]}}, page)
	},
	"a list of those with at most so much": func(f *fixture) {
		items := f.stocked()
		most := int64(-30)
		page, err := f.StockList(f.Context(), store.StockQuery{Limit: 5, Most: &most})
		f.check(err)
		f.equal([]store.StockItem{items[9], items[8]}, page)
	},
	"totals": func(f *fixture) {
		f.stocked()
		got, err := f.StockTotals(f.Context())
		f.check(err)
		f.equal(store.StockTotals{Products: 10, Out: 5, Oversold: 4, Stock: store.Stock{Initial: 500, Sold: 450}}, got)
	},
	"a page needs a limit": func(f *fixture) {
		_, stock := f.StockList(f.Context(), store.StockQuery{})
		_, sessions := f.SessionList(f.Context(), store.SessionQuery{Limit: -1})
		_, carts := f.CartList(f.Context(), store.CartQuery{})
		_, findings := f.FindingList(f.Context(), store.FindingQuery{To: event.Time(1)})
		for what, err := range map[string]error{"stock": stock, "sessions": sessions, "carts": carts, "findings": findings} {
			if err == nil {
				f.Errorf("%s: no error", what)
			}
		}
	},
}
