package processor

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestALogarithmIsExactAndNeverFalls(t *testing.T) {
	if got := lnOf(1); got != 0 {
		t.Errorf("ln 1 = %d", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64Range(1, int64(event.MaxAmount)).Draw(t, "x")
		got, want := float64(lnOf(x))/1e9, math.Log(float64(x))
		if math.Abs(got-want) > 2e-9 {
			t.Fatalf("ln %d = %.10f, want %.10f", x, got, want)
		}
		if y := x + rapid.Int64Range(1, 1000).Draw(t, "more"); lnOf(y) < lnOf(x) {
			t.Fatalf("ln %d is below ln %d", y, x)
		}
	})
}

func TestABucketIsNarrowAndHoldsItsMiddle(t *testing.T) {
	for i := 1; i < buckets; i++ {
		middle := middleOf(i)
		if got := bucketOf(middle); got != i {
			t.Fatalf("the middle of bucket %d, %d, is in bucket %d", i, middle, got)
		}
		if i < 64 && middle != int64(i) {
			t.Fatalf("%d stands for %d, want it exact", middle, i)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64Range(1, int64(event.MaxAmount)).Draw(t, "x")
		middle := middleOf(bucketOf(x))
		if off := math.Abs(float64(middle-x)) / float64(x); off > 1.0/64 {
			t.Fatalf("%d stands for %d, which is %.4f off", middle, x, off)
		}
	})
}

func TestMedianAndDeviationAreThoseOfSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, 1e9)), 1, 60).Draw(t, "values")
		var kept []int64
		for _, v := range values {
			kept = append(kept, middleOf(bucketOf(v)))
		}
		slices.Sort(kept)
		middle := (len(kept) - 1) / 2
		median := kept[middle]
		var distances []nano
		for _, v := range kept {
			d := lnOf(v) - lnOf(median)
			distances = append(distances, max(d, -d))
		}
		slices.Sort(distances)
		var h histogram
		for _, v := range values {
			h.add(bucketOf(v))
		}
		p := newPool()
		p.add(&h)
		at := p.median()
		if middleOf(at) != median || p.deviation(at) != distances[middle] {
			t.Fatalf("got %d and %d, want %d and %d", middleOf(at), p.deviation(at), median, distances[middle])
		}
	})
}
