package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// starved is a ledger that has no time for a transaction of several tasks.
type starved struct {
	*memLedger
	refused int // transactions
}

func (s *starved) Commit(ctx context.Context, batch []store.Commit[*probeRows]) ([]store.TaskID, error) {
	if len(batch) > 1 {
		s.refused++
		return nil, store.ErrUnavailable
	}
	return s.memLedger.Commit(ctx, batch)
}

// TestATransactionThatTakesTooLongIsDoneInParts has more tasks than a transaction can
// have, as a store that is too slow for all of them has.
func TestATransactionThatTakesTooLongIsDoneInParts(t *testing.T) {
	const tasks = 4
	topic, at := event.TopicTransactions, event.Time(1_780_000_000_000)
	log := testLog{topic: make([][]*kgo.Record, tasks)}
	for p := range tasks {
		log[topic][p] = []*kgo.Record{{Topic: topic, Partition: int32(p), Timestamp: at.Std(), Value: testEvent(topic, string(rune('a'+p)), p, 0, at)}}
	}
	w := newWorld(log, 1)
	worker, slow := w.workers[0], &starved{memLedger: w.ledger}
	worker.cfg.Ledger = slow
	for p := range tasks {
		if err := w.own(worker, p); err != nil {
			t.Fatal(err)
		}
		task := worker.tasks[taskID(p)]
		w.read(task, topic, 1)
		if err := fold(task); err != nil {
			t.Fatal(err)
		}
	}
	if err := worker.commitSealed(t.Context(), worker.sealAll()); err != nil {
		t.Fatal(err)
	}
	if slow.refused != 2 { // four tasks, then two
		t.Errorf("%d transactions were refused, want 2", slow.refused)
	}
	if diff := cmp.Diff(expected(log).Sums, w.ledger.sums); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
}
