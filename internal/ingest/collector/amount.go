package collector

import (
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/rules"
)

// unreadable is a count or an amount that cannot be read: no event may have one below 0.
const unreadable = -1

// currency returns the currency that an event states, else the shop's, and the places of
// its minor unit.
func (t *intake) currency(properties value) (code string, exponent int) {
	code = strings.ToUpper(strings.TrimSpace(properties.member("currency").text()))
	if code == "" {
		code = t.base
	}
	exponent, known := rules.Exponent(code)
	if !known {
		exponent = 2 // it is refused: there is no rate
	}
	return code, exponent
}

// amount reads quantity · v in minor units: unreadable, or another amount below 0, if no
// event may have it. It is not given if v is absent or an empty text.
func amount(v value, quantity int64, exponent int) (m event.Minor, given bool) {
	if v.isEmpty() {
		return 0, false
	}
	d, ok := parseDecimal(v.text())
	if !ok {
		return unreadable, true
	}
	if m = d.times(max(quantity, 0), exponent); m == event.NoAmount {
		m = unreadable
	}
	return m, true
}

// count reads a number of units; absent is 1.
func count(v value) int64 {
	if v.isEmpty() {
		return 1
	}
	d, ok := parseDecimal(v.text())
	if !ok {
		return unreadable
	}
	n, ok := d.integer()
	if !ok {
		return unreadable
	}
	return n
}

// basePrice reads the price of one unit, in the reporting currency: 0 if it is not given,
// or there is no rate for it.
func (t *intake) basePrice(p value) event.Minor {
	code, exponent := t.currency(p)
	price, _ := amount(p.member("price"), 1, exponent)
	if price < 0 {
		return price // it is refused
	}
	base, ok := t.convert(price, code)
	if !ok {
		return 0
	}
	return base
}
