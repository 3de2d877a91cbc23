package processor

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTheIndexFindsWhatIsInIt compares it with a map, with few hashes, so that
// chains are long and removals move things.
func TestTheIndexFindsWhatIsInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newIDIndex(), map[place]uint32{}
		base := rapid.SampledFrom([]uint32{0, 60, 0xffffffff}).Draw(t, "from hash")
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			p := place(rapid.IntRange(1, 100).Draw(t, "place"))
			hash := base + uint32(p)%7
			slot := x.find(hash, func(q place) bool { return q == p })
			if _, ok := want[p]; ok != (x.get(slot) == p) {
				t.Fatalf("%d is found: %v, want %v", p, !ok, ok)
			}
			if rapid.IntRange(0, 2).Draw(t, "step") > 0 {
				x.put(slot, hash, p)
				want[p] = hash
			} else if x.get(slot) == p {
				x.remove(slot)
				delete(want, p)
			}
		}
		for _, p := range slices.Sorted(maps.Keys(want)) {
			if got := x.get(x.find(want[p], func(q place) bool { return q == p })); got != p {
				t.Fatalf("found %d instead of %d", got, p)
			}
		}
		if x.used != len(want) {
			t.Fatalf("%d in use, want %d", x.used, len(want))
		}
	})
}
