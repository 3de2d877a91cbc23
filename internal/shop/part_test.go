package shop

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestQueueIsSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []event.Time
		for range rapid.IntRange(0, 200).Draw(t, "operations") {
			if len(model) > 0 && rapid.IntRange(0, 2).Draw(t, "pop") == 0 {
				if got := q.pop().at; got != model[0] {
					t.Fatalf("pop: %d, want %d", got, model[0])
				}
				model = model[1:]
				continue
			}
			at := event.Time(rapid.Int64Range(0, 50).Draw(t, "at"))
			q.push(at, 0)
			i, _ := slices.BinarySearch(model, at)
			model = slices.Insert(model, i, at)
		}
		if q.len() != len(model) {
			t.Fatalf("len: %d, want %d", q.len(), len(model))
		}
	})
}

func TestPermutationIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 500).Draw(t, "n")
		p := newPermutation(n, rapid.Uint64().Draw(t, "key"))
		seen := make([]bool, n)
		for i := range n {
			at := p.at(i)
			if at >= n || seen[at] {
				t.Fatalf("%d of %d goes to %d, which is out of range or taken", i, n, at)
			}
			seen[at] = true
		}
	})
}

func TestSlabStringsNeverChange(t *testing.T) {
	var s slab
	var kept, want []string
	for i := range uint64(20_000) {
		kept = append(kept, s.id('x', i))
		var b [18]byte
		b[0], b[1] = 'x', '-'
		putHex(b[2:], i, 16)
		want = append(want, string(b[:]))
	}
	if !slices.Equal(kept, want) {
		t.Error("an id changed after later ones were made")
	}
	if long := strings.Repeat("y", 2*slabSize); s.keep([]byte(long)) != long {
		t.Error("a string longer than a piece of the slab came out different")
	}
}

func TestUUIDIsOfVersion7(t *testing.T) {
	var s slab
	const unique, more = 0xc123_4567_89ab_cdef, 1
	got := s.uuid(0x0123_4567_89ab, unique, more)
	// time-high, time-low, version + more + top of unique, variant + 14 bits, 48 bits
	if want := "01234567-89ab-7007-8123-456789abcdef"; got != want {
		t.Errorf("uuid: %s, want %s", got, want)
	}
}

func TestAliasDrawsByWeight(t *testing.T) {
	const n, draws = 1000, 2_000_000
	weights := zipfWeights(n, 1)
	a := newAlias(weights)
	var counts [n]float64
	d := dice(1)
	for range draws {
		counts[a.pick(d.next())]++
	}
	for _, rank := range []int{0, 1, 9, 99, 499} {
		want := weights[rank] * draws / n
		if got := counts[rank]; math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("rank %d: drawn %.0f times, want about %.0f", rank, got, want)
		}
	}
}

func TestEveryCountryHasItsShareOfShoppers(t *testing.T) {
	cfg := testConfig()
	p := newPopulation(&cfg)
	var end uint64
	for i, r := range p.country {
		if r.first != end {
			t.Errorf("%s begins at %d, want %d", cfg.Countries[i].Code, r.first, end)
		}
		end = r.first + r.order.n
		want := cfg.Countries[i].Weight / 100 * float64(cfg.Shoppers)
		if got := float64(r.order.n); math.Abs(got-want) > 1 {
			t.Errorf("%s has %v shoppers, want %v", cfg.Countries[i].Code, got, want)
		}
		for _, u := range []float64{0, 0.5, 1 - 0x1p-53} {
			if s := p.pick(i, u, 0, 1); s < r.first || s >= end {
				t.Errorf("%s: pick(%v) is %d, not its own", cfg.Countries[i].Code, u, s)
			}
		}
	}
	if end != uint64(cfg.Shoppers) {
		t.Errorf("the countries have %d shoppers, want %d", end, cfg.Shoppers)
	}
}

func TestClockErrorsAreRareAndSmall(t *testing.T) {
	wrong := 0
	for v := range uint64(100_000) {
		if ms := clockError(mix(v)); ms != 0 {
			wrong++
			if ms < -mostSkew || ms > mostSkew {
				t.Fatalf("a clock is wrong by %d ms, want at most %d", ms, mostSkew)
			}
		}
	}
	if wrong < 2_700 || wrong > 3_300 {
		t.Errorf("%d of 100000 clocks are wrong, want about 3000", wrong)
	}
}
