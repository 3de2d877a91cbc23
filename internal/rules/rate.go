package rules

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"globalmart/internal/event"
)

// Rate is an exchange rate as an exact decimal: billionths of the reporting
// currency for one unit of another. 1_270_000_000 is 1.27. It is written as a
// decimal with at most nine places, never held as a float.
type Rate int64

const (
	ratePlaces = 9
	rateOne    = 1_000_000_000
	rateWhole  = 9 // digits before the point, so that a rate fits an int64
)

var errRate = fmt.Errorf("want a decimal above 0 with at most %d digits before and %d after the point, such as 1.27", rateWhole, ratePlaces)

// ParseRate reads a rate such as "1.27". It refuses signs, exponents, more
// places than are kept, and zero.
func ParseRate(s string) (Rate, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || len(whole) > rateWhole || (point && fraction == "") || len(fraction) > ratePlaces {
		return 0, fmt.Errorf("%q is not a rate: %w", s, errRate)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", ratePlaces-len(fraction)), 10, 63)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a rate: %w", s, errRate)
	}
	return Rate(n), nil
}

// String returns r as a decimal without trailing zeros.
func (r Rate) String() string {
	s := fmt.Sprintf("%d.%09d", int64(r)/rateOne, int64(r)%rateOne)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Convert returns amount, in minor units of currency, in minor units of the
// reporting currency: rounded half away from zero, so that an amount and its
// negative stay negatives of each other. An amount in the reporting currency is
// returned as it is. It reports false, with [event.NoAmount], if there is no
// rate for currency, and if the result would exceed [event.MaxAmount].
func (r Rules) Convert(amount event.Minor, currency string) (event.Minor, bool) {
	if currency == r.Currency {
		return amount, amount != event.NoAmount
	}
	rate, known := r.Rates[currency]
	from, fromOK := Exponent(currency)
	to, toOK := Exponent(r.Currency)
	if !known || rate <= 0 || !fromOK || !toOK || amount == event.NoAmount {
		return event.NoAmount, false
	}
	up, down := powersOfTen[to], rateOne*powersOfTen[from]
	magnitude, negative := uint64(amount), amount < 0
	if negative {
		magnitude = -magnitude
	}
	converted, err := scale(magnitude, uint64(rate), up, down)
	if err != nil {
		return event.NoAmount, false
	}
	if negative {
		return -event.Minor(converted), true
	}
	return event.Minor(converted), true
}

var powersOfTen = [...]uint64{1, 10, 100, 1_000, 10_000}

var errTooLarge = errors.New("amount too large")

// scale returns a·b·up/down rounded half up, or an error if that exceeds
// event.MaxAmount. down must be below 2^63.
func scale(a, b, up, down uint64) (uint64, error) {
	hi, lo := bits.Mul64(a, b)
	over, hi := bits.Mul64(hi, up)
	carry, lo := bits.Mul64(lo, up)
	hi, c := bits.Add64(hi, carry, 0)
	// A quotient that would not fit 64 bits is far above MaxAmount.
	if over != 0 || c != 0 || hi >= down {
		return 0, errTooLarge
	}
	quotient, rest := bits.Div64(hi, lo, down)
	if rest >= down-rest {
		quotient++
	}
	if quotient > uint64(event.MaxAmount) {
		return 0, errTooLarge
	}
	return quotient, nil
}
