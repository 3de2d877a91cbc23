package importer

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"globalmart/internal/event"
)

// source is the Source of every event, and the start of its id.
const source = "online-retail"

// rank orders events of equal time: what is stated before what refers to it.
type rank int

const (
	rankProduct rank = iota
	rankCustomer
	rankInvoice
)

// placed is an event with its place among those of equal time.
type placed struct {
	*event.Event
	rank rank
	line int // of the invoice
}

// events makes the events of everything that was read, in order, and completes
// the summary.
func (b *book) events() []*event.Event {
	var all []placed
	customers := map[string]placed{}
	for _, inv := range b.invoices {
		made, bad := b.invoiceEvents(inv)
		if bad != nil {
			b.reject(Rejection{Line: inv.line, Rows: inv.rows, Reason: bad.reason, Detail: "invoice " + inv.number + ": " + bad.detail})
			continue
		}
		b.count(inv, made)
		for _, e := range made {
			all = append(all, placed{e, rankInvoice, inv.line})
		}
		if inv.customer == "" {
			continue
		}
		if known, ok := customers[inv.customer]; !ok || inv.at < known.Timestamp {
			customers[inv.customer] = placed{customerEvent(inv), rankCustomer, inv.line}
		}
	}
	for _, c := range customers {
		all = append(all, c)
	}
	for _, p := range b.products {
		all = append(all, placed{productEvent(p), rankProduct, 0})
	}
	slices.SortStableFunc(all, func(x, y placed) int {
		return cmp.Or(cmp.Compare(x.Timestamp, y.Timestamp), cmp.Compare(x.rank, y.rank), cmp.Compare(x.line, y.line), x.compareID(y))
	})
	b.summary.Products, b.summary.Customers, b.summary.Events = len(b.products), len(customers), len(all)
	events := make([]*event.Event, len(all))
	for i, p := range all {
		events[i] = p.Event
	}
	if len(events) > 0 {
		b.summary.First, b.summary.Last = events[0].Timestamp, events[len(events)-1].Timestamp
	}
	return events
}

// compareID orders products of equal time; events of one invoice stay as made.
func (x placed) compareID(y placed) int {
	if x.rank == rankInvoice {
		return 0
	}
	return cmp.Compare(x.ID, y.ID)
}

// invoiceEvents returns the order or refund of an invoice, if it has lines, and
// its adjustments of stock. All are refused if one is not valid.
func (b *book) invoiceEvents(inv *invoice) ([]*event.Event, *refusal) {
	var events []*event.Event
	if len(inv.items) > 0 {
		events = append(events, b.transaction(inv))
	}
	for _, a := range inv.adjustments {
		e := stated(event.TypeInventoryUpdate, inv.number+":"+strconv.Itoa(a.number), a.at)
		e.ProductID, e.Delta, e.StockReason = a.product, a.delta, event.StockAdjustment
		events = append(events, e)
	}
	for _, e := range events {
		if bad := check(e); bad != nil {
			return nil, bad
		}
	}
	return events, nil
}

// check reports why e would become a dead letter, for want of a rate aside. Its
// length needs no check: with ids of 40 bytes, 2,000 lines fit into a record.
func check(e *event.Event) *refusal {
	invalid, bad := errors.AsType[*event.Invalid](e.Validate())
	if !bad || invalid.Reason == event.NoRate {
		return nil
	}
	return refuse(Reason(invalid.Reason), "%s: %s", invalid.Field, invalid.Detail)
}

// stated returns an event of which everything is set that all types share.
func stated(t event.Type, id string, at event.Time) *event.Event {
	return &event.Event{
		ID: source + ":" + id, Type: t, SchemaVersion: event.SchemaVersion,
		Timestamp: at, ReceivedAt: at, Source: source,
	}
}

func (b *book) transaction(inv *invoice) *event.Event {
	e := stated(event.TypeTransaction, inv.number, inv.at)
	e.TransactionID, e.Status, e.Currency = inv.number, event.StatusCompleted, onlineRetailCurrency
	e.VisitorID, e.UserID, e.Country = "invoice:"+inv.number, inv.customer, countryCode(inv.country)
	if inv.customer != "" {
		e.VisitorID = "customer:" + inv.customer
	}
	if inv.kind == cancellation {
		e.Status, e.RefundID, e.Restock = event.StatusRefunded, inv.number, true
	}
	e.Items = inv.items
	for i := range e.Items {
		e.SubtotalMinor += e.Items[i].AmountMinor
	}
	e.TotalMinor = e.SubtotalMinor
	b.setBase(e)
	return e
}

// setBase sets the base amounts of e, or their absence. The total is converted
// once and shared among the lines, so that the lines add up to it.
func (b *book) setBase(e *event.Event) {
	base, ok := b.options.Convert(e.TotalMinor, e.Currency)
	e.BaseTotalMinor = base
	if !ok {
		e.BaseTotalMinor = event.NoAmount
		for i := range e.Items {
			e.Items[i].BaseAmountMinor = event.NoAmount
		}
		return
	}
	amounts, parts := make([]event.Minor, len(e.Items)), make([]event.Minor, len(e.Items))
	for i := range e.Items {
		amounts[i] = e.Items[i].AmountMinor
	}
	event.Share(base, amounts, parts)
	for i := range e.Items {
		e.Items[i].BaseAmountMinor = parts[i]
	}
}

func customerEvent(inv *invoice) *event.Event {
	e := stated(event.TypeCustomer, "customer:"+inv.customer, inv.at)
	e.UserID, e.Country, e.RegisteredAt = inv.customer, countryCode(inv.country), inv.at
	return e
}

func productEvent(p *product) *event.Event {
	e := stated(event.TypeProduct, "product:"+p.code, p.first)
	e.ProductID, e.Name, e.PriceMinor, e.Active = p.code, p.name(), p.price, true
	return e
}

// count adds an invoice and its events to the summary.
func (b *book) count(inv *invoice, events []*event.Event) {
	s := &b.summary
	s.Adjustments += len(inv.adjustments)
	if len(inv.items) == 0 {
		return
	}
	e := events[0]
	if inv.kind == cancellation {
		s.Refunds++
		s.RefundLines += len(e.Items)
		s.RefundedMinor += e.TotalMinor
		s.UnitsReturned += units(e.Items)
	} else {
		s.Orders++
		s.OrderLines += len(e.Items)
		s.RevenueMinor += e.TotalMinor
		s.Units += units(e.Items)
		if e.TotalMinor == 0 {
			s.ZeroOrders++
		}
	}
	if inv.split {
		s.SplitInvoices++
	}
	if inv.customer == "" {
		s.Anonymous++
	}
	if e.BaseTotalMinor == event.NoAmount {
		s.NoRate++
	}
	if s.Countries[e.Country]++; e.Country == event.UnknownCountry {
		s.Unnamed[inv.country]++
	}
}

func units(items []event.Item) (n int64) {
	for i := range items {
		n += items[i].Quantity
	}
	return n
}
