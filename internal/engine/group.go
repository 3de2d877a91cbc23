package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// hooks are the group's callbacks. run ends with Run; hard is the context of the
// store's work and outlives it by the graceful stop.
func (w *Worker[C]) hooks(run, hard context.Context) kafka.GroupHooks {
	return kafka.GroupHooks{
		AdjustOffsets: func(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			adjusted, err := w.assigned(ctx, run, offsets)
			if err != nil && ctx.Err() == nil {
				w.fail(err)
			}
			return adjusted, err
		},
		OnRevoked: func(context.Context, *kgo.Client, map[string][]int32) { w.revoked(hard, true) },
		OnLost:    func(context.Context, *kgo.Client, map[string][]int32) { w.revoked(hard, false) },
	}
}

// assigned takes over the tasks of an assignment and says where to read from.
// ctx ends when the assignment is revoked again, run when the worker stops.
func (w *Worker[C]) assigned(ctx, run context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	ids, err := tasksOf(offsets)
	if err != nil {
		return nil, err
	}
	log, err := w.readLog(ctx)
	if err != nil {
		return nil, err
	}
	backoff := minBackoff
	for _, id := range ids {
		for {
			err := w.take(ctx, run, id, log)
			if err == nil {
				break
			}
			if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrOutcomeUnknown) {
				return nil, err
			}
			w.setStoreDown(err)
			if !sleep(ctx, rand.N(backoff)+1) {
				return nil, ctx.Err()
			}
			backoff = min(2*backoff, maxBackoff)
		}
	}
	w.setStoreDown(nil)
	w.mu.Lock()
	clear(w.parked)
	w.joined = true
	w.mu.Unlock()
	return w.readFrom(ids), nil
}

// tasksOf returns the tasks of an assignment, after checking that the topics of
// each family are assigned with the same partitions.
func tasksOf(assigned map[string]map[int32]kgo.Offset) ([]store.TaskID, error) {
	var ids []store.TaskID
	for _, f := range store.Families {
		var first []int32
		for i, topic := range f.Topics() {
			partitions := slices.Sorted(maps.Keys(assigned[topic]))
			if i == 0 {
				first = partitions
			} else if !slices.Equal(first, partitions) {
				return nil, fmt.Errorf("engine: topics of family %s are not co-partitioned: %s has partitions %v, %s has %v: every topic of a family needs the same partition count and every worker the same subscription",
					f, f.Topics()[0], first, topic, partitions)
			}
		}
		for _, p := range first {
			ids = append(ids, store.TaskID{Family: f, Partition: p})
		}
	}
	return ids, nil
}

// logBounds are the first and the end offsets of the log, by topic and partition.
type logBounds struct{ starts, ends map[string]map[int32]int64 }

func (w *Worker[C]) readLog(ctx context.Context) (logBounds, error) {
	starts, err := kafka.Starts(ctx, w.client, topics()...)
	if err != nil {
		return logBounds{}, err
	}
	ends, err := kafka.Ends(ctx, w.client, topics()...)
	return logBounds{starts, ends}, err
}

// take claims one task and readies it: kept from before if nobody else had it in
// between, else restored.
func (w *Worker[C]) take(ctx, run context.Context, id store.TaskID, log logBounds) error {
	if !w.committing.enter(ctx) { // no commit of this worker is in flight
		return ctx.Err()
	}
	defer w.committing.leave()
	claim, err := w.cfg.Ledger.Claim(ctx, id, w.cfg.Owner)
	if err != nil {
		return fmt.Errorf("engine: claim task %s: %w", id, err)
	}
	w.failpoint("claimed")
	w.mu.Lock()
	t := w.parked[id]
	w.mu.Unlock()
	if t == nil || !t.revive(claim) {
		if err := w.checkLog(ctx, id, claim, log); err != nil {
			return err
		}
		starts := map[string]int64{}
		for _, topic := range id.Family.Topics() {
			starts[topic] = log.starts[topic][id.Partition]
		}
		if t, err = w.restore(ctx, id, claim, starts); err != nil {
			return err
		}
		w.log.DebugContext(ctx, "task restored", "task", id.String(), "epoch", claim.Epoch, "replay", t.replaying())
	}
	w.mu.Lock()
	w.tasks[id] = t
	w.mu.Unlock()
	t.done = make(chan struct{})
	w.group.Go(func() error { return w.foldLoop(run, t) })
	return nil
}

// checkLog refuses a log that ends before what was applied or holds another
// record there.
func (w *Worker[C]) checkLog(ctx context.Context, id store.TaskID, claim store.Claim, log logBounds) error {
	var at []kafka.At
	for _, topic := range id.Family.Topics() {
		p := claim.Positions[topic]
		if end := log.ends[topic][id.Partition]; p.Next > end {
			return fmt.Errorf("engine: %s[%d] ends at offset %d but %d was applied: %w", topic, id.Partition, end, p.Next, ErrLogRegressed)
		}
		if p.LastHash != 0 && p.Next > log.starts[topic][id.Partition] {
			at = append(at, kafka.At{Topic: topic, Partition: id.Partition, Offset: p.Next - 1})
		}
	}
	if len(at) == 0 {
		return nil
	}
	records, err := kafka.RecordAt(ctx, w.cfg.Kafka, at, w.cfg.KafkaOpts...)
	if err != nil {
		return err
	}
	for _, a := range at {
		if r := records[a]; r == nil || RecordHash(r.Value) != claim.Positions[a.Topic].LastHash {
			return fmt.Errorf("engine: %s[%d] holds another record at offset %d than was applied: %w", a.Topic, a.Partition, a.Offset, ErrLogRegressed)
		}
	}
	return nil
}

// readFrom returns the offsets at which the tasks go on reading.
func (w *Worker[C]) readFrom(ids []store.TaskID) map[string]map[int32]kgo.Offset {
	from := map[string]map[int32]kgo.Offset{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		for topic, next := range w.tasks[id].nexts() {
			if from[topic] == nil {
				from[topic] = map[int32]kgo.Offset{}
			}
			from[topic][id.Partition] = kgo.NewOffset().At(next).WithEpoch(-1)
		}
	}
	return from
}

// revoked gives up every task: with eager rebalancing an assignment goes as a
// whole. With keep, what is folded is committed if that is possible in time, and
// the tasks are kept for the case that they come back untouched.
func (w *Worker[C]) revoked(ctx context.Context, keep bool) {
	tasks := w.activeTasks()
	for _, t := range tasks {
		t.pause()
	}
	if keep {
		ctx, cancel := context.WithTimeout(ctx, graceful)
		defer cancel()
		err := w.commitOnce(ctx)
		if err != nil && !errors.Is(err, errAbandoned) {
			w.fail(err)
		}
		keep = err == nil
	}
	for _, t := range tasks {
		t.close()
		<-t.done
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range tasks {
		if w.tasks[t.id] != t {
			continue // fenced
		}
		delete(w.tasks, t.id)
		if keep {
			w.parked[t.id] = t
		}
	}
}
