package engine

import (
	"strings"
	"sync"
	"testing"
	"time"

	"globalmart/internal/store"
)

func TestTheStatusTellsWhatTheWorkerHasDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open()
	cfg := r.config(s)
	cfg.SnapshotEvery = time.Millisecond
	var mu sync.Mutex
	var told Transaction
	transactions := 0
	cfg.Committed = func(one Transaction) {
		mu.Lock()
		defer mu.Unlock()
		transactions++
		told.Records += one.Records
		told.Rows += one.Rows
		told.Took += one.Took
	}
	repeated := map[string]int64{}
	cfg.Duplicate = func(source string) {
		mu.Lock()
		defer mu.Unlock()
		repeated[strings.Clone(source)]++
	}
	r.sendShop(1, 0, 500)
	r.sendShop(1, 0, 100) // again
	w := start(t, cfg)
	r.drain(s)
	eventually(t, "nothing is behind, and a snapshot is written", func() bool {
		st := w.Status()
		var behind int64
		for _, n := range st.Behind {
			behind += n
		}
		return behind == 0 && st.Snapshots > 0
	})
	st := w.Status()
	var total store.Counts
	for _, c := range st.ByTopic {
		total.Add(c)
	}
	if st.Rebalances < 1 || total.Total() == 0 {
		t.Errorf("%d rebalances, %d records", st.Rebalances, total.Total())
	}
	saved := 0
	for _, task := range st.Tasks {
		if task.SnapshotBytes > 0 {
			saved++
		}
		if task.SnapshotAge < 0 || task.SnapshotAge > time.Hour {
			t.Errorf("task %s: snapshot is %s old", task.ID, task.SnapshotAge)
		}
	}
	if saved == 0 {
		t.Error("no task has a snapshot")
	}
	w.stop()
	mu.Lock()
	defer mu.Unlock()
	if told.Records != total.Total() {
		t.Errorf("the transactions tell of %d records, the status of %d", told.Records, total.Total())
	}
	if n := repeated["generator"]; n != total.Duplicate || n == 0 || len(repeated) != 1 {
		t.Errorf("duplicates by source: %v, want %d", repeated, total.Duplicate)
	}
	if transactions == 0 || told.Rows == 0 || told.Took <= 0 {
		t.Errorf("%d transactions, %d rows, %s", transactions, told.Rows, told.Took)
	}
}

// TestARecordThatIsNotCommittedIsBehind folds what the store does not have.
func TestARecordThatIsNotCommittedIsBehind(t *testing.T) {
	task := newTask(taskID(0), testHorizon, Fold[*probeRows](newProbe()), newProbeRows, make(chan struct{}, 1))
	in := task.inputs[0]
	in.end, in.next, in.committed.Next = 12, 10, 4
	task.folded, task.snapshotAt = true, time.Unix(100, 0)
	st := task.status(time.Unix(160, 0))
	if got := st.Behind[in.topic]; got != 8 {
		t.Errorf("%d records are behind, want 8", got)
	}
	if st.SnapshotAge != time.Minute {
		t.Errorf("the snapshot is %s old, want 1m", st.SnapshotAge)
	}
	task.folded = false
	if st := task.status(time.Unix(160, 0)); st.SnapshotAge != 0 {
		t.Errorf("a snapshot that holds everything is %s old", st.SnapshotAge)
	}
}
