package lake

import (
	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
)

// transaction adds a row for each line, or one if there are none.
func (m *rower) transaction(w *flat.Writer, r *record, e *event.Event) {
	c := w.Columns()
	c[txLine].Int32(0)
	order(c, e)
	c[txSubtotal].Int64(int64(e.SubtotalMinor))
	c[txDiscount].Int64(int64(e.DiscountMinor))
	c[txShipping].Int64(int64(e.ShippingMinor))
	c[txTax].Int64(int64(e.TaxMinor))
	c[txTotal].Int64(int64(e.TotalMinor))
	amount(&c[txBaseTotal], e.BaseTotalMinor)
	c[txIsOrder].Int32(flag(e.Status == event.StatusCompleted))
	if len(e.Items) == 0 {
		for i := txProduct; i < txIsProductOrder; i++ {
			c[i].Null()
		}
		c[txIsProductOrder].Int32(0)
		w.EndRow()
		return
	}
	m.line(c, e, 0)
	w.EndRow()
	for i := 1; i < len(e.Items); i++ {
		m.furtherLine(c, r, e, i)
		w.EndRow()
	}
}

// furtherLine sets a row for line i: what says whose it is again, and nothing
// that would count the record or its amounts twice.
func (m *rower) furtherLine(c []flat.Column, r *record, e *event.Event, i int) {
	c[colPartition].Int32(r.partition)
	c[colOffset].Int64(r.offset)
	c[colReceived].Int64(int64(r.time))
	for _, at := range [...]int{colRawTime, colKey, colRawKey, colHeaders, colJSON, colRaw, colReason} {
		c[at].Null()
	}
	c[colValid].Bool(true)
	m.identity(c, e)
	c[txLine].Int32(int32(i))
	order(c, e)
	for at := txSubtotal; at <= txBaseTotal; at++ {
		c[at].Null()
	}
	c[txIsOrder].Int32(0)
	m.line(c, e, i)
}

// order sets what says which order it is.
func order(c []flat.Column, e *event.Event) {
	c[txID].Text(e.TransactionID)
	c[txStatus].Word(string(e.Status))
	c[txRefundID].Text(e.RefundID)
	c[txRestock].Bool(e.Restock)
	c[txCurrency].Word(e.Currency)
	c[txPayment].Word(e.PaymentMethod)
	c[txCart].Text(e.CartID)
}

func (m *rower) line(c []flat.Column, e *event.Event, i int) {
	item := &e.Items[i]
	c[txProduct].Text(item.ProductID)
	c[txCategory].Word(item.Category)
	c[txQuantity].Int64(item.Quantity)
	c[txUnitPrice].Int64(int64(item.UnitPriceMinor))
	c[txLineDiscount].Int64(int64(item.DiscountMinor))
	c[txAmount].Int64(int64(item.AmountMinor))
	amount(&c[txBaseAmount], item.BaseAmountMinor)
	c[txIsProductOrder].Int32(flag(e.Status == event.StatusCompleted && m.firstOf(e, i)))
}

// longOrder is how many lines are compared one by one.
const longOrder = 32

// firstOf reports whether line i is the first of its product in the order.
func (m *rower) firstOf(e *event.Event, i int) bool {
	if len(e.Items) <= longOrder {
		for k := range i {
			if e.Items[k].ProductID == e.Items[i].ProductID {
				return false
			}
		}
		return true
	}
	if i == 0 {
		m.seen = make(map[string]bool, len(e.Items))
	}
	first := !m.seen[e.Items[i].ProductID]
	m.seen[e.Items[i].ProductID] = true
	return first
}

// amount sets a base amount, which may be missing.
func amount(c *flat.Column, a event.Minor) {
	if a == event.NoAmount {
		c.Null()
		return
	}
	c.Int64(int64(a))
}

func flag(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}
