package engine

import (
	"maps"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// newestOf is a fold without state that writes a final with every event: the
// visitor's newest.
type newestOf struct{}

func (newestOf) Apply(e *event.Event, out *probeRows) {
	out.sums[string(e.Type)]++
	out.finals[strings.Clone(e.VisitorID)] = strings.Clone(e.ID)
}
func (newestOf) Tick(event.Time, *probeRows) {}
func (newestOf) Snapshot(b []byte) []byte    { return b }
func (newestOf) Restore([]byte) error        { return nil }

// TestFinalsOfAReplayedSpanAreWrittenAgain has a worker replay what one of an
// older build has committed, which knew no finals: they must be written, and
// nothing be added.
func TestFinalsOfAReplayedSpanAreWrittenAgain(t *testing.T) {
	topic, at := event.TopicProductViews, event.Time(1_780_000_000_000)
	log := testLog{topic: make([][]*kgo.Record, testPartitions)}
	for i, visitor := range []int{1, 2, 1} {
		log[topic][0] = append(log[topic][0], &kgo.Record{
			Topic: topic, Offset: int64(i), Timestamp: at.Std(),
			Value: testEvent(topic, string(rune('a'+i)), visitor, 0, at),
		})
	}
	w := newWorld(log, 0)
	for range 2 {
		clear(w.ledger.finals)
		worker := w.newWorker()
		worker.cfg.NewFold = func(store.TaskID) Fold[*probeRows] { return newestOf{} }
		if err := w.own(worker, 0); err != nil {
			t.Fatal(err)
		}
		task := worker.tasks[taskID(0)]
		w.read(task, topic, len(log[topic][0]))
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
		if err := commit(worker, false); err != nil {
			t.Fatal(err)
		}
	}
	if want := map[string]string{"v1": "c", "v2": "b"}; !maps.Equal(w.ledger.finals, want) {
		t.Errorf("finals are %v, want %v", w.ledger.finals, want)
	}
	if want := map[string]int64{string(event.TypeProductView): 3}; !maps.Equal(w.ledger.sums, want) {
		t.Errorf("sums are %v, want %v", w.ledger.sums, want)
	}
}
