package sqlite

import (
	"cmp"
	"slices"
	"strings"

	"globalmart/internal/store"
)

// row is one of a set of changes.
type row[K comparable, V any] struct {
	key   K
	value V
}

// sorted returns rows in the order of their keys.
func sorted[K comparable, V any](rows map[K]V, compare func(a, b K) int) []row[K, V] {
	return inOrder(appendRows(make([]row[K, V], 0, len(rows)), rows), compare)
}

// gathered returns the rows of one table of all sets in the order of their keys.
// Those of one key stay apart, in no order.
func gathered[K comparable, V any](sets []*store.Changes, of func(*store.Changes) map[K]V, compare func(a, b K) int) []row[K, V] {
	n := 0
	for _, c := range sets {
		n += len(of(c))
	}
	all := make([]row[K, V], 0, n)
	for _, c := range sets {
		all = appendRows(all, of(c))
	}
	return inOrder(all, compare)
}

func appendRows[K comparable, V any](all []row[K, V], rows map[K]V) []row[K, V] {
	for k, v := range rows {
		all = append(all, row[K, V]{k, v})
	}
	return all
}

func inOrder[K comparable, V any](rows []row[K, V], compare func(a, b K) int) []row[K, V] {
	slices.SortFunc(rows, func(a, b row[K, V]) int { return compare(a.key, b.key) })
	return rows
}

// putSessions deletes before it writes: one may have taken the place of others.
func (t *tx) putSessions(sets []*store.Changes) error {
	rows, gone, err := t.sessions(sets)
	if err != nil {
		return err
	}
	if err := t.putAll(deleteSession, len(gone), func(args []any, i int) []any {
		return append(args, int64(gone[i].Start), gone[i].VisitorID)
	}); err != nil {
		return err
	}
	return t.putAll(putSession, len(rows), func(args []any, i int) []any {
		k, s := &rows[i].key, rows[i].value
		return append(args, int64(k.Start), k.VisitorID, int64(s.End), s.Events, s.Views, s.Adds, s.Checkouts,
			s.Orders, s.Units, int64(s.RevenueMinor), s.Country, s.Device, s.UserID)
	})
}

// sessions returns the sessions of all sets, and those to delete, each in the order
// of their keys. Most of what a fold deletes was never stored: nothing that began
// after the newest session in the table was.
func (t *tx) sessions(sets []*store.Changes) (rows []row[store.SessionKey, *store.Session], gone []store.SessionKey, err error) {
	n := 0
	for _, c := range sets {
		n += len(c.Sessions)
	}
	if n == 0 {
		return nil, nil, nil
	}
	var newest int64
	if err := t.queryRow(getNewestSession, nil, &newest); err != nil {
		return nil, nil, err
	}
	for _, c := range sets {
		for k, s := range c.Sessions {
			switch {
			case s != nil:
				rows = append(rows, row[store.SessionKey, *store.Session]{k, s})
			case int64(k.Start) <= newest:
				gone = append(gone, k)
			}
		}
	}
	slices.SortFunc(gone, compareSessions)
	return inOrder(rows, compareSessions), gone, nil
}

func compareSessions(a, b store.SessionKey) int {
	if a.Start != b.Start {
		return cmp.Compare(a.Start, b.Start)
	}
	return strings.Compare(a.VisitorID, b.VisitorID)
}

// putCarts writes orders first, so that carts find them, and then brings the
// carts up to date that were stored before.
func (t *tx) putCarts(sets []*store.Changes) error {
	ordered := gathered(sets, func(c *store.Changes) map[store.CartOrderKey]store.CartOrder { return c.CartOrders },
		func(a, b store.CartOrderKey) int {
			if a.CartID != b.CartID {
				return strings.Compare(a.CartID, b.CartID)
			}
			return strings.Compare(a.TransactionID, b.TransactionID)
		})
	if err := t.putAll(putCartOrder, len(ordered), func(args []any, i int) []any {
		k, o := &ordered[i].key, &ordered[i].value
		return append(args, k.CartID, k.TransactionID, int64(o.At), int64(o.RevenueMinor))
	}); err != nil {
		return err
	}
	rows := gathered(sets, func(c *store.Changes) map[store.CartKey]*store.Cart { return c.Carts }, compareCarts)
	if err := t.putAll(putCart, len(rows), func(args []any, i int) []any {
		k, c := &rows[i].key, rows[i].value
		return append(args, k.CartID, int64(k.Episode), int64(c.FirstAt), int64(c.LastAt), int64(c.CheckoutAt), int64(c.ClearedAt),
			c.Actions, c.Quantity, int64(c.ValueMinor), c.Country, c.VisitorID, c.UserID)
	}); err != nil {
		return err
	}
	touched := slices.CompactFunc(ordered, func(a, b row[store.CartOrderKey, store.CartOrder]) bool { return a.key.CartID == b.key.CartID })
	return t.putAll(markOrdered, len(touched), func(args []any, i int) []any { return append(args, touched[i].key.CartID) })
}

func compareCarts(a, b store.CartKey) int {
	if a.CartID != b.CartID {
		return strings.Compare(a.CartID, b.CartID)
	}
	return cmp.Compare(a.Episode, b.Episode)
}

func (t *tx) putFindings(findings map[store.FindingKey]*store.Finding) error {
	rows := sorted(findings, func(a, b store.FindingKey) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Rule, b.Rule))
	})
	return t.putAll(putFinding, len(rows), func(args []any, i int) []any {
		k, f := &rows[i].key, rows[i].value
		return append(args, k.EventID, string(k.Rule), int64(f.At), int64(f.ReceivedAt), f.TransactionID, f.VisitorID, f.UserID,
			f.Country, f.ProductID, f.Category, int64(f.OrderMinor), f.Value, f.Expected, f.ScoreMilli, f.ThresholdMilli, f.Baseline)
	})
}

func (t *tx) putBaselines(baselines map[store.BaselineKey]*store.Baseline) error {
	rows := sorted(baselines, func(a, b store.BaselineKey) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Measure, b.Measure),
			cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Version, b.Version))
	})
	return t.putAll(putBaseline, len(rows), func(args []any, i int) []any {
		k, b := &rows[i].key, rows[i].value
		return append(args, k.Category, string(k.Measure), int64(k.Partition), k.Version,
			int64(b.From), b.Samples, b.Median, b.SpreadMilli)
	})
}

func (t *tx) putOpen(open map[int32]*store.Open) error {
	rows := sorted(open, cmp.Compare[int32])
	return t.putAll(putOpen, len(rows), func(args []any, i int) []any {
		o := rows[i].value
		return append(args, int64(rows[i].key), o.Sessions, o.SessionEvents, o.Carts, int64(o.CartValueMinor), int64(o.Clock))
	})
}
