package shop

import (
	"math/bits"

	"globalmart/internal/event"
)

// share splits base over the items' BaseAmountMinor in proportion to their
// amounts, which add up to sum, by largest remainder: parts are cut to whole
// units, and what is left goes to the items that lost most, the first of equals
// first.
func (r *run) share(base event.Minor, items []event.Item, sum event.Minor) {
	if sum == 0 {
		return
	}
	r.remainders = r.remainders[:0]
	left := base
	for i := range items {
		hi, lo := bits.Mul64(uint64(base), uint64(items[i].AmountMinor))
		q, rem := bits.Div64(hi, lo, uint64(sum))
		items[i].BaseAmountMinor = event.Minor(q)
		left -= event.Minor(q)
		r.remainders = append(r.remainders, rem)
	}
	for ; left > 0; left-- {
		most := 0
		for i, rem := range r.remainders {
			if rem > r.remainders[most] {
				most = i
			}
		}
		items[most].BaseAmountMinor++
		r.remainders[most] = 0
	}
}
