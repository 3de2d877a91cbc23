package importer

import (
	"iter"
	"strconv"

	"globalmart/internal/event"
)

// onlineRetail is the source of every event of the data set.
const onlineRetail = "online-retail"

// events makes the events of everything that was read, in order, and completes
// the summary.
func (b *book) events() iter.Seq[*event.Event] {
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
			all = append(all, placed{e, rankFact, inv.line})
		}
		if inv.customer == "" {
			continue
		}
		if known, ok := customers[inv.customer]; !ok || inv.at < known.Timestamp {
			customers[inv.customer] = placed{statedCustomer(onlineRetail, inv.customer, countryCode(inv.country), inv.at), rankCustomer, inv.line}
		}
	}
	for _, c := range customers {
		all = append(all, c)
	}
	for _, p := range b.products {
		all = append(all, placed{productEvent(p), rankProduct, 0})
	}
	b.summary.Products, b.summary.Customers = len(b.products), len(customers)
	return b.arrange(all)
}

// invoiceEvents returns the order or refund of an invoice, if it has lines, and
// its adjustments of stock. All are refused if one is not valid.
func (b *book) invoiceEvents(inv *invoice) ([]*event.Event, *refusal) {
	var events []*event.Event
	if len(inv.items) > 0 {
		events = append(events, b.transaction(inv))
	}
	for _, a := range inv.adjustments {
		e := stated(onlineRetail, event.TypeInventoryUpdate, inv.number+":"+strconv.Itoa(a.number), a.at)
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

func (b *book) transaction(inv *invoice) *event.Event {
	e := stated(onlineRetail, event.TypeTransaction, inv.number, inv.at)
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
	e.SetBase(b.options.Convert)
	return e
}

func productEvent(p *product) *event.Event {
	e := stated(onlineRetail, event.TypeProduct, "product:"+p.code, p.first)
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
	if s.Countries[e.Country]++; e.Country == event.UnknownCountry {
		s.Unnamed[inv.country]++
	}
}
