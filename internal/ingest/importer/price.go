package importer

import (
	"math/bits"
	"strconv"
	"strings"

	"globalmart/internal/event"
)

// price is an exact amount in millionths of a pound or dollar: Online Retail has
// prices of a tenth of a penny.
type price int64

const (
	pricePlaces    = 6
	priceWhole     = 9 // digits before the point
	pricePerPenny  = 10_000
	priceExpected  = "a decimal with at most 9 digits before and 6 after the point"
	maxPennyAmount = uint64(event.MaxAmount)
)

// parsePrice reads a decimal such as 2.55. It takes no sign but a minus, which
// the caller refuses by name, no exponent and no other separators.
func parsePrice(s string) (p price, ok bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if point && fraction == "" {
		return 0, false
	}
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" || len(whole) > priceWhole || len(fraction) > pricePlaces {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+fraction+"000000"[len(fraction):], 10, 63)
	if err != nil {
		return 0, false
	}
	if negative {
		return -price(n), true
	}
	return price(n), true
}

// times returns quantity × p in pence, rounded half up. Neither may be
// negative. It reports false if that is over event.MaxAmount.
func (p price) times(quantity int64) (event.Minor, bool) {
	hi, lo := bits.Mul64(uint64(p), uint64(quantity))
	lo, carry := bits.Add64(lo, pricePerPenny/2, 0)
	hi += carry
	if hi >= pricePerPenny {
		return 0, false
	}
	pence, _ := bits.Div64(hi, lo, pricePerPenny)
	if pence > maxPennyAmount {
		return 0, false
	}
	return event.Minor(pence), true
}

// pence returns p rounded half up.
func (p price) pence() event.Minor { return event.Minor((p + pricePerPenny/2) / pricePerPenny) }
