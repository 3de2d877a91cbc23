package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/lake/lookup"
)

// lakeReader finds single orders and shoppers in the lake.
type lakeReader interface {
	// Orders returns the orders and refunds of q, the newest first.
	Orders(ctx context.Context, q lookup.OrderQuery) (lookup.Found[lookup.Order], error)
	// Order returns the events of an order that happened within [from, to), the oldest
	// first, or [lookup.ErrNotFound].
	Order(ctx context.Context, id string, from, to event.Time) (lookup.Found[lookup.Order], error)
	// Timeline returns what a customer did, the newest first.
	Timeline(ctx context.Context, q lookup.TimelineQuery) (lookup.Found[lookup.Activity], error)
}

// addLake adds the endpoints that read the lake.
func (a *API) addLake() {
	a.addOrders()
	a.addOrder()
	a.addTimeline()
}

// fromLake makes a reply of what was found in the lake.
func fromLake[T any](asOf event.Time, data T) reply[T] {
	return reply[T]{data: data, source: sourceLake, asOf: asOf, made: asOf}
}

type ordersInput struct {
	Page
	Period
	Countries
	Status    string `query:"status" enum:"completed,failed,pending,cancelled,refunded" doc:"refunded: refunds, each an entry of its own. Absent: all."`
	Payment   string `query:"payment" maxLength:"64" example:"card" doc:"Payment method, as the orders name it. Absent: all."`
	ProductID string `query:"product_id" maxLength:"100" example:"P0001234" doc:"With a line of this product. Absent: all."`
	UserID    string `query:"user_id" maxLength:"64" example:"U0004711" doc:"Of this customer. Absent: all."`
}

// OrderEntry is what was said of an order: that it was completed, failed and so on, or
// a refund of it.
type OrderEntry struct {
	TransactionID  string      `json:"transaction_id"`
	RefundID       *string     `json:"refund_id" doc:"null if it is not a refund."`
	Status         string      `json:"status" enum:"completed,failed,pending,cancelled,refunded"`
	At             time.Time   `json:"at"`
	ReceivedAt     time.Time   `json:"received_at"`
	VisitorID      string      `json:"visitor_id"`
	UserID         *string     `json:"user_id" doc:"null if nobody is known."`
	Country        *string     `json:"country"`
	Device         *string     `json:"device"`
	Payment        *string     `json:"payment_method"`
	CartID         *string     `json:"cart_id"`
	Lines          int64       `json:"line_count"`
	Units          int64       `json:"units" doc:"Ordered, or given back."`
	OrderCurrency  string      `json:"order_currency" doc:"ISO 4217: of total_minor and the other amounts of the order, but for base_total_minor."`
	SubtotalMinor  event.Minor `json:"subtotal_minor"`
	DiscountMinor  event.Minor `json:"discount_minor"`
	ShippingMinor  event.Minor `json:"shipping_minor"`
	TaxMinor       event.Minor `json:"tax_minor"`
	TotalMinor     event.Minor `json:"total_minor"`
	BaseTotalMinor event.Minor `json:"base_total_minor" doc:"total_minor in meta.currency."`
}

// Orders are orders and refunds, the newest first.
type Orders struct {
	From       time.Time    `json:"from"`
	To         time.Time    `json:"to" doc:"Exclusive."`
	Orders     []OrderEntry `json:"orders" nullable:"false"`
	NextCursor *string      `json:"next_cursor" doc:"For the next page; null on the last."`
}

// exampleOrder is the order of the examples.
var exampleOrder = lookup.Order{
	EventID: "0195565f-9a3c-7b11-8c11-4a2f6f1c7d10", TransactionID: "T00000042", Status: event.StatusCompleted, At: exampleNow - 5*minuteMS, ReceivedAt: exampleNow - 5*minuteMS + 40,
	VisitorID: "v-7", UserID: "U0004711", Country: "DE", Device: "mobile", Payment: "card", Currency: "EUR",
	SubtotalMinor: 2_499, ShippingMinor: 399, TaxMinor: 475, TotalMinor: 3_373, BaseTotalMinor: 3_643, LineCount: 1, Units: 1,
	Lines: []lookup.Line{{ProductID: "P0001234", Category: "Books", Quantity: 1, UnitPriceMinor: 2_499, AmountMinor: 2_499, BaseAmountMinor: 2_699}},
}

func (a *API) addOrders() {
	op := huma.Operation{
		OperationID: "orders", Path: "/api/v1/orders", Tags: []string{"orders"},
		Summary: "Orders and refunds, newest first",
		Description: "From the lake, which has an order some minutes after it was made (meta.as_of). Every status of an order is an entry, and so is every refund. " +
			"A page of a day takes some hundredths of a second; a filter that few orders pass reads all days of the period, about 20 ms a day of 100,000 orders. Orders that arrived more than two days late are not listed.",
	}
	answerFrom(a, op, sourceLake, Orders{From: a.local(exampleNow - 28*dayMS), To: a.local(exampleNow), Orders: []OrderEntry{a.order(&exampleOrder)}}, a.orders)
}

func (a *API) orders(ctx context.Context, in *ordersInput) (reply[Orders], error) {
	p, errs := a.period(in.Period)
	before, err := parseCursor[lookup.Place](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	if errs != nil {
		return reply[Orders]{}, invalid(errs...)
	}
	found, err := a.deps.Lake.Orders(ctx, lookup.OrderQuery{
		From: p.from, To: p.to, Countries: in.chosen(), Status: event.Status(in.Status), Payment: in.Payment, ProductID: in.ProductID, UserID: in.UserID,
		Before: before, Limit: in.Limit,
	})
	if err != nil {
		return reply[Orders]{}, fmt.Errorf("api: orders: %w", err)
	}
	out := Orders{
		From: a.local(p.from), To: a.local(p.to), Orders: make([]OrderEntry, len(found.Rows)),
		NextCursor: nextCursor(in.Page, found.Rows, func(o *lookup.Order) any { return o.Place() }),
	}
	for i := range found.Rows {
		out.Orders[i] = a.order(&found.Rows[i])
	}
	r := fromLake(found.AsOf, out)
	r.partial = p.to > a.now()
	return r, nil
}

func (a *API) order(o *lookup.Order) OrderEntry {
	return OrderEntry{
		TransactionID: o.TransactionID, RefundID: known(o.RefundID), Status: string(o.Status), At: a.local(o.At), ReceivedAt: a.local(o.ReceivedAt),
		VisitorID: o.VisitorID, UserID: known(o.UserID), Country: known(o.Country), Device: known(o.Device), Payment: known(o.Payment), CartID: known(o.CartID),
		Lines: o.LineCount, Units: o.Units, OrderCurrency: o.Currency, SubtotalMinor: o.SubtotalMinor, DiscountMinor: o.DiscountMinor,
		ShippingMinor: o.ShippingMinor, TaxMinor: o.TaxMinor, TotalMinor: o.TotalMinor, BaseTotalMinor: o.BaseTotalMinor,
	}
}

type orderInput struct {
	TransactionID string `path:"transaction_id" minLength:"1" maxLength:"100" example:"T00000042" doc:"As the events name it."`
	From          string `query:"from" example:"2026-03-01" doc:"Not before it: RFC 3339, or a day of the shop. Absent: 400 days ago. The nearer, the sooner it is known that there is none."`
	To            string `query:"to" example:"2026-03-02" doc:"Before it. Absent: now."`
}

// OrderLine is a line of an order.
type OrderLine struct {
	ProductID       string      `json:"product_id"`
	Category        *string     `json:"category"`
	Quantity        int64       `json:"quantity"`
	UnitPriceMinor  event.Minor `json:"unit_price_minor"`
	DiscountMinor   event.Minor `json:"discount_minor"`
	AmountMinor     event.Minor `json:"amount_minor" doc:"After the discount."`
	BaseAmountMinor event.Minor `json:"base_amount_minor" doc:"In meta.currency, after a share of the order's discount: what revenue counts."`
}

// OrderEvent is what was said of an order, with its lines.
type OrderEvent struct {
	EventID string `json:"event_id"`
	OrderEntry
	Items []OrderLine `json:"items" nullable:"false" doc:"Of a refund, what was given back."`
}

// OrderDetail is an order.
type OrderDetail struct {
	TransactionID string       `json:"transaction_id"`
	Events        []OrderEvent `json:"events" nullable:"false" doc:"The oldest first: attempts, the order, its refunds."`
	PaidMinor     event.Minor  `json:"base_total_minor" doc:"Of the completed order, in meta.currency; 0 without."`
	RefundedMinor event.Minor  `json:"base_refunded_minor" doc:"Of its refunds, likewise."`
}

func (a *API) addOrder() {
	op := huma.Operation{
		OperationID: "order", Path: "/api/v1/orders/{transaction_id}", Tags: []string{"orders"},
		Summary: "One order with its lines and refunds",
		Description: "From the lake. Days are looked through from the newest on, in each only the numbers of the orders: about 10 ms for a day of 100,000 orders, so some seconds for one of a year ago; from and to make it quicker. " +
			"404 if it is not there, or not yet: the lake has an order some minutes after it was made.",
	}
	answerFrom(a, op, sourceLake, a.orderDetail("T00000042", []lookup.Order{exampleOrder}), a.oneOrder)
}

func (a *API) oneOrder(ctx context.Context, in *orderInput) (reply[OrderDetail], error) {
	from, to, errs := a.parseBounds(in.From, in.To)
	if errs != nil {
		return reply[OrderDetail]{}, invalid(errs...)
	}
	to = min(to, a.now()+dayMS)
	from = max(from, to-maxRange)
	found, err := a.deps.Lake.Order(ctx, in.TransactionID, from, to)
	if errors.Is(err, lookup.ErrNotFound) {
		return reply[OrderDetail]{}, huma.Error404NotFound("There is no order " + in.TransactionID + " in the lake from " + a.local(from).Format(time.RFC3339) + " on, or not yet: it takes some minutes.")
	}
	if err != nil {
		return reply[OrderDetail]{}, fmt.Errorf("api: an order: %w", err)
	}
	return fromLake(found.AsOf, a.orderDetail(in.TransactionID, found.Rows)), nil
}

func (a *API) orderDetail(id string, events []lookup.Order) OrderDetail {
	out := OrderDetail{TransactionID: id, Events: make([]OrderEvent, len(events))}
	for i := range events {
		o := &events[i]
		e := OrderEvent{EventID: o.EventID, OrderEntry: a.order(o), Items: make([]OrderLine, len(o.Lines))}
		for k, l := range o.Lines {
			e.Items[k] = OrderLine{l.ProductID, known(l.Category), l.Quantity, l.UnitPriceMinor, l.DiscountMinor, l.AmountMinor, l.BaseAmountMinor}
		}
		switch out.Events[i] = e; o.Status {
		case event.StatusCompleted:
			out.PaidMinor += o.BaseTotalMinor
		case event.StatusRefunded:
			out.RefundedMinor += o.BaseTotalMinor
		default:
		}
	}
	return out
}
