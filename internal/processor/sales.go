package processor

import (
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Sales turns completed and refunded orders into the additive measures of
// minutes by country, minutes by category, and hours by country and category, by
// event time in the shop's time zone.
//
// Tax and shipping are reported in the base currency as base_total less the base
// lines, split in the proportion of the order's own tax and shipping, and shared
// over the lines by their base amounts, so that every measure but the count of
// orders and refunds adds up over categories.
type Sales struct {
	stateless
	calendar rules.Calendar
	names    map[string]string // category and country names that rows may keep

	// Reused per order.
	weights, tax, shipping []event.Minor
	lines                  []line
}

// line is one category of one order.
type line struct {
	category string
	sales    store.Sales
}

// NewSales returns the processor for the given rules.
func NewSales(r rules.Rules) *Sales {
	return &Sales{calendar: r.Calendar(), names: map[string]string{}}
}

// Apply adds a transaction to out. Other events, and orders that are failed,
// pending or cancelled before completion, move nothing.
func (s *Sales) Apply(e *event.Event, out *store.Changes) {
	if e.Type != event.TypeTransaction || e.Status != event.StatusCompleted && e.Status != event.StatusRefunded {
		return
	}
	s.split(e)
	country := s.name(e.Country)
	if country == "" {
		country = event.UnknownCountry
	}
	at := e.Time()
	minute, hour := s.calendar.MinuteStart(at), s.calendar.HourStart(at)

	var whole store.Sales
	for i := range s.lines {
		l := &s.lines[i]
		whole.Add(&l.sales)
		add(out.MinuteByCategory, store.SalesKey{Start: minute, Category: l.category}, &l.sales)
		add(out.Hour, store.SalesKey{Start: hour, Country: country, Category: l.category}, &l.sales)
	}
	whole.Orders, whole.Refunds = min(whole.Orders, 1), min(whole.Refunds, 1)
	add(out.MinuteByCountry, store.SalesKey{Start: minute, Country: country}, &whole)
	add(out.Hour, store.SalesKey{Start: hour, Country: country, Category: store.AllCategories}, &whole)
}

func add(rows map[store.SalesKey]*store.Sales, k store.SalesKey, s *store.Sales) {
	have := rows[k]
	if have == nil {
		have = &store.Sales{}
		rows[k] = have
	}
	have.Add(s)
}

// split fills s.lines with the order's measures by category.
func (s *Sales) split(e *event.Event) {
	s.shareExtras(e)
	s.lines = s.lines[:0]
	refund := e.Status == event.StatusRefunded
	for i := range e.Items {
		it := &e.Items[i]
		m := s.line(it.Category)
		if refund {
			m.Refunds = 1
			m.UnitsReturned += it.Quantity
			m.RefundedMinor += it.BaseAmountMinor
			m.TaxMinor -= s.tax[i]
			m.ShippingMinor -= s.shipping[i]
		} else {
			m.Orders = 1
			m.Units += it.Quantity
			m.RevenueMinor += it.BaseAmountMinor
			m.TaxMinor += s.tax[i]
			m.ShippingMinor += s.shipping[i]
		}
	}
}

// shareExtras fills s.tax and s.shipping with each line's share, in base units.
func (s *Sales) shareExtras(e *event.Event) {
	n := len(e.Items)
	s.weights = s.weights[:0]
	base := event.Minor(0)
	for i := range e.Items {
		s.weights = append(s.weights, e.Items[i].BaseAmountMinor)
		base += e.Items[i].BaseAmountMinor
	}
	s.tax, s.shipping = grow(s.tax, n), grow(s.shipping, n)
	extras := e.BaseTotalMinor - base
	var parts [2]event.Minor
	event.Share(extras, []event.Minor{e.TaxMinor, e.ShippingMinor}, parts[:])
	event.Share(parts[0], s.weights, s.tax)
	event.Share(parts[1], s.weights, s.shipping)
}

func grow(b []event.Minor, n int) []event.Minor {
	if cap(b) < n {
		return make([]event.Minor, n)
	}
	return b[:n]
}

// line returns the measures of a category in the order at hand.
func (s *Sales) line(category string) *store.Sales {
	if category == "" {
		category = store.Uncategorised
	}
	for i := range s.lines {
		if s.lines[i].category == category {
			return &s.lines[i].sales
		}
	}
	s.lines = append(s.lines, line{category: s.name(category)})
	return &s.lines[len(s.lines)-1].sales
}

// maxNames bounds the memory that names from outside can take.
const maxNames = 4096

// name returns a copy of text that outlives the event, the same one each time.
func (s *Sales) name(text string) string {
	if kept, ok := s.names[text]; ok {
		return kept
	}
	if len(s.names) >= maxNames {
		clear(s.names)
	}
	kept := strings.Clone(text)
	s.names[kept] = kept
	return kept
}
