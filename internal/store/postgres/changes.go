package postgres

import (
	"encoding/json"
	"slices"
	"strings"

	"globalmart/internal/store"
)

// write queues the rows of the tasks that survived the fence, each table in the
// order of its key. It returns the carts that are touched.
func (t *tx) write(alive []store.Commit[*store.Changes]) (carts []string) {
	c := store.Merged(alive)
	if c == nil {
		return nil
	}
	part := salesPart(alive)
	t.put(addMinuteCountry, salesRows(2, c.MinuteByCountry, func(r *rows, k *store.SalesKey) { r.num(int64(k.Start)).text(k.Country) }), part)
	t.put(addMinuteCategory, salesRows(2, c.MinuteByCategory, func(r *rows, k *store.SalesKey) { r.num(int64(k.Start)).text(k.Category) }), part)
	t.put(addHour, salesRows(3, c.Hour, func(r *rows, k *store.SalesKey) {
		r.num(int64(k.Start)).text(k.Country).text(k.Category)
	}), part)
	t.addStock(c.Stock, stockPart(alive))
	t.putProducts(c.Products)
	t.putCustomers(c.Customers)
	return t.writeFinals(c)
}

// salesPart is the part to write sales under: the lowest partition among the tasks
// that have some. Only one process can own that task, so two never write one row.
func salesPart(alive []store.Commit[*store.Changes]) int32 {
	part := int32(-1)
	for i := range alive {
		c := alive[i].Changes
		if c == nil || len(c.MinuteByCountry)+len(c.MinuteByCategory)+len(c.Hour) == 0 {
			continue
		}
		if p := alive[i].Task.Partition; part < 0 || p < part {
			part = p
		}
	}
	return part
}

// stockPart is the same for stock, which tasks of both families move: those of the
// family reference write as -1 - partition.
func stockPart(alive []store.Commit[*store.Changes]) (part int32) {
	first := true
	for i := range alive {
		if c := alive[i].Changes; c == nil || len(c.Stock) == 0 {
			continue
		}
		p := alive[i].Task.Partition
		if alive[i].Task.Family == store.Reference {
			p = -1 - p
		}
		if first || p < part {
			part, first = p, false
		}
	}
	return part
}

// salesRows are rows of a table of sales, whose key has this many columns.
func salesRows(keys int, sales map[store.SalesKey]*store.Sales, key func(*rows, *store.SalesKey)) *rows {
	return rowsOf(keys+8, slices.Values(store.Sorted(sales, store.SalesKey.Compare)), func(r *rows, one store.Row[store.SalesKey, *store.Sales]) {
		key(r, &one.Key)
		s := one.Value
		r.num(s.Orders).num(s.Units).num(int64(s.RevenueMinor)).num(s.Refunds)
		r.num(s.UnitsReturned).num(int64(s.RefundedMinor)).num(int64(s.TaxMinor)).num(int64(s.ShippingMinor))
	})
}

func (t *tx) addStock(stock map[string]*store.Stock, part int32) {
	t.put(addStock, rowsOf(6, slices.Values(store.Sorted(stock, strings.Compare)), func(r *rows, one store.Row[string, *store.Stock]) {
		s := one.Value
		r.text(one.Key).num(s.Initial).num(s.Restocked).num(s.Adjusted).num(s.Sold).num(s.Returned)
	}), part)
}

func (t *tx) putProducts(products map[string]store.Product) {
	t.put(putProduct, rowsOf(9, slices.Values(store.Sorted(products, strings.Compare)), func(r *rows, one store.Row[string, store.Product]) {
		p := &one.Value
		r.text(one.Key).num(int64(p.Version.At)).text(p.Version.EventID).text(p.Name).text(p.Brand).text(p.Category)
		r.num(int64(p.PriceMinor)).num(int64(p.CostMinor)).flag(p.Active)
	}))
}

func (t *tx) putCustomers(customers map[string]store.Customer) {
	t.put(putCustomer, rowsOf(6, slices.Values(store.Sorted(customers, strings.Compare)), func(r *rows, one store.Row[string, store.Customer]) {
		c := &one.Value
		r.text(one.Key).num(int64(c.Version.At)).text(c.Version.EventID).text(c.Country)
		r.num(int64(c.RegisteredAt)).text(array(c.Preferences))
	}))
}

// array returns values as a JSON array.
func array(values []string) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
