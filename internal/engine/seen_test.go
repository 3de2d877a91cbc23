package engine

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestSeenAnswersAsAMap holds the set to the plainest thing that does the same,
// over growth, expiry, seals and restores.
func TestSeenAnswersAsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const retain = 100
		set, model := newSeenSet(retain), map[id]uint32{}
		now := uint32(1)
		pick := rapid.IntRange(0, 3000)
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			now += rapid.SampledFrom([]uint32{0, 0, 1, 50, retain - 1, retain, retain + 1}).Draw(t, "pause")
			from, n := pick.Draw(t, "from"), rapid.IntRange(1, 800).Draw(t, "n")
			for i := range n {
				k := idOf(fmt.Sprint(from + i))
				at, ok := model[k]
				want := !ok || now-at > retain
				if want {
					model[k] = now
				}
				if got := set.Add(k, now); got != want {
					t.Fatalf("id %d at %d, first at %d: new %t, want %t", from+i, now, at, got, want)
				}
			}
			if rapid.Bool().Draw(t, "restore") {
				set = copyOf(set, now)
			}
		}
	})
}

// copyOf returns a set with what a snapshot would carry of s.
func copyOf(s *seenSet, now uint32) *seenSet {
	s.seal(now)
	restored := newSeenSet(s.retain)
	for _, g := range s.sealed {
		restored.load(new(chunks), parseSeenIDs(appendSeenIDs(nil, g.ids)), now)
		restored.sealed = append(restored.sealed, g)
	}
	restored.load(&restored.open, parseSeenIDs(appendSeenIDs(nil, s.open)), now)
	return restored
}

func TestAnIDIsSeenForExactlyTheRetention(t *testing.T) {
	k := idOf("one")
	for _, tt := range []struct {
		later uint32
		isNew bool
	}{{0, false}, {99, false}, {100, false}, {101, true}} {
		set := newSeenSet(100)
		set.Add(k, 1000)
		if got := set.Add(k, 1000+tt.later); got != tt.isNew {
			t.Errorf("%d s later: new %t, want %t", tt.later, got, tt.isNew)
		}
	}
	set := newSeenSet(100)
	set.Add(k, 1000)
	set.Add(k, 1050) // does not prolong it
	if !set.Add(k, 1101) {
		t.Error("seeing an id again prolonged its time")
	}
}

func TestWhatIsPastItsTimeTakesNoRoom(t *testing.T) {
	set := newSeenSet(100)
	for i := range 200_000 {
		set.Add(idOf(fmt.Sprint(i)), uint32(1+i/100)) // 10,000 ids at a time
		if i%10_000 == 0 {
			set.seal(uint32(1 + i/100))
		}
	}
	if n := len(set.slots); n > 1<<16 {
		t.Errorf("%d slots for 10,000 live ids", n)
	}
	set.seal(1 << 30)
	if len(set.sealed) != 0 {
		t.Errorf("%d segments are kept past their time", len(set.sealed))
	}
}

func TestALargeSetIsAsRightAsASmallOne(t *testing.T) {
	set := newSeenSet(1000)
	const n = 300_000 // over 2 MB: a table of its own
	for i := range n {
		if !set.Add(idOf(fmt.Sprint(i)), 5) {
			t.Fatalf("id %d is not new", i)
		}
	}
	for i := range n {
		if set.Add(idOf(fmt.Sprint(i)), 6) {
			t.Fatalf("id %d is not seen", i)
		}
	}
}

func BenchmarkSeenAdd(b *testing.B) {
	for _, live := range []uint64{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("live=%d", live), func(b *testing.B) {
			set := newSeenSet(1000)
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				n++
				set.Add(id{n * 0x9e3779b97f4a7c15, n}, uint32(1+n*1000/live))
				if set.open.len() >= sealSize {
					set.seal(uint32(1 + n*1000/live))
					set.stored(set.nextID - 1)
				}
			}
		})
	}
}
