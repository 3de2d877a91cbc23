package sim

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// tables are the live tables.
type tables struct {
	sales      map[store.SalesTable]map[store.SalesKey]store.Sales
	stock      map[string]store.Stock
	products   map[string]store.Product
	customers  map[string]store.Customer
	sessions   map[store.SessionKey]store.Session
	carts      map[store.CartKey]store.Cart
	cartOrders map[store.CartOrderKey]store.CartOrder
	findings   map[store.FindingKey]store.Finding
	baselines  map[store.BaselineKey]store.Baseline
	open       map[int32]store.Open
}

func newTables() tables {
	t := tables{
		sales: map[store.SalesTable]map[store.SalesKey]store.Sales{}, stock: map[string]store.Stock{},
		products: map[string]store.Product{}, customers: map[string]store.Customer{},
		sessions: map[store.SessionKey]store.Session{}, carts: map[store.CartKey]store.Cart{},
		cartOrders: map[store.CartOrderKey]store.CartOrder{}, findings: map[store.FindingKey]store.Finding{},
		baselines: map[store.BaselineKey]store.Baseline{}, open: map[int32]store.Open{},
	}
	for _, name := range store.SalesTables {
		t.sales[name] = map[store.SalesKey]store.Sales{}
	}
	return t
}

// write adds increments, keeps the latest values and replaces by finals. It keeps
// nothing of c.
func (t *tables) write(c *store.Changes) {
	for name, rows := range map[store.SalesTable]map[store.SalesKey]*store.Sales{
		store.MinuteByCountry: c.MinuteByCountry, store.MinuteByCategory: c.MinuteByCategory, store.HourBySplit: c.Hour,
	} {
		for k, s := range rows {
			sum := t.sales[name][k]
			sum.Add(s)
			t.sales[name][k] = sum
		}
	}
	for id, s := range c.Stock {
		sum := t.stock[id]
		sum.Add(s)
		t.stock[id] = sum
	}
	for id, p := range c.Products {
		if have, ok := t.products[id]; !ok || p.Version.After(have.Version) {
			t.products[id] = p
		}
	}
	for id, u := range c.Customers {
		if have, ok := t.customers[id]; !ok || u.Version.After(have.Version) {
			t.customers[id] = u
		}
	}
	for k, o := range c.CartOrders {
		if have, ok := t.cartOrders[k]; !ok || o.At < have.At || o.At == have.At && o.RevenueMinor < have.RevenueMinor {
			t.cartOrders[k] = o
		}
	}
	replace(t.sessions, c.Sessions)
	replace(t.carts, c.Carts)
	replace(t.findings, c.Findings)
	replace(t.baselines, c.Baselines)
	replace(t.open, c.Open)
}

// replace puts rows into a table; a nil row deletes.
func replace[K comparable, V any](table map[K]V, rows map[K]*V) {
	for k, v := range rows {
		if v == nil {
			delete(table, k)
		} else {
			table[k] = *v
		}
	}
}

func (t *tables) clone() tables {
	c := tables{
		sales: map[store.SalesTable]map[store.SalesKey]store.Sales{}, stock: maps.Clone(t.stock),
		products: maps.Clone(t.products), customers: maps.Clone(t.customers),
		sessions: maps.Clone(t.sessions), carts: maps.Clone(t.carts), cartOrders: maps.Clone(t.cartOrders),
		findings: maps.Clone(t.findings), baselines: maps.Clone(t.baselines), open: maps.Clone(t.open),
	}
	for name, rows := range t.sales {
		c.sales[name] = maps.Clone(rows)
	}
	return c
}

// view is a copy of the store.
type view struct {
	tables
	tasks     []store.TaskRow
	positions []store.PositionRow
	ledger    []store.LedgerRow
	letters   []letter
}

// View implements [verify.Store].
func (m *memory) View(context.Context) (store.View, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := &view{tables: m.tables.clone()}
	ids := slices.SortedFunc(maps.Keys(m.tasks), func(a, b store.TaskID) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Partition, b.Partition))
	})
	for _, id := range ids {
		b := m.tasks[id]
		v.tasks = append(v.tasks, store.TaskRow{Task: id, Epoch: b.epoch, Owner: b.owner})
		for _, topic := range slices.Sorted(maps.Keys(b.positions)) {
			v.positions = append(v.positions, store.PositionRow{Task: id, Topic: topic, Position: b.positions[topic]})
		}
		rows := slices.Clone(b.ledger)
		slices.SortFunc(rows, func(a, b store.LedgerRow) int {
			return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Epoch, b.Epoch))
		})
		v.ledger = append(v.ledger, rows...)
		v.letters = append(v.letters, b.letters...)
	}
	slices.SortFunc(v.letters, func(a, b letter) int { return comparePositions(at(&a.DeadLetter), at(&b.DeadLetter)) })
	return v, nil
}

func (v *view) Tasks(context.Context) ([]store.TaskRow, error)         { return v.tasks, nil }
func (v *view) Positions(context.Context) ([]store.PositionRow, error) { return v.positions, nil }
func (v *view) Products(context.Context) (int64, error)                { return int64(len(v.products)), nil }

func (v *view) Customers(context.Context) (int64, error) { return int64(len(v.customers)), nil }
func (v *view) Close() error                             { return nil }

func (v *view) Ledger(context.Context) iter.Seq2[store.LedgerRow, error] { return yielded(v.ledger) }

func (v *view) DeadLetters(context.Context) iter.Seq2[store.DeadLetter, error] {
	return v.lettersThat(func(letter) bool { return true })
}

func (v *view) Unsent(context.Context) iter.Seq2[store.DeadLetter, error] {
	return v.lettersThat(func(l letter) bool { return !l.sent })
}

func (v *view) lettersThat(match func(letter) bool) iter.Seq2[store.DeadLetter, error] {
	var rows []store.DeadLetter
	for _, l := range v.letters {
		if match(l) {
			rows = append(rows, l.DeadLetter)
		}
	}
	return yielded(rows)
}

func (v *view) Sales(_ context.Context, name store.SalesTable) iter.Seq2[store.SalesRow, error] {
	return rowsOf(v.sales[name], func(a, b store.SalesKey) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Category, b.Category))
	}, func(k store.SalesKey, s store.Sales) store.SalesRow { return store.SalesRow{Key: k, Sales: s} })
}

func (v *view) Stock(context.Context) iter.Seq2[store.StockRow, error] {
	return rowsOf(v.stock, cmp.Compare[string], func(id string, s store.Stock) store.StockRow { return store.StockRow{ProductID: id, Stock: s} })
}

func (v *view) Sessions(context.Context) iter.Seq2[store.SessionRow, error] {
	return rowsOf(v.sessions, func(a, b store.SessionKey) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.VisitorID, b.VisitorID))
	}, func(k store.SessionKey, s store.Session) store.SessionRow {
		return store.SessionRow{Key: k, Session: s}
	})
}

func (v *view) Carts(context.Context) iter.Seq2[store.CartRow, error] {
	return rowsOf(v.carts, func(a, b store.CartKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.Episode, b.Episode))
	}, func(k store.CartKey, c store.Cart) store.CartRow {
		return store.CartRow{Key: k, Cart: c, OrderedAt: v.orderedAt(k.CartID, c.FirstAt)}
	})
}

// orderedAt returns when a cart was first ordered after first; 0 if never.
func (v *view) orderedAt(cart string, first event.Time) event.Time {
	var earliest event.Time
	for k, o := range v.cartOrders {
		if k.CartID == cart && o.At >= first && (earliest == 0 || o.At < earliest) {
			earliest = o.At
		}
	}
	return earliest
}

func (v *view) CartOrders(context.Context) iter.Seq2[store.CartOrderRow, error] {
	return rowsOf(v.cartOrders, func(a, b store.CartOrderKey) int {
		return cmp.Or(cmp.Compare(a.CartID, b.CartID), cmp.Compare(a.TransactionID, b.TransactionID))
	}, func(k store.CartOrderKey, o store.CartOrder) store.CartOrderRow {
		return store.CartOrderRow{Key: k, Order: o}
	})
}

func (v *view) Findings(context.Context) iter.Seq2[store.FindingRow, error] {
	return rowsOf(v.findings, func(a, b store.FindingKey) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Rule, b.Rule))
	}, func(k store.FindingKey, f store.Finding) store.FindingRow {
		return store.FindingRow{Key: k, Finding: f}
	})
}

func (v *view) Baselines(context.Context) iter.Seq2[store.BaselineRow, error] {
	return rowsOf(v.baselines, func(a, b store.BaselineKey) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Measure, b.Measure),
			cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Version, b.Version))
	}, func(k store.BaselineKey, b store.Baseline) store.BaselineRow {
		return store.BaselineRow{Key: k, Baseline: b}
	})
}

func (v *view) Open(context.Context) iter.Seq2[store.OpenRow, error] {
	return rowsOf(v.open, cmp.Compare[int32], func(p int32, o store.Open) store.OpenRow { return store.OpenRow{Partition: p, Open: o} })
}

// rowsOf yields a table in the order of its keys.
func rowsOf[K comparable, V, R any](table map[K]V, compare func(a, b K) int, row func(K, V) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, k := range slices.SortedFunc(maps.Keys(table), compare) {
			if !yield(row(k, table[k]), nil) {
				return
			}
		}
	}
}

func yielded[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}
