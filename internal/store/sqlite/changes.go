package sqlite

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"globalmart/internal/store"
)

// withRows returns the changes of those commits that have some, and the part to
// write their sales under: the lowest partition among the tasks that have some.
// Only one process can own that task, so two never write one row.
func withRows(alive []store.Commit[*store.Changes]) (sets []*store.Changes, part int32) {
	part = -1
	for i := range alive {
		c := alive[i].Changes
		if c == nil || c.Len() == 0 {
			continue
		}
		sets = append(sets, c)
		sales := len(c.MinuteByCountry) + len(c.MinuteByCategory) + len(c.Hour)
		if p := alive[i].Task.Partition; sales > 0 && (part < 0 || p < part) {
			part = p
		}
	}
	return sets, part
}

// merged returns the rows of all sets as one, but for those of the large tables,
// which go from the sets into a list: to merge maps of them costs as much as to
// sort them.
func merged(sets []*store.Changes) *store.Changes {
	all := store.NewChanges()
	for _, c := range sets {
		small := *c
		small.Stock, small.Sessions, small.Carts, small.CartOrders = nil, nil, nil, nil
		all.Merge(&small)
	}
	return all
}

// write writes the rows of all sets, each table in the order of its key:
// neighbours share pages.
func (t *tx) write(sets []*store.Changes, part int32) error {
	c := merged(sets)
	if err := t.addSales(addMinuteCountry, c.MinuteByCountry, part, func(args []any, k *store.SalesKey) []any {
		return append(args, int64(k.Start), k.Country)
	}); err != nil {
		return err
	}
	if err := t.addSales(addMinuteCategory, c.MinuteByCategory, part, func(args []any, k *store.SalesKey) []any {
		return append(args, int64(k.Start), k.Category)
	}); err != nil {
		return err
	}
	if err := t.addSales(addHour, c.Hour, part, func(args []any, k *store.SalesKey) []any {
		return append(args, int64(k.Start), k.Country, k.Category)
	}); err != nil {
		return err
	}
	if err := t.addStock(sets); err != nil {
		return err
	}
	if err := t.putProducts(c.Products); err != nil {
		return err
	}
	if err := t.putCustomers(c.Customers); err != nil {
		return err
	}
	if err := t.putSessions(sets); err != nil {
		return err
	}
	if err := t.putCarts(sets); err != nil {
		return err
	}
	if err := t.putFindings(c.Findings); err != nil {
		return err
	}
	if err := t.putBaselines(c.Baselines); err != nil {
		return err
	}
	return t.putOpen(c.Open)
}

func (t *tx) addStock(sets []*store.Changes) error {
	all := sumStock(gathered(sets, func(c *store.Changes) map[string]*store.Stock { return c.Stock }, strings.Compare))
	return t.putAll(addStock, len(all), func(args []any, i int) []any {
		s := &all[i].value
		return append(args, all[i].key, s.Initial, s.Restocked, s.Adjusted, s.Sold, s.Returned)
	})
}

// sumStock adds up the movements of each product, which are neighbours.
func sumStock(rows []row[string, *store.Stock]) []row[string, store.Stock] {
	sums := make([]row[string, store.Stock], 0, len(rows))
	for _, r := range rows {
		if n := len(sums); n > 0 && sums[n-1].key == r.key {
			sums[n-1].value.Add(r.value)
		} else {
			sums = append(sums, row[string, store.Stock]{r.key, *r.value})
		}
	}
	return sums
}

func (t *tx) addSales(text string, rows map[store.SalesKey]*store.Sales, part int32, key func([]any, *store.SalesKey) []any) error {
	if len(rows) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b store.SalesKey) int {
		if a.Start != b.Start {
			return cmp.Compare(a.Start, b.Start)
		}
		if a.Country != b.Country {
			return cmp.Compare(a.Country, b.Country)
		}
		return cmp.Compare(a.Category, b.Category)
	})
	return t.putAll(text, len(keys), func(args []any, i int) []any {
		s := rows[keys[i]]
		return append(key(args, &keys[i]), int64(part), s.Orders, s.Units, int64(s.RevenueMinor),
			s.Refunds, s.UnitsReturned, int64(s.RefundedMinor), int64(s.TaxMinor), int64(s.ShippingMinor))
	})
}

func (t *tx) putProducts(products map[string]store.Product) error {
	ids := slices.Sorted(maps.Keys(products))
	return t.putAll(putProduct, len(ids), func(args []any, i int) []any {
		p := products[ids[i]]
		return append(args, ids[i], int64(p.Version.At), p.Version.EventID, p.Name, p.Brand, p.Category,
			int64(p.PriceMinor), int64(p.CostMinor), p.Active)
	})
}

func (t *tx) putCustomers(customers map[string]store.Customer) error {
	ids := slices.Sorted(maps.Keys(customers))
	return t.putAll(putCustomer, len(ids), func(args []any, i int) []any {
		c := customers[ids[i]]
		return append(args, ids[i], int64(c.Version.At), c.Version.EventID, c.Country,
			int64(c.RegisteredAt), list(c.Preferences))
	})
}

// list returns values as a JSON array.
func list(values []string) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
