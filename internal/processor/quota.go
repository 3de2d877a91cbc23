package processor

import (
	"encoding/binary"
	"math"
)

// quota says which lines of a day count for baselines: of each product the first
// few. The lines of one product are not as many separate words on what is usual in
// a category, and a product that sells like no other would otherwise be all that
// its category is held against. Statisticians call such groups of values, whose
// number goes with what they say, informative clusters, and give each group the
// same weight (Hoffman, Sen and Weinberg, Within-cluster resampling, Biometrika
// 88(4), 2001; Williamson, Datta and Satten, Marginal analyses of clustered data
// when cluster size is informative, Biometrics 59(1), 2003).
//
// Lines are counted by a hash of the product that is short and the same
// everywhere: it takes 64 KiB whatever comes, and a replay counts the same lines.
// Products with one hash share what they may have; a shop that sells so many
// products a day that this happens often has lines enough.
type quota struct {
	most  uint8
	lines []uint8 // by hash, of this day
}

const quotaBits = 16

func newQuota(most int) quota {
	return quota{most: uint8(most), lines: make([]uint8, 1<<quotaBits)}
}

// take reports whether another line of a product counts today.
func (q *quota) take(product string) bool {
	n := &q.lines[shortHash(product)]
	if *n >= q.most {
		return false
	}
	*n++
	return true
}

// turn begins a day.
func (q *quota) turn() { clear(q.lines) }

// shortHash is the 32-bit FNV-1a hash of text, folded to quotaBits as its authors,
// Fowler, Noll and Vo, advise.
func shortHash(text string) uint32 {
	h := uint32(2_166_136_261)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16_777_619
	}
	return h>>quotaBits ^ h&(1<<quotaBits-1)
}

// snapshot appends how many lines were counted by which hash, and 0.
func (q *quota) snapshot(b []byte) []byte {
	last := -1
	for hash, n := range q.lines {
		if n > 0 {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(hash-last)), uint64(n))
			last = hash
		}
	}
	return append(b, 0)
}

func (q *quota) restore(r *stateReader) {
	q.turn()
	last := -1
	for step := r.uint(); step > 0; step = r.uint() {
		n := r.uint()
		if step >= uint64(len(q.lines)-last) || n < 1 || n > math.MaxUint8 {
			r.fail("%d lines of products, %d on from %d", n, step, last)
			return
		}
		last += int(step)
		q.lines[last] = uint8(n)
	}
}
