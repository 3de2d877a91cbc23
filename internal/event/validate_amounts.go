package event

import (
	"fmt"
	"unsafe"
)

// checkItems checks the lines of a transaction but for their amounts.
func (e *Event) checkItems(plain bool) *Invalid {
	if len(e.Items) == 0 && e.Status == StatusCompleted {
		return &Invalid{BadSchema, "items", "empty, want at least one line"}
	}
	for i := range e.Items {
		item := &e.Items[i]
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			return outOfRange(itemPath(i, "quantity"), item.Quantity, 1, MaxQuantity)
		}
		if len(item.ProductID) > MaxIDLength || len(item.Category) > MaxTextLength || !plain {
			if invalid := item.checkTexts(i); invalid != nil {
				return invalid
			}
		}
	}
	return nil
}

// checkTexts checks the texts of line i.
func (item *Item) checkTexts(i int) *Invalid {
	base := unsafe.Pointer(item)
	for j := range itemFields.texts[0] {
		t := &itemFields.texts[0][j]
		if s := *at[string](base, uintptr(t.offset)); !t.good(s, false) {
			return t.field.bad(itemPath(i, "")+".", s)
		}
	}
	return nil
}

// checkAmounts checks the money of e.
func (e *Event) checkAmounts(ti typeIndex) *Invalid {
	switch ti {
	case indexTransaction:
		return e.checkOrder()
	case indexProductView, indexCartEvent:
		return checkAmount("unit_price_minor", e.UnitPriceMinor)
	case indexProduct:
		if invalid := checkAmount("price_minor", e.PriceMinor); invalid != nil {
			return invalid
		}
		return checkAmount("cost_minor", e.CostMinor)
	default:
		return nil
	}
}

// inRange reports whether an amount is neither negative nor too large.
func (m Minor) inRange() bool { return uint64(m) <= uint64(MaxAmount) }

func checkAmount(name string, m Minor) *Invalid {
	if m.inRange() {
		return nil
	}
	if m == NoAmount {
		return &Invalid{BadAmount, name, "no amount"}
	}
	return &Invalid{BadAmount, name, fmt.Sprintf("found %d, want 0 to %d", m, MaxAmount)}
}

// orderSums are the sums over the lines of an order.
type orderSums struct {
	amount, base Minor
}

// checkOrder checks the money of a transaction: that a refund says what it gives back,
// that base amounts are there, then each amount, then that they add up.
func (e *Event) checkOrder() *Invalid {
	if e.NamesNoLines() {
		return &Invalid{UnknownOrder, "items", fmt.Sprintf("empty, and order %s was not known when the refund came: want the lines given back", quote(e.TransactionID))}
	}
	var sums orderSums
	good, rates := true, e.BaseTotalMinor != NoAmount
	for i := range e.Items {
		item := &e.Items[i]
		rates = rates && item.BaseAmountMinor != NoAmount
		good = good && item.UnitPriceMinor.inRange() && item.DiscountMinor.inRange() &&
			item.AmountMinor.inRange() && item.BaseAmountMinor.inRange()
		sums.amount += item.AmountMinor
		sums.base += item.BaseAmountMinor
	}
	good = good && e.SubtotalMinor.inRange() && e.DiscountMinor.inRange() && e.ShippingMinor.inRange() &&
		e.TaxMinor.inRange() && e.TotalMinor.inRange() && e.BaseTotalMinor.inRange()
	switch {
	case !rates:
		return e.noRate()
	case !good:
		return e.badAmount()
	}
	return e.checkSums(sums)
}

// checkSums checks that the amounts of e, all in range, agree.
func (e *Event) checkSums(sums orderSums) *Invalid {
	total := e.SubtotalMinor - e.DiscountMinor + e.ShippingMinor + e.TaxMinor
	extras := e.ShippingMinor + e.TaxMinor
	switch {
	case sums.amount != e.SubtotalMinor:
		return &Invalid{BadAmount, "subtotal_minor", fmt.Sprintf("found %d, the lines' amount_minor add up to %d", e.SubtotalMinor, sums.amount)}
	case total != e.TotalMinor:
		return &Invalid{BadAmount, "total_minor", fmt.Sprintf("found %d, subtotal - discount + shipping + tax is %d", e.TotalMinor, total)}
	case sums.base > e.BaseTotalMinor:
		return &Invalid{BadAmount, "base_total_minor", fmt.Sprintf("found %d, the lines' base_amount_minor add up to more: %d", e.BaseTotalMinor, sums.base)}
	case extras == 0 && sums.base != e.BaseTotalMinor:
		return &Invalid{BadAmount, "base_total_minor", fmt.Sprintf("found %d, the lines' base_amount_minor add up to %d and there is neither shipping nor tax", e.BaseTotalMinor, sums.base)}
	}
	return nil
}

// noRate says which base amount is missing.
func (e *Event) noRate() *Invalid {
	name := "base_total_minor"
	for i := range e.Items {
		if e.BaseTotalMinor != NoAmount && e.Items[i].BaseAmountMinor == NoAmount {
			name = itemPath(i, "base_amount_minor")
			break
		}
	}
	return &Invalid{NoRate, name, fmt.Sprintf("missing: the ingest knew no exchange rate for %s", quote(e.Currency))}
}

// badAmount says which amount of a transaction is out of range.
func (e *Event) badAmount() *Invalid {
	if invalid := badAmountOf(eventFields.byType[indexTransaction], unsafe.Pointer(e)); invalid != nil {
		return invalid
	}
	for i := range e.Items {
		if invalid := badAmountOf(itemFields.byType[0], unsafe.Pointer(&e.Items[i])); invalid != nil {
			invalid.Field = itemPath(i, invalid.Field)
			return invalid
		}
	}
	return nil
}

// badAmountOf checks the amounts among fields of the struct at base.
func badAmountOf(fields []*field, base unsafe.Pointer) *Invalid {
	for _, f := range fields {
		if !f.money {
			continue
		}
		if invalid := checkAmount(f.name, *at[Minor](base, f.offset)); invalid != nil {
			return invalid
		}
	}
	return nil
}
