package shop

import "math"

// alias draws from a fixed distribution in constant time: Walker's alias
// method, built as in Vose, "A linear algorithm for generating random numbers
// with a given distribution" (1991).
type alias struct{ column []column }

// column keeps its own number with probability keep/2^32, else other's.
type column struct{ keep, other uint32 }

// zipfWeights returns r^-s for the ranks 1 to n, scaled to add up to n.
func zipfWeights(n int, s float64) []float64 {
	w := make([]float64, n)
	var sum float64
	for i := range w {
		w[i] = math.Pow(float64(i+1), -s)
		sum += w[i]
	}
	for i := range w {
		w[i] *= float64(n) / sum
	}
	return w
}

// newAlias returns a sampler of weights that add up to their number.
func newAlias(weights []float64) alias {
	n := len(weights)
	a := alias{make([]column, n)}
	left := append([]float64(nil), weights...)
	var small, large []uint32
	for i := range n {
		a.column[i] = column{keep: math.MaxUint32, other: uint32(i)}
		if left[i] < 1 {
			small = append(small, uint32(i))
		} else {
			large = append(large, uint32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.column[s] = column{keep: uint32(left[s] * math.MaxUint32), other: l}
		left[l] -= 1 - left[s]
		if left[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	return a
}

// pick returns a number below the number of weights. It uses the high bits of h
// for the column and the low ones for the choice in it.
func (a alias) pick(h uint64) int {
	i := scale(h, uint64(len(a.column)))
	if c := a.column[i]; uint32(h) > c.keep {
		return int(c.other)
	}
	return int(i)
}
