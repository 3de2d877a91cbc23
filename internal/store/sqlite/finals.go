package sqlite

import (
	"cmp"
	"slices"

	"globalmart/internal/store"
)

// writeFinals writes the rows that replace what is stored.
func (t *tx) writeFinals(c *store.Changes) error {
	if err := t.putSessions(c.Sessions); err != nil {
		return err
	}
	if err := t.putCarts(c.Carts, c.CartOrders); err != nil {
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

// row is one of a set of changes.
type row[K comparable, V any] struct {
	key   K
	value V
}

// sorted returns rows in the order of their keys.
func sorted[K comparable, V any](rows map[K]V, compare func(a, b K) int) []row[K, V] {
	all := make([]row[K, V], 0, len(rows))
	for k, v := range rows {
		all = append(all, row[K, V]{k, v})
	}
	slices.SortFunc(all, func(a, b row[K, V]) int { return compare(a.key, b.key) })
	return all
}

func (t *tx) putSessions(sessions map[store.SessionKey]*store.Session) error {
	rows := sorted(sessions, compareSessions)
	var gone []store.SessionKey
	rows = slices.DeleteFunc(rows, func(r row[store.SessionKey, *store.Session]) bool {
		if r.value == nil {
			gone = append(gone, r.key)
		}
		return r.value == nil
	})
	_, err := t.execAll(deleteSession, len(gone), func(args []any, i int) []any {
		return append(args, int64(gone[i].Start), gone[i].VisitorID)
	})
	if err != nil {
		return err
	}
	_, err = t.execAll(putSession, len(rows), func(args []any, i int) []any {
		k, s := &rows[i].key, rows[i].value
		return append(args, int64(k.Start), k.VisitorID, int64(s.End), s.Events, s.Views, s.Adds, s.Checkouts,
			s.Orders, s.Units, int64(s.RevenueMinor), s.Country, s.Device, s.UserID)
	})
	return err
}

func compareSessions(a, b store.SessionKey) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.VisitorID, b.VisitorID))
}

// putCarts writes orders first, so that carts find them, and then brings the
// carts up to date that were stored before.
func (t *tx) putCarts(carts map[store.CartKey]*store.Cart, orders map[store.CartOrderKey]store.CartOrder) error {
	ordered := sorted(orders, func(a, b store.CartOrderKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.TransactionID, b.TransactionID))
	})
	_, err := t.execAll(putCartOrder, len(ordered), func(args []any, i int) []any {
		k, o := &ordered[i].key, &ordered[i].value
		return append(args, k.CartID, k.TransactionID, int64(o.At), int64(o.RevenueMinor))
	})
	if err != nil {
		return err
	}
	rows := sorted(carts, func(a, b store.CartKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.Episode, b.Episode))
	})
	_, err = t.execAll(putCart, len(rows), func(args []any, i int) []any {
		k, c := &rows[i].key, rows[i].value
		return append(args, k.CartID, int64(k.Episode), int64(c.FirstAt), int64(c.LastAt), int64(c.CheckoutAt), int64(c.ClearedAt),
			c.Actions, c.Quantity, int64(c.ValueMinor), c.Country, c.VisitorID, c.UserID)
	})
	if err != nil {
		return err
	}
	touched := slices.CompactFunc(ordered, func(a, b row[store.CartOrderKey, store.CartOrder]) bool { return a.key.CartID == b.key.CartID })
	_, err = t.execAll(markOrdered, len(touched), func(args []any, i int) []any { return append(args, touched[i].key.CartID) })
	return err
}

func (t *tx) putFindings(findings map[store.FindingKey]*store.Finding) error {
	rows := sorted(findings, func(a, b store.FindingKey) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Rule, b.Rule))
	})
	_, err := t.execAll(putFinding, len(rows), func(args []any, i int) []any {
		k, f := &rows[i].key, rows[i].value
		return append(args, k.EventID, string(k.Rule), int64(f.At), int64(f.ReceivedAt), f.TransactionID, f.VisitorID, f.UserID,
			f.Country, f.ProductID, f.Category, int64(f.OrderMinor), f.Value, f.Expected, f.ScoreMilli, f.ThresholdMilli, f.Baseline)
	})
	return err
}

func (t *tx) putBaselines(baselines map[store.BaselineKey]*store.Baseline) error {
	rows := sorted(baselines, func(a, b store.BaselineKey) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Measure, b.Measure),
			cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Version, b.Version))
	})
	_, err := t.execAll(putBaseline, len(rows), func(args []any, i int) []any {
		k, b := &rows[i].key, rows[i].value
		return append(args, k.Category, string(k.Measure), int64(k.Partition), k.Version,
			int64(b.From), b.Samples, b.Median, b.SpreadMilli)
	})
	return err
}

func (t *tx) putOpen(open map[int32]*store.Open) error {
	rows := sorted(open, cmp.Compare[int32])
	_, err := t.execAll(putOpen, len(rows), func(args []any, i int) []any {
		o := rows[i].value
		return append(args, int64(rows[i].key), o.Sessions, o.SessionEvents, o.Carts, int64(o.CartValueMinor), int64(o.Clock))
	})
	return err
}
