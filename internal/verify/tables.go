package verify

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// checkTables is invariant 1 on the store: every row of every sales table is
// what the log comes to, in each measure, and no other row is there; products
// and customers are as many as the log has. Minutes that are past their keeping
// time may be gone, wholly or from one of the partitions, and are left out.
func checkTables(ctx context.Context, e *evidence, r *Result) error {
	kept := e.recordTime().Add(-e.Rules.Stream.KeepMinutes)
	for _, table := range store.SalesTables {
		from := e.since
		if table != store.HourBySplit {
			from = max(from, kept)
		}
		if err := e.checkTable(ctx, table, from, r); err != nil {
			return err
		}
	}
	if e.since > 0 {
		r.note("windows that start before %s were not compared: the log was trimmed", timeText(e.since))
	}
	return e.checkCatalogue(ctx, r)
}

// checkTable merges the rows of a table, whose partitions it sums, with what the
// log comes to, both by key.
func (e *evidence) checkTable(ctx context.Context, table store.SalesTable, from event.Time, r *Result) error {
	want := e.tables.Sales[table]
	keys := slices.SortedFunc(maps.Keys(want), compareKeys)
	keys = slices.DeleteFunc(keys, func(k store.SalesKey) bool { return k.Start < from })
	for got, err := range summed(e.view.Sales(ctx, table)) {
		if err != nil {
			return err
		}
		if got.Key.Start < from {
			continue
		}
		r.Checked++
		for len(keys) > 0 && compareKeys(keys[0], got.Key) < 0 {
			r.differ(keyText(table, keys[0]), "row", salesText(want[keys[0]]), "none")
			keys = keys[1:]
		}
		if len(keys) == 0 || keys[0] != got.Key {
			r.differ(keyText(table, got.Key), "row", "none", salesText(got.Sales))
			continue
		}
		keys = keys[1:]
		compareSales(r, keyText(table, got.Key), want[got.Key], got.Sales)
	}
	for _, k := range keys {
		r.differ(keyText(table, k), "row", salesText(want[k]), "none")
	}
	return nil
}

func compareKeys(a, b store.SalesKey) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Category, b.Category))
}

// summed adds up neighbouring rows of one key.
func summed(rows iter.Seq2[store.SalesRow, error]) iter.Seq2[store.SalesRow, error] {
	return func(yield func(store.SalesRow, error) bool) {
		var sum store.SalesRow
		some := false
		for row, err := range rows {
			switch {
			case err != nil:
				yield(store.SalesRow{}, err)
				return
			case some && row.Key == sum.Key:
				sum.Sales.Add(&row.Sales)
				continue
			case some && !yield(sum, nil):
				return
			}
			sum, some = row, true
		}
		if some {
			yield(sum, nil)
		}
	}
}

func keyText(table store.SalesTable, k store.SalesKey) string {
	text := fmt.Sprintf("%s %s", table, timeText(k.Start))
	if k.Country != "" {
		text += " " + k.Country
	}
	if k.Category != "" {
		text += " " + quoted(k.Category)
	}
	return text
}

func salesText(s store.Sales) string {
	return fmt.Sprintf("%d orders of %d, %d refunds of %d", s.Orders, s.RevenueMinor, s.Refunds, s.RefundedMinor)
}

func compareSales(r *Result, key string, want, got store.Sales) {
	if want == got {
		return
	}
	for _, m := range []struct {
		field     string
		want, got int64
	}{
		{"orders", want.Orders, got.Orders},
		{"units", want.Units, got.Units},
		{"revenue_minor", int64(want.RevenueMinor), int64(got.RevenueMinor)},
		{"refunds", want.Refunds, got.Refunds},
		{"units_returned", want.UnitsReturned, got.UnitsReturned},
		{"refunded_minor", int64(want.RefundedMinor), int64(got.RefundedMinor)},
		{"tax_minor", int64(want.TaxMinor), int64(got.TaxMinor)},
		{"shipping_minor", int64(want.ShippingMinor), int64(got.ShippingMinor)},
	} {
		if m.want != m.got {
			r.differ(key, m.field, m.want, m.got)
		}
	}
}

// checkCatalogue compares how many products and customers there are. Of a
// trimmed log only as many as it still has can be asked for.
func (e *evidence) checkCatalogue(ctx context.Context, r *Result) error {
	trimmed := map[string]bool{}
	for _, p := range e.parts {
		trimmed[p.topic] = trimmed[p.topic] || p.trimmed()
	}
	for _, c := range []struct {
		topic string
		count func(context.Context) (int64, error)
		want  int
	}{
		{event.TopicProducts, e.view.Products, len(e.tables.Products)},
		{event.TopicCustomers, e.view.Customers, len(e.tables.Customers)},
	} {
		got, err := c.count(ctx)
		if err != nil {
			return err
		}
		r.Checked += got
		if got < int64(c.want) || got > int64(c.want) && !trimmed[c.topic] {
			r.differ(c.topic, "rows", c.want, got)
		}
	}
	return nil
}
