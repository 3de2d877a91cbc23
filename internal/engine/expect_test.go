package engine

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
)

// foreseeing is a fold that notes what it is told will come.
type foreseeing struct {
	*probe
	told []string
	most int // at once
}

func (f *foreseeing) Expect(keys [][]byte) {
	f.most = max(f.most, len(keys))
	for _, key := range keys {
		f.told = append(f.told, string(key))
	}
}

// TestAFoldIsToldOfRecordsOnceAndInTheirOrder offers records in parts: one that is
// alone needs no announcement.
func TestAFoldIsToldOfRecordsOnceAndInTheirOrder(t *testing.T) {
	f := &foreseeing{probe: newProbe()}
	task := newTask(taskID(0), testHorizon, Fold[*probeRows](f), newProbeRows, make(chan struct{}, 1))
	var want []string
	offset := 0
	for _, n := range []int{1, 40, 1, lookAhead, 2} {
		records := garbage(event.TopicProductViews, offset, n, 1)
		for _, r := range records {
			r.Key = fmt.Append(nil, "visitor ", r.Offset)
			if n > 1 {
				want = append(want, string(r.Key))
			}
		}
		offset += n
		task.offer(event.TopicProductViews, records, int64(offset))
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, f.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if f.most != lookAhead {
		t.Errorf("%d at once, want %d", f.most, lookAhead)
	}
}
