package processor

import "math/bits"

// nano is a natural logarithm in billionths.
type nano int64

const (
	lnBits   = 34                 // of the fraction of the logarithm to base 2
	lnTwo    = 0xB17217F7D1CF79AC // ln 2 times 2^64
	nanoUnit = 1_000_000_000
)

// lnOf returns ln x, cut to billionths; x must be at least 1. It is computed in
// integers (the logarithm to base 2 by repeated squaring, one bit at a time), for
// the last bits of a float's logarithm depend on the machine, and those of a
// score must not. It never falls as x rises.
func lnOf(x int64) nano {
	n := bits.Len64(uint64(x)) - 1
	y := uint64(x) << (63 - n) // x / 2^n, in [1, 2), as a fraction of 2^63
	log := uint64(n)
	for range lnBits {
		hi, lo := bits.Mul64(y, y) // in [1, 4), of 2^126
		log <<= 1
		if hi >= 1<<63 {
			log |= 1
			y = hi
		} else {
			y = hi<<1 | lo>>63
		}
	}
	ln, _ := bits.Mul64(log, lnTwo)
	hi, lo := bits.Mul64(ln, nanoUnit)
	return nano(hi<<(64-lnBits) | lo>>lnBits)
}
