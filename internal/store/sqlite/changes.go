package sqlite

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"globalmart/internal/store"
)

// merged returns the rows of all commits as one set, which is not one of the
// callers' unless there is but one, and the part to write its sales under: the
// lowest partition among the tasks that have some. Only one process can own
// that task, so two never write one row. Without rows the set is nil.
func merged(alive []store.Commit[*store.Changes]) (changes *store.Changes, part int32) {
	var sets []*store.Changes
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
	switch len(sets) {
	case 0:
		return nil, part
	case 1:
		return sets[0], part
	}
	changes = store.NewChanges()
	for _, c := range sets {
		changes.Merge(c)
	}
	return changes, part
}

// write writes c, each table in the order of its key: neighbours share pages.
func (t *tx) write(c *store.Changes, part int32) error {
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
	if err := t.addStock(c.Stock); err != nil {
		return err
	}
	if err := t.putProducts(c.Products); err != nil {
		return err
	}
	if err := t.putCustomers(c.Customers); err != nil {
		return err
	}
	return t.writeFinals(c)
}

func (t *tx) addStock(rows map[string]*store.Stock) error {
	all := sorted(rows, strings.Compare)
	_, err := t.execAll(addStock, len(all), func(args []any, i int) []any {
		s := all[i].value
		return append(args, all[i].key, s.Initial, s.Restocked, s.Adjusted, s.Sold, s.Returned)
	})
	return err
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
	_, err := t.execAll(text, len(keys), func(args []any, i int) []any {
		s := rows[keys[i]]
		return append(key(args, &keys[i]), int64(part), s.Orders, s.Units, int64(s.RevenueMinor),
			s.Refunds, s.UnitsReturned, int64(s.RefundedMinor), int64(s.TaxMinor), int64(s.ShippingMinor))
	})
	return err
}

func (t *tx) putProducts(products map[string]store.Product) error {
	ids := slices.Sorted(maps.Keys(products))
	_, err := t.execAll(putProduct, len(ids), func(args []any, i int) []any {
		p := products[ids[i]]
		return append(args, ids[i], int64(p.Version.At), p.Version.EventID, p.Name, p.Brand, p.Category,
			int64(p.PriceMinor), int64(p.CostMinor), p.Active)
	})
	return err
}

func (t *tx) putCustomers(customers map[string]store.Customer) error {
	ids := slices.Sorted(maps.Keys(customers))
	_, err := t.execAll(putCustomer, len(ids), func(args []any, i int) []any {
		c := customers[ids[i]]
		return append(args, ids[i], int64(c.Version.At), c.Version.EventID, c.Country,
			int64(c.RegisteredAt), list(c.Preferences))
	})
	return err
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
