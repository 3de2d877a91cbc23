package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Milli is an exact decimal with three places: 3500 is 3.5. It is written as a
// decimal, never held as a float.
type Milli int64

const (
	milliPlaces = 3
	milliOne    = 1_000
	milliWhole  = 6 // digits before the point
)

var errMilli = errors.New("want a decimal above 0 with at most 6 digits before and 3 after the point, such as 3.5")

// ParseMilli reads a decimal such as "3.5". It refuses signs, exponents, more
// places than are kept, and zero.
func ParseMilli(s string) (Milli, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || len(whole) > milliWhole || (point && fraction == "") || len(fraction) > milliPlaces {
		return 0, fmt.Errorf("found %q, %w", s, errMilli)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", milliPlaces-len(fraction)), 10, 63)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("found %q, %w", s, errMilli)
	}
	return Milli(n), nil
}

// Float returns m as a number, for formulas whose result is no money.
func (m Milli) Float() float64 { return float64(m) / milliOne }

// String returns m as a decimal without trailing zeros.
func (m Milli) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := fmt.Sprintf("%s%d.%03d", sign, int64(m)/milliOne, int64(m)%milliOne)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
