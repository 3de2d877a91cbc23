package event_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestShareGivesWhatIsLeftToTheLargestRemainders(t *testing.T) {
	tests := map[string]struct {
		total   event.Minor
		weights []event.Minor
		want    []event.Minor
	}{
		"even":                       {9, []event.Minor{1, 1, 1}, []event.Minor{3, 3, 3}},
		"ties go to lower indexes":   {10, []event.Minor{1, 1, 1, 1}, []event.Minor{3, 3, 2, 2}},
		"the larger remainder first": {10, []event.Minor{33, 33, 34}, []event.Minor{3, 3, 4}},
		"by weight":                  {100, []event.Minor{1, 2, 3}, []event.Minor{17, 33, 50}},
		"negative total":             {-10, []event.Minor{1, 1, 1, 1}, []event.Minor{-3, -3, -2, -2}},
		"all weights zero":           {7, []event.Minor{0, 0}, []event.Minor{7, 0}},
		"negative weights are zero":  {7, []event.Minor{-5, 2}, []event.Minor{0, 7}},
		"nothing to share":           {0, []event.Minor{1, 2}, []event.Minor{0, 0}},
		"one part":                   {-7, []event.Minor{3}, []event.Minor{-7}},
		"no parts":                   {7, nil, nil},
		"least total":                {math.MinInt64, []event.Minor{1, 1}, []event.Minor{math.MinInt64 / 2, math.MinInt64 / 2}},
		"least total in one part":    {math.MinInt64, []event.Minor{1}, []event.Minor{math.MinInt64}},
		"weights beyond 64 bits":     {9, []event.Minor{math.MaxInt64, math.MaxInt64, math.MaxInt64}, []event.Minor{3, 3, 3}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			out := make([]event.Minor, len(tc.weights))
			event.Share(tc.total, tc.weights, out)
			if diff := cmp.Diff(tc.want, out, equal); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSharesAddUpAndLieWithinOneUnitOfTheExactPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "n")
		most := rapid.SampledFrom([]int64{1, 10, 1e6, int64(event.MaxAmount), math.MaxInt64 / 200}).Draw(t, "most")
		weights := make([]event.Minor, n)
		sum := new(big.Int)
		for i := range weights {
			weights[i] = event.Minor(rapid.Int64Range(0, most).Draw(t, "weight"))
			sum.Add(sum, big.NewInt(int64(weights[i])))
		}
		total := event.Minor(rapid.Int64().Draw(t, "total"))
		out := make([]event.Minor, n)
		event.Share(total, weights, out)

		var added event.Minor
		for i := range out {
			added += out[i]
			if sum.Sign() == 0 {
				continue
			}
			// |out·sum - total·weight| < sum
			off := new(big.Int).Mul(big.NewInt(int64(out[i])), sum)
			off.Sub(off, new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(int64(weights[i]))))
			if off.CmpAbs(sum) >= 0 {
				t.Fatalf("part %d of %v shared by %v is %d", i, total, weights, out[i])
			}
		}
		if added != total {
			t.Fatalf("parts of %d add up to %d", total, added)
		}
		for i := 1; i < n; i++ {
			if a, b := out[i-1], out[i]; weights[i-1] == weights[i] && max(a, -a) < max(b, -b) {
				t.Fatalf("equal weights: %d, then %d", a, b)
			}
		}
	})
}

func TestSharingAmongUsualOrdersDoesNotAllocate(t *testing.T) {
	weights, out := make([]event.Minor, 64), make([]event.Minor, 64)
	for i := range weights {
		weights[i] = event.Minor(i)
	}
	if n := testing.AllocsPerRun(100, func() { event.Share(1003, weights, out) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
