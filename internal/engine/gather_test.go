package engine

import (
	"testing"

	"globalmart/internal/event"
)

func TestCommitsAreGatheredOnlyWhileBehind(t *testing.T) {
	w := newWorld(testLog{}, 1)
	worker := w.workers[0]
	const tasks = 4
	for p := range tasks {
		if err := w.own(worker, p); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		lag, pending, deadBytes int
		want                    bool
	}{
		"at the end":              {lag: 0, pending: 10, want: false},
		"nearly at the end":       {lag: catchUpLag - 1, pending: 10, want: false},
		"behind":                  {lag: catchUpLag, pending: catchUpRecords/tasks - 1, want: true},
		"behind, with enough":     {lag: catchUpLag, pending: catchUpRecords / tasks, want: false},
		"behind, and a task full": {lag: catchUpLag, deadBytes: maxPendingDead, want: false},
	} {
		in := worker.tasks[taskID(0)].input(event.TopicTransactions)
		in.end = in.next + int64(c.lag)
		for _, task := range worker.tasks {
			task.pending = c.pending
		}
		worker.tasks[taskID(tasks-1)].deadBytes = c.deadBytes
		if got := worker.gathers(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
