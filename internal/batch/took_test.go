package batch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestATableIsMadeFromItsFirstQueryToItsLast: its partitions are made beside one another,
// and end in any order.
func TestATableIsMadeFromItsFirstQueryToItsLast(t *testing.T) {
	t.Parallel()
	var got TableResult
	for _, query := range [][2]time.Duration{{2 * time.Second, 5 * time.Second}, {time.Second, 3 * time.Second}, {4 * time.Second, 4 * time.Second}} {
		got.took(query[0], query[1])
	}
	if diff := cmp.Diff(TableResult{Began: 1, Ended: 5, Seconds: 5}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
