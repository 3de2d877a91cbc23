package storetest

import (
	"context"
	"iter"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Shoppers is what a store tells of stock, sessions, carts and findings. Lists
// come in pages, see package store; a limit below 1 is an error.
type Shoppers interface {
	// Stocks returns those of ids that something is known of.
	Stocks(ctx context.Context, ids []string) (map[string]store.Stock, error)
	// Stock returns the stock of a product, or store.ErrNotFound.
	Stock(ctx context.Context, id string) (store.Stock, error)
	// StockList returns products of which a stock is known, the least on hand first.
	StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error)
	// StockTotals returns the stock of all products.
	StockTotals(ctx context.Context) (store.StockTotals, error)

	// SessionList returns sessions, those that began last first.
	SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error)
	// SessionTotals returns sums over the sessions that started in [from, to); to 0
	// is no end, country "" all.
	SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error)
	// OpenTotals returns what is open over all tasks, as of the earliest of their
	// clocks.
	OpenTotals(ctx context.Context) (store.Open, error)

	// CartList returns carts, those that something was done to last first. Its
	// statuses are those of store.Cart.Status, as in the next two.
	CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error)
	// CartTotals returns the carts in scope by status; a status without carts is
	// absent.
	CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error)
	// CartsAtRisk returns the value of the carts that are abandoned, and how many
	// they are.
	CartsAtRisk(ctx context.Context, asOf event.Time, idle, recovery time.Duration) (value event.Minor, carts int64, err error)

	// FindingList returns findings, those of the newest orders first.
	FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error)
	// FindingsSince returns the findings of orders at or after since, at most limit,
	// the oldest first.
	FindingsSince(ctx context.Context, since event.Time, limit int) ([]store.FindingRow, error)

	// PruneSessions deletes the sessions that started before before.
	PruneSessions(ctx context.Context, before event.Time) (int64, error)
	// PruneCarts deletes the carts to which nothing was done since before, and the
	// orders from before it that belong to no cart that is left.
	PruneCarts(ctx context.Context, before event.Time) (int64, error)
	// PruneFindings deletes the findings of orders before before.
	PruneFindings(ctx context.Context, before event.Time) (int64, error)
}

// tables is what a store holds in the tables of stock, sessions, carts and
// findings.
type tables struct {
	Stock      map[string]store.Stock
	Sessions   map[store.SessionKey]store.Session
	Carts      map[store.CartKey]store.Cart
	OrderedAt  map[store.CartKey]event.Time // 0 = never, and left out
	CartOrders map[store.CartOrderKey]store.CartOrder
	Findings   map[store.FindingKey]store.Finding
	Baselines  map[store.BaselineKey]store.Baseline
	Open       map[int32]store.Open
}

// tables reads the rows whose ids begin with prefix, and everything that is open.
func (f *fixture) tables(prefix string) tables {
	f.Helper()
	t := tables{
		map[string]store.Stock{},
		map[store.SessionKey]store.Session{},
		map[store.CartKey]store.Cart{},
		map[store.CartKey]event.Time{},
		map[store.CartOrderKey]store.CartOrder{},
		map[store.FindingKey]store.Finding{},
		map[store.BaselineKey]store.Baseline{},
		map[int32]store.Open{},
	}
	f.with(func(v store.View) {
		ctx := f.Context()
		read(f, v.Stock(ctx), func(r store.StockRow) string {
			if strings.HasPrefix(r.ProductID, prefix) {
				sum := t.Stock[r.ProductID]
				sum.Add(&r.Stock)
				t.Stock[r.ProductID] = sum
			}
			return sortable(r.ProductID)
		})
		read(f, v.Sessions(ctx), func(r store.SessionRow) string {
			if strings.HasPrefix(r.Key.VisitorID, prefix) {
				t.Sessions[r.Key] = r.Session
			}
			return sortable(r.Key.Start, r.Key.VisitorID)
		})
		read(f, v.Carts(ctx), func(r store.CartRow) string {
			if strings.HasPrefix(r.Key.CartID, prefix) {
				t.Carts[r.Key] = r.Cart
				if r.OrderedAt != 0 {
					t.OrderedAt[r.Key] = r.OrderedAt
				}
			}
			return sortable(r.Key.CartID, r.Key.Episode)
		})
		read(f, v.CartOrders(ctx), func(r store.CartOrderRow) string {
			if strings.HasPrefix(r.Key.CartID, prefix) {
				t.CartOrders[r.Key] = r.Order
			}
			return sortable(r.Key.CartID, r.Key.TransactionID)
		})
		read(f, v.Findings(ctx), func(r store.FindingRow) string {
			if strings.HasPrefix(r.Key.EventID, prefix) {
				t.Findings[r.Key] = r.Finding
			}
			return sortable(r.Key.EventID, string(r.Key.Rule))
		})
		read(f, v.Baselines(ctx), func(r store.BaselineRow) string {
			if strings.HasPrefix(r.Key.Category, prefix) {
				t.Baselines[r.Key] = r.Baseline
			}
			return sortable(r.Key.Category, string(r.Key.Measure), r.Key.Partition, r.Key.Version)
		})
		read(f, v.Open(ctx), func(r store.OpenRow) string {
			t.Open[r.Partition] = r.Open
			return sortable(r.Partition)
		})
	})
	return t
}

// read takes every row of seq, whose keys, as take returns them, have to rise.
func read[T any](f *fixture, seq iter.Seq2[T, error], take func(T) string) {
	f.Helper()
	last := ""
	for row, err := range seq {
		f.check(err)
		key := take(row)
		if key < last {
			f.Errorf("%q comes after %q", key, last)
		}
		last = key
	}
}

// sortable joins the parts of a key such that the texts have their order.
func sortable(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p + "\x00")
		case event.Time:
			b.WriteString(wide(int64(p)))
		case int64:
			b.WriteString(wide(p))
		case int32:
			b.WriteString(wide(int64(p)))
		}
	}
	return b.String()
}

// wide returns n in 20 digits, moved so that none is below zero.
func wide(n int64) string {
	digits := []byte("00000000000000000000")
	for u, i := uint64(n)^1<<63, len(digits)-1; u > 0; u, i = u/10, i-1 {
		digits[i] += byte(u % 10)
	}
	return string(digits)
}

// said returns what c says of these tables: sessions that are none are absent.
func said(c *store.Changes) tables {
	t := tables{
		Stock: values(c.Stock), Sessions: values(c.Sessions), Carts: values(c.Carts), CartOrders: c.CartOrders,
		Findings: values(c.Findings), Baselines: values(c.Baselines), Open: values(c.Open), OrderedAt: map[store.CartKey]event.Time{},
	}
	for k, cart := range c.Carts {
		for ok, o := range c.CartOrders {
			if at := t.OrderedAt[k]; ok.CartID == k.CartID && o.At >= cart.FirstAt && (at == 0 || o.At < at) {
				t.OrderedAt[k] = o.At
			}
		}
	}
	return t
}

func values[K comparable, V any](rows map[K]*V) map[K]V {
	all := make(map[K]V, len(rows))
	for k, v := range rows {
		if v != nil {
			all[k] = *v
		}
	}
	return all
}

// count returns the number of rows of seq.
func count[T any](f *fixture, seq iter.Seq2[T, error]) (n int) {
	f.Helper()
	for _, err := range seq {
		f.check(err)
		n++
	}
	return n
}
