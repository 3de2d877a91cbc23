package event

import (
	"math/bits"
	"slices"
)

// Share shares total out in proportion to weights: out[i] becomes the part of
// weights[i], and the parts add up to total exactly. It is the method of
// largest remainders (Hamilton's): each part is cut to a whole number towards
// zero and what is left goes, one unit each, to the largest remainders, the
// lower index first among equals. A negative total is shared as its opposite.
// Negative weights count as zero. Without any positive weight the first part
// gets all; without parts nothing is shared.
//
// It is exact while the weights add up to less than 2^64; beyond, the weights
// are rounded first, the sum staying exact. It does not allocate for up to 64
// parts. It panics if weights and out differ in length.
func Share(total Minor, weights, out []Minor) {
	if len(weights) != len(out) {
		panic("event: share: weights and parts differ in number")
	}
	if len(out) == 0 {
		return
	}
	sum, shift := weigh(weights)
	if sum == 0 {
		clear(out)
		out[0] = total
		return
	}
	units := uint64(total)
	if total < 0 {
		units = -units
	}
	var local [64]remainder
	rests := slices.Grow(local[:0], len(out))
	left := units
	for i, w := range weights {
		hi, lo := bits.Mul64(units, uint64(max(w, 0))>>shift)
		part, rest := bits.Div64(hi, lo, sum) // hi < sum: the part is at most units
		out[i] = Minor(part)
		left -= part
		rests = append(rests, remainder{rest, i})
	}
	slices.SortFunc(rests, remainder.compare)
	for _, r := range rests[:left] {
		out[r.index]++
	}
	if total < 0 {
		for i := range out {
			out[i] = -out[i]
		}
	}
}

// remainder is what was cut off a part, in units of 1/sum.
type remainder struct {
	rest  uint64
	index int
}

// compare puts larger remainders first, then lower indexes.
func (a remainder) compare(b remainder) int {
	switch {
	case a.rest != b.rest && a.rest > b.rest, a.rest == b.rest && a.index < b.index:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// weigh returns the sum of the weights after shifting each right by shift, the
// least that makes the sum fit.
func weigh(weights []Minor) (sum uint64, shift uint) {
	var hi, lo uint64
	for _, w := range weights {
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(max(w, 0)), 0)
		hi += carry
	}
	if hi == 0 {
		return lo, 0
	}
	shift = uint(bits.Len64(hi))
	for _, w := range weights {
		sum += uint64(max(w, 0)) >> shift
	}
	return sum, shift
}
