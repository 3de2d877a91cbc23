package engine

import (
	"testing"

	"globalmart/internal/event"
)

func TestCommitsAreGatheredOnlyWhileBehind(t *testing.T) {
	w := newWorld(testLog{}, 1)
	worker := w.workers[0]
	for p := range 2 {
		if err := w.own(worker, p); err != nil {
			t.Fatal(err)
		}
	}
	first, second := worker.tasks[taskID(0)], worker.tasks[taskID(1)]
	for name, c := range map[string]struct {
		lag, pending, deadBytes int
		want                    bool
	}{
		"at the end":              {lag: 0, pending: 10, want: false},
		"nearly at the end":       {lag: catchUpLag - 1, pending: 10, want: false},
		"behind":                  {lag: catchUpLag, pending: catchUpRecords/2 - 1, want: true},
		"behind, with enough":     {lag: catchUpLag, pending: catchUpRecords / 2, want: false},
		"behind, and a task full": {lag: catchUpLag, deadBytes: maxPendingDead, want: false},
	} {
		in := first.input(event.TopicTransactions)
		in.end = in.next + int64(c.lag)
		first.pending, second.pending, second.deadBytes = c.pending, c.pending, c.deadBytes
		if got := worker.gathers(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
