package processor

import (
	"math/bits"

	"globalmart/internal/event"
)

// Buckets are 1 wide below 64, exact, and above that 32 to an octave: a bucket
// is at most a 32nd of its value wide, so what is taken from its middle is at
// most 1.6 % off.
const (
	octaveBits = 5
	perOctave  = 1 << octaveBits
)

// buckets is how many there are up to the largest amount of an event.
var buckets = bucketOf(int64(event.MaxAmount)) + 1

// bucketOf returns the bucket of x, which must be above 0.
func bucketOf(x int64) int {
	if x < 2*perOctave {
		return int(x)
	}
	shift := bits.Len64(uint64(x)) - octaveBits - 1
	return shift<<octaveBits + int(x>>shift)
}

// middleOf returns the value in the middle of bucket i.
func middleOf(i int) int64 {
	if i < 2*perOctave {
		return int64(i)
	}
	shift := i>>octaveBits - 1
	least := int64(i-shift<<octaveBits) << shift
	return least + int64(1)<<shift>>1
}

// histogram counts values by bucket. The zero value is empty.
type histogram struct {
	low    int      // bucket of counts[0]
	counts []uint32 // a value each
	n      int64
}

// add counts a value of bucket i.
func (h *histogram) add(i int) {
	switch {
	case len(h.counts) == 0:
		h.low = i
		h.counts = make([]uint32, 1, 16)
	case i < h.low:
		wider := make([]uint32, h.low-i+len(h.counts))
		copy(wider[h.low-i:], h.counts)
		h.low, h.counts = i, wider
	}
	for i >= h.low+len(h.counts) {
		h.counts = append(h.counts, 0)
	}
	h.counts[i-h.low]++
	h.n++
}

// pool adds up histograms.
type pool struct {
	counts []uint64 // by bucket
	n      int64
}

func newPool() pool { return pool{counts: make([]uint64, buckets)} }

func (p *pool) clear() {
	clear(p.counts)
	p.n = 0
}

func (p *pool) add(h *histogram) {
	for i, c := range h.counts {
		p.counts[h.low+i] += uint64(c)
	}
	p.n += h.n
}

// median returns the bucket of the median, of an even number of values the lower
// one. The pool must not be empty.
func (p *pool) median() int {
	rank := uint64(p.n+1) / 2
	for i, c := range p.counts {
		if c >= rank {
			return i
		}
		rank -= c
	}
	panic("processor: a pool has fewer values than it says")
}

// deviation returns the median of |ln x - ln m|, m being the middle of bucket
// at: the values are met in the order of their distance from it.
func (p *pool) deviation(at int) nano {
	middle := lnOf(middleOf(at))
	rank := uint64(p.n+1) / 2
	below, above := p.before(at), p.after(at)
	distance := nano(0)
	for c := p.counts[at]; c < rank; {
		rank -= c
		var down, up nano = 1 << 62, 1 << 62
		if below >= 0 {
			down = middle - lnOf(middleOf(below))
		}
		if above < len(p.counts) {
			up = lnOf(middleOf(above)) - middle
		}
		if down <= up {
			distance, c = down, p.counts[below]
			below = p.before(below)
		} else {
			distance, c = up, p.counts[above]
			above = p.after(above)
		}
	}
	return distance
}

// before returns the next bucket below i that is not empty, or -1.
func (p *pool) before(i int) int {
	i--
	for i >= 0 && p.counts[i] == 0 {
		i--
	}
	return i
}

// after returns the next bucket above i that is not empty, or how many there are.
func (p *pool) after(i int) int {
	i++
	for i < len(p.counts) && p.counts[i] == 0 {
		i++
	}
	return i
}
