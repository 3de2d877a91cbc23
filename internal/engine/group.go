package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// hooks are the group's callbacks. run ends with Run; hard is the context of the
// store's work and outlives it by the graceful stop.
func (w *Worker[C]) hooks(run, hard context.Context) kafka.GroupHooks {
	return kafka.GroupHooks{
		OnAssigned: func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			if len(assigned) == 0 { // more members than partitions: nothing follows
				w.setJoined(true)
			}
		},
		AdjustOffsets: func(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			<-w.opened
			adjusted, err := w.assigned(ctx, run, offsets)
			switch {
			case err == nil, ctx.Err() != nil:
			case errors.Is(err, errLogAway): // the client joins anew
				w.log.WarnContext(ctx, "cannot take over tasks, trying again", "error", err)
			default:
				w.failed.put(err)
			}
			return adjusted, err
		},
		OnRevoked: func(context.Context, *kgo.Client, map[string][]int32) { w.revoked(hard, true) },
		OnLost:    func(context.Context, *kgo.Client, map[string][]int32) { w.revoked(hard, false) },
	}
}

// errLogAway reports that the log could not be looked at; it may come back.
var errLogAway = errors.New("engine: the log does not answer")

// assigned takes over the tasks of an assignment and says where to read from.
// ctx ends when the assignment is revoked again, run when the worker stops.
//
// The log is looked at after the claims: until then another worker may still
// move the positions, past what the log ended at before.
func (w *Worker[C]) assigned(ctx, run context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	ids, err := tasksOf(offsets)
	if err != nil {
		return nil, err
	}
	var tasks []*task[C]
	claims := map[store.TaskID]store.Claim{} // of the tasks to restore
	for _, id := range ids {
		t, claim, err := w.take(ctx, id)
		if err != nil {
			return nil, err
		}
		if t != nil {
			tasks = append(tasks, t)
		} else {
			claims[id] = claim
		}
	}
	restored, err := w.restoreAll(ctx, claims)
	if err != nil {
		return nil, err
	}
	return w.adopt(run, append(tasks, restored...)), nil
}

// adopt makes tasks the worker's own and returns where they go on reading.
func (w *Worker[C]) adopt(run context.Context, tasks []*task[C]) map[string]map[int32]kgo.Offset {
	from := map[string]map[int32]kgo.Offset{}
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.parked)
	w.joined = true
	w.stats.rebalances.Add(1)
	for _, t := range tasks {
		for topic, next := range t.nexts() {
			if from[topic] == nil {
				from[topic] = map[int32]kgo.Offset{}
			}
			from[topic][t.id.Partition] = kgo.NewOffset().At(next).WithEpoch(-1)
		}
		w.start(run, t)
		w.tasks[t.id] = t
	}
	return from
}

// setJoined notes whether the group has told the worker what its tasks are.
func (w *Worker[C]) setJoined(joined bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.joined = joined
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

// take claims one task. It returns the task if it was kept from before and nobody
// else had it in between; else it has to be restored.
func (w *Worker[C]) take(ctx context.Context, id store.TaskID) (*task[C], store.Claim, error) {
	var claim store.Claim
	err := w.insist(ctx, func() error {
		if !w.committing.enter(ctx) { // no commit of this worker is in flight
			return ctx.Err()
		}
		defer w.committing.leave()
		var err error
		claim, err = w.cfg.Ledger.Claim(ctx, id, w.cfg.Owner)
		return err
	})
	if err != nil {
		return nil, claim, fmt.Errorf("engine: claim task %s: %w", id, err)
	}
	w.failpoint("claimed")
	w.mu.Lock()
	t := w.parked[id]
	w.mu.Unlock()
	if t == nil || !t.revive(claim) {
		return nil, claim, nil
	}
	return t, claim, nil
}

// restoreAll restores claimed tasks, after checking that the log still holds what
// was applied.
func (w *Worker[C]) restoreAll(ctx context.Context, claims map[store.TaskID]store.Claim) ([]*task[C], error) {
	if len(claims) == 0 {
		return nil, nil
	}
	log, err := w.readLog(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.checkLog(ctx, claims, log); err != nil {
		return nil, err
	}
	var tasks []*task[C]
	for id, claim := range claims {
		starts := map[string]int64{}
		for _, topic := range id.Family.Topics() {
			starts[topic] = log.starts[topic][id.Partition]
		}
		err := w.insist(ctx, func() error {
			t, err := w.restore(ctx, id, claim, starts)
			if err == nil {
				t.reach(log.ends)
				tasks = append(tasks, t)
				w.log.DebugContext(ctx, "task restored", "task", id.String(), "epoch", claim.Epoch, "replay", t.replaying())
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// logBounds are the first and the end offsets of the log, by topic and partition.
type logBounds struct{ starts, ends map[string]map[int32]int64 }

func (w *Worker[C]) readLog(ctx context.Context) (logBounds, error) {
	starts, err := kafka.Starts(ctx, w.client, topics()...)
	if err != nil {
		return logBounds{}, fmt.Errorf("%w: %w", errLogAway, err)
	}
	ends, err := kafka.Ends(ctx, w.client, topics()...)
	if err != nil {
		return logBounds{}, fmt.Errorf("%w: %w", errLogAway, err)
	}
	return logBounds{starts, ends}, nil
}

// checkLog refuses a log that ends before what was applied or holds another
// record there.
func (w *Worker[C]) checkLog(ctx context.Context, claims map[store.TaskID]store.Claim, log logBounds) error {
	var last []kafka.At // records that were applied last
	for id, claim := range claims {
		for _, topic := range id.Family.Topics() {
			p := claim.Positions[topic]
			if end := log.ends[topic][id.Partition]; p.Next > end {
				return fmt.Errorf("engine: %s[%d] ends at offset %d but %d was applied: %w", topic, id.Partition, end, p.Next, ErrLogRegressed)
			}
			if p.LastHash != 0 && p.Next > log.starts[topic][id.Partition] {
				last = append(last, kafka.At{Topic: topic, Partition: id.Partition, Offset: p.Next - 1})
			}
		}
	}
	if len(last) == 0 {
		return nil
	}
	records, err := kafka.RecordAt(ctx, w.cfg.Kafka, last, w.cfg.KafkaOpts...)
	if err != nil {
		return fmt.Errorf("%w: %w", errLogAway, err)
	}
	for _, a := range last {
		family, _ := familyOf(a.Topic)
		p := claims[store.TaskID{Family: family, Partition: a.Partition}].Positions[a.Topic]
		if r := records[a]; r == nil || RecordHash(r.Value) != p.LastHash {
			return fmt.Errorf("engine: %s[%d] holds another record at offset %d than was applied: %w", a.Topic, a.Partition, a.Offset, ErrLogRegressed)
		}
	}
	return nil
}

// revoked gives up every task: with eager rebalancing an assignment goes as a
// whole. With keep, what is folded is committed if that is possible in time, and
// the tasks are kept for the case that they come back untouched.
func (w *Worker[C]) revoked(ctx context.Context, keep bool) {
	w.setJoined(false)
	tasks := w.activeTasks()
	for _, t := range tasks {
		t.pause()
	}
	if keep {
		ctx, cancel := context.WithTimeout(ctx, w.cfg.Graceful)
		defer cancel()
		err := w.commitOnce(ctx)
		if err != nil && !errors.Is(err, errAbandoned) {
			w.failed.put(err)
		}
		keep = err == nil
	}
	for _, t := range tasks {
		t.close()
		<-t.done
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = w.cfg.Now()
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
