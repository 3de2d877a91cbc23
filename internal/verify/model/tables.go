package model

import (
	"math/bits"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Tables are the live tables as the log says they are: a row per key, summed
// over the partitions that the store keeps apart.
type Tables struct {
	Sales     map[store.SalesTable]map[store.SalesKey]store.Sales // every table is there
	Products  map[string]store.Product
	Customers map[string]store.Customer
	Stock     map[string]*store.Stock
}

// NewTables returns empty tables.
func NewTables() Tables {
	t := Tables{
		Sales:    map[store.SalesTable]map[store.SalesKey]store.Sales{},
		Products: map[string]store.Product{}, Customers: map[string]store.Customer{},
		Stock: map[string]*store.Stock{},
	}
	for _, name := range store.SalesTables {
		t.Sales[name] = map[store.SalesKey]store.Sales{}
	}
	return t
}

// Merge adds what other records came to. o stays as it is.
func (t Tables) Merge(o Tables) {
	for name, rows := range o.Sales {
		for k, s := range rows {
			t.add(name, k, s)
		}
	}
	for id, p := range o.Products {
		t.putProduct(id, p)
	}
	for id, c := range o.Customers {
		t.putCustomer(id, c)
	}
	for id, s := range o.Stock {
		t.move(id, s)
	}
}

// move adds movements of a product's stock.
func (t Tables) move(id string, s *store.Stock) {
	have := t.Stock[id]
	if have == nil {
		have = &store.Stock{}
		t.Stock[strings.Clone(id)] = have
	}
	have.Add(s)
}

func (t Tables) add(name store.SalesTable, k store.SalesKey, s store.Sales) {
	sum := t.Sales[name][k]
	sum.Add(&s)
	k.Country, k.Category = strings.Clone(k.Country), strings.Clone(k.Category) // also a key that is there is replaced
	t.Sales[name][k] = sum
}

func (t Tables) putProduct(id string, p store.Product) {
	if have, ok := t.Products[id]; !ok || p.Version.After(have.Version) {
		t.Products[id] = p
	}
}

func (t Tables) putCustomer(id string, c store.Customer) {
	if have, ok := t.Customers[id]; !ok || c.Version.After(have.Version) {
		t.Customers[id] = c
	}
}

// apply adds what e means for the live tables.
func (t Tables) apply(e *event.Event, calendar *rules.Calendar) {
	switch e.Type {
	case event.TypeTransaction:
		t.applySale(e, calendar)
		t.applyGoods(e)
	case event.TypeProduct:
		t.putProduct(strings.Clone(e.ProductID), store.Product{
			Version: version(e), Name: strings.Clone(e.Name), Brand: strings.Clone(e.Brand), Category: strings.Clone(e.Category),
			PriceMinor: e.PriceMinor, CostMinor: e.CostMinor, Active: e.Active,
		})
	case event.TypeCustomer:
		var preferences []string
		for _, p := range e.Preferences {
			preferences = append(preferences, strings.Clone(p))
		}
		t.putCustomer(strings.Clone(e.UserID), store.Customer{
			Version: version(e), Country: strings.Clone(e.Country), RegisteredAt: e.RegisteredAt, Preferences: preferences,
		})
	case event.TypeInventoryUpdate:
		t.move(e.ProductID, updated(e))
	case event.TypeProductView, event.TypeCartEvent:
		// They move nothing but the visitor's session and cart.
	}
}

// updated returns what a stock update moves.
func updated(e *event.Event) *store.Stock {
	s := &store.Stock{}
	switch e.StockReason {
	case event.StockInitial:
		s.Initial = e.Delta
	case event.StockRestock:
		s.Restocked = e.Delta
	case event.StockAdjustment:
		s.Adjusted = e.Delta
	}
	return s
}

// applyGoods takes what was sold out of stock, and puts back what was returned.
func (t Tables) applyGoods(e *event.Event) {
	for _, item := range e.Items {
		switch {
		case e.Status == event.StatusCompleted:
			t.move(item.ProductID, &store.Stock{Sold: item.Quantity})
		case e.Status == event.StatusRefunded && e.Restock:
			t.move(item.ProductID, &store.Stock{Returned: item.Quantity})
		}
	}
}

func version(e *event.Event) store.Version {
	return store.Version{At: e.Time(), EventID: strings.Clone(e.ID)}
}

// applySale adds an order or a refund: to its country once, and to each category
// that it touches once, with the measures of that category's lines.
func (t Tables) applySale(e *event.Event, calendar *rules.Calendar) {
	if e.Status != event.StatusCompleted && e.Status != event.StatusRefunded {
		return
	}
	country := e.Country
	if country == "" {
		country = event.UnknownCountry
	}
	minute, hour := calendar.MinuteStart(e.Time()), calendar.HourStart(e.Time())
	whole, byCategory := measures(e)
	t.add(store.MinuteByCountry, store.SalesKey{Start: minute, Country: country}, whole)
	t.add(store.HourBySplit, store.SalesKey{Start: hour, Country: country, Category: store.AllCategories}, whole)
	for category, s := range byCategory {
		t.add(store.MinuteByCategory, store.SalesKey{Start: minute, Category: category}, s)
		t.add(store.HourBySplit, store.SalesKey{Start: hour, Country: country, Category: category}, s)
	}
}

// measures returns what an order or a refund comes to, whole and by category.
func measures(e *event.Event) (whole store.Sales, byCategory map[string]store.Sales) {
	count := store.Sales{Orders: 1}
	if e.Status == event.StatusRefunded {
		count = store.Sales{Refunds: 1}
	}
	whole = count
	byCategory = map[string]store.Sales{}
	tax, shipping := extras(e)
	for i, item := range e.Items {
		line := store.Sales{Units: item.Quantity, RevenueMinor: item.BaseAmountMinor, TaxMinor: tax[i], ShippingMinor: shipping[i]}
		if e.Status == event.StatusRefunded {
			line = store.Sales{UnitsReturned: item.Quantity, RefundedMinor: item.BaseAmountMinor, TaxMinor: -tax[i], ShippingMinor: -shipping[i]}
		}
		whole.Add(&line)
		category := item.Category
		if category == "" {
			category = store.Uncategorised
		}
		sum, ok := byCategory[category]
		if !ok {
			sum = count
		}
		sum.Add(&line)
		byCategory[category] = sum
	}
	return whole, byCategory
}

// extras returns tax and shipping of each line in the base currency: those of the
// order, each shared over the lines by their base amounts.
func extras(e *event.Event) (tax, shipping []event.Minor) {
	weights := make([]event.Minor, len(e.Items))
	for i, item := range e.Items {
		weights[i] = item.BaseAmountMinor
	}
	allTax, allShipping := OrderExtras(e)
	tax, shipping = make([]event.Minor, len(weights)), make([]event.Minor, len(weights))
	event.Share(allTax, weights, tax)
	event.Share(allShipping, weights, shipping)
	return tax, shipping
}

// OrderExtras returns tax and shipping of an order or a refund in the base currency:
// what the base total is above the base lines, split by the order's own tax and
// shipping, the tax rounded half up. No valid event has a base total below its base
// lines, or above them without tax and shipping.
func OrderExtras(e *event.Event) (tax, shipping event.Minor) {
	rest := e.BaseTotalMinor
	for i := range e.Items {
		rest -= e.Items[i].BaseAmountMinor
	}
	if both := e.TaxMinor + e.ShippingMinor; both > 0 {
		tax = roundedPart(rest, e.TaxMinor, both)
	}
	return tax, rest - tax
}

// roundedPart returns total * part / whole, rounded half up. None is negative
// and whole is not zero.
func roundedPart(total, part, whole event.Minor) event.Minor {
	hi, lo := bits.Mul64(uint64(total), uint64(part))
	q, rest := bits.Div64(hi, lo, uint64(whole))
	if 2*rest >= uint64(whole) {
		q++
	}
	return event.Minor(q)
}
