package collector

import (
	"math/bits"
	"strconv"
	"strings"

	"globalmart/internal/event"
)

// decimal is a number as it was written: digits · 10^-places, and its sign.
type decimal struct {
	digits   uint64 // below 10^18
	places   int    // 0 to maxPlaces
	negative bool
}

const (
	maxDigits = 18 // that fit digits; JavaScript writes 17 at most
	maxPlaces = 19 // 10^19 fits 64 bits
)

// parseDecimal reads a number of JSON, such as 27.5, -1 or 1e3, exactly but for places
// after the first 18 digits or 19 places, which are cut off. It refuses numbers of 10^18
// and more.
func parseDecimal(s string) (d decimal, ok bool) {
	s = strings.TrimSpace(s)
	mantissa, exponent := s, 0
	e := strings.IndexByte(s, 'e')
	if e < 0 {
		e = strings.IndexByte(s, 'E')
	}
	if e >= 0 {
		n, err := strconv.Atoi(s[e+1:])
		if err != nil || n < -1000 || n > 1000 {
			return d, false
		}
		mantissa, exponent = s[:e], n
	}
	mantissa, d.negative = strings.CutPrefix(mantissa, "-")
	whole, fraction, point := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || point && fraction == "" || !areDigits(digits) {
		return d, false
	}
	digits = strings.TrimLeft(digits, "0")
	places := len(fraction) - exponent
	if cut := min(len(digits), max(len(digits)-maxDigits, places-maxPlaces, 0)); cut > 0 {
		if places-cut < 0 {
			return d, false
		}
		digits, places = digits[:len(digits)-cut], places-cut
	}
	if digits == "" {
		return decimal{}, true
	}
	if d.digits, _ = strconv.ParseUint(digits, 10, 64); places >= 0 { // it is of at most 18 digits
		d.places = places
		return d, true
	}
	if len(digits)-places > maxDigits {
		return d, false
	}
	d.digits *= powersOfTen[-places]
	return d, true
}

func areDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

var powersOfTen = func() (p [maxPlaces + 1]uint64) {
	p[0] = 1
	for i := range maxPlaces {
		p[i+1] = 10 * p[i]
	}
	return p
}()

// times returns quantity · d in units of 10^-exponent, rounded half away from zero, or
// [event.NoAmount] if that is more than [event.MaxAmount]. quantity is 0 or more, exponent
// 0 to 4.
func (d decimal) times(quantity int64, exponent int) event.Minor {
	hi, lo := bits.Mul64(d.digits, uint64(quantity))
	if d.places <= exponent {
		if hi > 0 {
			return event.NoAmount
		}
		if hi, lo = bits.Mul64(lo, powersOfTen[exponent-d.places]); hi > 0 {
			return event.NoAmount
		}
	} else {
		unit := powersOfTen[d.places-exponent]
		if hi >= unit {
			return event.NoAmount
		}
		var rest uint64
		if lo, rest = bits.Div64(hi, lo, unit); rest >= unit-rest {
			lo++
		}
	}
	switch {
	case lo > uint64(event.MaxAmount):
		return event.NoAmount
	case d.negative:
		return -event.Minor(lo)
	}
	return event.Minor(lo)
}

// integer returns d if it is a whole number of at most [event.MaxQuantity] either way.
func (d decimal) integer() (int64, bool) {
	unit := powersOfTen[d.places]
	n := d.digits / unit
	if d.digits%unit != 0 || n > uint64(event.MaxQuantity) {
		return 0, false
	}
	if d.negative {
		return -int64(n), true
	}
	return int64(n), true
}
