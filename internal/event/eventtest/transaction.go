package eventtest

import (
	"pgregory.net/rapid"

	"globalmart/internal/event"
)

// Transaction draws an order or a refund whose amounts add up.
func Transaction(t *rapid.T) event.Event {
	e := visit(t, event.TypeTransaction)
	e.TransactionID = id(t, "transaction_id", event.MaxIDLength)
	e.Status = rapid.SampledFrom([]event.Status{
		event.StatusCompleted, event.StatusCompleted, event.StatusRefunded,
		event.StatusFailed, event.StatusPending, event.StatusCancelled,
	}).Draw(t, "status")
	least := 0
	if e.Status == event.StatusCompleted || e.Status == event.StatusRefunded {
		least = 1
	}
	if e.Status == event.StatusRefunded {
		e.RefundID = id(t, "refund_id", event.MaxIDLength)
		e.Restock = rapid.Bool().Draw(t, "restock")
	}
	e.CartID = maybe(t, "cart_id", ids(event.MaxIDLength))
	e.Currency = rapid.SampledFrom([]string{"USD", "EUR", "JPY"}).Draw(t, "currency")
	e.PaymentMethod = maybe(t, "payment_method", rapid.SampledFrom([]string{"card", "paypal", "invoice"}))
	e.Items = rapid.SliceOfN(rapid.Custom(line), least, 6).Draw(t, "items")
	price(t, &e)
	return e
}

func line(t *rapid.T) event.Item {
	item := event.Item{
		ProductID:      id(t, "product_id", event.MaxIDLength),
		Category:       maybe(t, "category", text(event.MaxTextLength)),
		Quantity:       rapid.Int64Range(1, 1000).Draw(t, "quantity"),
		UnitPriceMinor: event.Minor(rapid.Int64Range(0, 1e9).Draw(t, "unit_price_minor")),
	}
	gross := event.Minor(item.Quantity) * item.UnitPriceMinor
	item.DiscountMinor = event.Minor(rapid.Int64Range(0, int64(gross)).Draw(t, "discount_minor"))
	item.AmountMinor = gross - item.DiscountMinor
	return item
}

// price adds up the lines of e and converts them at a rate.
func price(t *rapid.T, e *event.Event) {
	for i := range e.Items {
		e.SubtotalMinor += e.Items[i].AmountMinor
	}
	e.DiscountMinor = event.Minor(rapid.Int64Range(0, int64(e.SubtotalMinor)).Draw(t, "discount_minor"))
	e.ShippingMinor = event.Minor(rapid.Int64Range(0, 5000).Draw(t, "shipping_minor"))
	e.TaxMinor = event.Minor(rapid.Int64Range(0, 1e6).Draw(t, "tax_minor"))
	net := e.SubtotalMinor - e.DiscountMinor
	e.TotalMinor = net + e.ShippingMinor + e.TaxMinor

	percent := event.Minor(rapid.Int64Range(50, 150).Draw(t, "rate"))
	weights, shares := make([]event.Minor, len(e.Items)), make([]event.Minor, len(e.Items))
	for i := range e.Items {
		weights[i] = e.Items[i].AmountMinor
	}
	base := net * percent / 100
	event.Share(base, weights, shares)
	for i := range e.Items {
		e.Items[i].BaseAmountMinor = shares[i]
	}
	e.BaseTotalMinor = base + (e.ShippingMinor+e.TaxMinor)*percent/100
}
