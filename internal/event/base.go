package event

// SetBase sets the base amounts of a transaction by convert, which turns an amount of
// a currency into the reporting currency. The total is converted once, and so is what
// the goods cost after the order's discount, which is shared among the lines by
// [Share], so that the lines add up to it. Where convert reports false, for want of a
// rate, all base amounts become [NoAmount].
func (e *Event) SetBase(convert func(Minor, string) (Minor, bool)) {
	total, ok := convert(e.TotalMinor, e.Currency)
	goods, okGoods := convert(max(e.SubtotalMinor-e.DiscountMinor, 0), e.Currency)
	if !ok || !okGoods {
		e.BaseTotalMinor = NoAmount
		for i := range e.Items {
			e.Items[i].BaseAmountMinor = NoAmount
		}
		return
	}
	e.BaseTotalMinor = total
	amounts, parts := make([]Minor, len(e.Items)), make([]Minor, len(e.Items))
	for i := range e.Items {
		amounts[i] = e.Items[i].AmountMinor
	}
	Share(goods, amounts, parts)
	for i := range e.Items {
		e.Items[i].BaseAmountMinor = parts[i]
	}
}
