package postgres

import (
	"cmp"
	"slices"

	"globalmart/internal/store"
)

// writeFinals queues the rows that replace what is stored, and returns the carts
// that are touched.
func (t *tx) writeFinals(c *store.Changes) (carts []string) {
	t.putSessions(c.Sessions)
	carts = t.putCarts(c.Carts, c.CartOrders)
	t.putFindings(c.Findings)
	t.putBaselines(c.Baselines)
	t.putOpen(c.Open)
	return carts
}

func (t *tx) putSessions(sessions map[store.SessionKey]*store.Session) {
	gone, kept := newRows(2), newRows(13)
	for _, one := range store.Sorted(sessions, store.SessionKey.Compare) {
		k, s := &one.Key, one.Value
		if s == nil {
			gone.num(int64(k.Start)).text(k.VisitorID)
			continue
		}
		kept.num(int64(k.Start)).text(k.VisitorID).num(int64(s.End)).num(s.Events).num(s.Views).num(s.Adds).num(s.Checkouts)
		kept.num(s.Orders).num(s.Units).num(int64(s.RevenueMinor)).text(s.Country).text(s.Device).text(s.UserID)
	}
	t.put(deleteSession, gone)
	t.put(putSession, kept)
}

// putCarts writes orders first, so that carts find them, and then brings the carts
// up to date that were stored before. It returns the carts that are touched.
func (t *tx) putCarts(carts map[store.CartKey]*store.Cart, orders map[store.CartOrderKey]store.CartOrder) (touched []string) {
	t.put(putCartOrder, rowsOf(4, slices.Values(store.Sorted(orders, store.CartOrderKey.Compare)), func(r *rows, one store.Row[store.CartOrderKey, store.CartOrder]) {
		k, o := &one.Key, &one.Value
		r.text(k.CartID).text(k.TransactionID).num(int64(o.At)).num(int64(o.RevenueMinor))
		if n := len(touched); n == 0 || touched[n-1] != k.CartID {
			touched = append(touched, k.CartID)
		}
	}))
	var written []string
	t.put(putCart, rowsOf(12, slices.Values(store.Sorted(carts, store.CartKey.Compare)), func(r *rows, one store.Row[store.CartKey, *store.Cart]) {
		k, c := &one.Key, one.Value
		r.text(k.CartID).num(int64(k.Episode)).num(int64(c.FirstAt)).num(int64(c.LastAt)).num(int64(c.CheckoutAt)).num(int64(c.ClearedAt))
		r.num(c.Actions).num(c.Quantity).num(int64(c.ValueMinor)).text(c.Country).text(c.VisitorID).text(c.UserID)
		written = append(written, k.CartID)
	}))
	if len(touched) > 0 {
		t.queue(markOrdered, touched)
	}
	return append(touched, written...)
}

func (t *tx) putFindings(findings map[store.FindingKey]*store.Finding) {
	t.put(putFinding, rowsOf(16, slices.Values(store.Sorted(findings, store.FindingKey.Compare)), func(r *rows, one store.Row[store.FindingKey, *store.Finding]) {
		k, f := &one.Key, one.Value
		r.text(k.EventID).text(string(k.Rule)).num(int64(f.At)).num(int64(f.ReceivedAt)).text(f.TransactionID).text(f.VisitorID).text(f.UserID)
		r.text(f.Country).text(f.ProductID).text(f.Category).num(int64(f.OrderMinor)).num(f.Value).num(f.Expected)
		r.num(f.ScoreMilli).num(f.ThresholdMilli).text(f.Baseline)
	}))
}

func (t *tx) putBaselines(baselines map[store.BaselineKey]*store.Baseline) {
	t.put(putBaseline, rowsOf(8, slices.Values(store.Sorted(baselines, store.BaselineKey.Compare)), func(r *rows, one store.Row[store.BaselineKey, *store.Baseline]) {
		k, b := &one.Key, one.Value
		r.text(k.Category).text(string(k.Measure)).part(k.Partition).num(k.Version)
		r.num(int64(b.From)).num(b.Samples).num(b.Median).num(b.SpreadMilli)
	}))
}

func (t *tx) putOpen(open map[int32]*store.Open) {
	t.put(putOpen, rowsOf(6, slices.Values(store.Sorted(open, cmp.Compare[int32])), func(r *rows, one store.Row[int32, *store.Open]) {
		o := one.Value
		r.part(one.Key).num(o.Sessions).num(o.SessionEvents).num(o.Carts).num(int64(o.CartValueMinor)).num(int64(o.Clock))
	}))
}
