package sqlite

import (
	"cmp"
	"maps"
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

func (t *tx) putSessions(sessions map[store.SessionKey]*store.Session) error {
	keys := make([]store.SessionKey, 0, len(sessions))
	var gone []store.SessionKey
	for k, s := range sessions {
		if s == nil {
			gone = append(gone, k)
		} else {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(gone, compareSessions)
	_, err := t.execAll(deleteSession, len(gone), func(args []any, i int) []any {
		return append(args, int64(gone[i].Start), gone[i].VisitorID)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(keys, compareSessions)
	_, err = t.execAll(putSession, len(keys), func(args []any, i int) []any {
		s := sessions[keys[i]]
		return append(args, int64(keys[i].Start), keys[i].VisitorID, int64(s.End), s.Events, s.Views, s.Adds, s.Checkouts,
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
	orderKeys := slices.SortedFunc(maps.Keys(orders), func(a, b store.CartOrderKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.TransactionID, b.TransactionID))
	})
	_, err := t.execAll(putCartOrder, len(orderKeys), func(args []any, i int) []any {
		o := orders[orderKeys[i]]
		return append(args, orderKeys[i].CartID, orderKeys[i].TransactionID, int64(o.At), int64(o.RevenueMinor))
	})
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(carts), func(a, b store.CartKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.Episode, b.Episode))
	})
	_, err = t.execAll(putCart, len(keys), func(args []any, i int) []any {
		c := carts[keys[i]]
		return append(args, keys[i].CartID, int64(keys[i].Episode), int64(c.FirstAt), int64(c.LastAt), int64(c.CheckoutAt), int64(c.ClearedAt),
			c.Actions, c.Quantity, int64(c.ValueMinor), c.Country, c.VisitorID, c.UserID)
	})
	if err != nil {
		return err
	}
	touched := slices.CompactFunc(orderKeys, func(a, b store.CartOrderKey) bool { return a.CartID == b.CartID })
	_, err = t.execAll(markOrdered, len(touched), func(args []any, i int) []any { return append(args, touched[i].CartID) })
	return err
}

func (t *tx) putFindings(findings map[store.FindingKey]*store.Finding) error {
	keys := slices.SortedFunc(maps.Keys(findings), func(a, b store.FindingKey) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Rule, b.Rule))
	})
	_, err := t.execAll(putFinding, len(keys), func(args []any, i int) []any {
		f := findings[keys[i]]
		return append(args, keys[i].EventID, string(keys[i].Rule), int64(f.At), int64(f.ReceivedAt), f.TransactionID, f.VisitorID, f.UserID,
			f.Country, f.ProductID, f.Category, int64(f.OrderMinor), f.Value, f.Expected, f.ScoreMilli, f.ThresholdMilli, f.Baseline)
	})
	return err
}

func (t *tx) putBaselines(baselines map[store.BaselineKey]*store.Baseline) error {
	keys := slices.SortedFunc(maps.Keys(baselines), func(a, b store.BaselineKey) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Measure, b.Measure),
			cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Version, b.Version))
	})
	_, err := t.execAll(putBaseline, len(keys), func(args []any, i int) []any {
		b := baselines[keys[i]]
		return append(args, keys[i].Category, string(keys[i].Measure), int64(keys[i].Partition), keys[i].Version,
			int64(b.From), b.Samples, b.Median, b.SpreadMilli)
	})
	return err
}

func (t *tx) putOpen(open map[int32]*store.Open) error {
	parts := slices.Sorted(maps.Keys(open))
	_, err := t.execAll(putOpen, len(parts), func(args []any, i int) []any {
		o := open[parts[i]]
		return append(args, int64(parts[i]), o.Sessions, o.SessionEvents, o.Carts, int64(o.CartValueMinor), int64(o.Clock))
	})
	return err
}
