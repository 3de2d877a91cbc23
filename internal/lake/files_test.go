package lake_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/lake"
)

// TestEndsAreThoseOfTheNewestFiles has partitions that end on different days, one whose
// records of two days take turns, one that ends with a loss, and one that is empty.
func TestEndsAreThoseOfTheNewestFiles(t *testing.T) {
	const day = 24 * time.Hour
	dir := t.TempDir()
	want := map[int32]int64{0: 0, 1: 0, 2: 0, 3: 0, 9: 0}
	partitions := []int32{0, 1, 2, 3, 9}
	check := func() {
		t.Helper()
		got, err := lake.Ends(dir, event.TopicTransactions, partitions)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ends (-want +got):\n%s", diff)
		}
	}
	check()
	w := open(t, config(dir))
	write := func(partition int32, offset int64, after time.Duration) {
		e := order(int(offset))
		e.ReceivedAt = event.TimeOf(start.Add(after))
		add(t, w, recordOf(e, partition, offset))
		flush(t, w)
	}
	for i := range int64(12) {
		write(0, i, 0) // 11 sorts before 2 by name
	}
	write(1, 0, 0)
	write(1, 1, 5*day)
	write(2, 0, 4*day)
	write(2, 1, 5*day)
	write(2, 2, 4*day)
	write(3, 0, 0)
	closeLake(t, w)
	if err := lake.AcceptLoss(dir, lake.Place{Topic: event.TopicTransactions, Partition: 3}, 1, 7, "a test", start); err != nil {
		t.Fatal(err)
	}
	want = map[int32]int64{0: 12, 1: 2, 2: 3, 3: 8, 9: 0}
	check()
	want, partitions = map[int32]int64{1: 2, 2: 3}, []int32{1, 2}
	check()
}
