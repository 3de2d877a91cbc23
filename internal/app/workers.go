package app

import (
	"context"
	"slices"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/engine"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/telemetry"
)

// tellStream tells other processes how the worker w of this one, which is watched, does.
func tellStream(d *desk.Desk, w *worker, watched *watch) service {
	rates := &kafka.Rates{}
	return service{"report", func(ctx context.Context) error {
		return d.Tell(ctx, store.ReportStream, func() any { return streamOf(d.Owner, w.Status(), watched.latency.Snapshot(), rates) })
	}}
}

// streamOf is how a stream worker does, for operators; its rates are those since the call
// before with the same rates.
func streamOf(name string, s engine.Status, latency telemetry.LatencySnapshot, rates *kafka.Rates) api.Stream {
	now := time.Now()
	self := api.StreamWorker{Worker: name, SeenAt: now, Ready: s.Ready, Tasks: len(s.Tasks)}
	out := api.Stream{
		Ready: s.Ready, Topics: []api.StreamTopic{}, Commits: s.Commits, Snapshots: s.Snapshots, Rebalances: s.Rebalances, Fenced: s.Fenced,
		Tasks: []api.StreamTask{},
	}
	if s.StoreError != nil {
		text := s.StoreError.Error()
		out.Trouble, self.Trouble = &text, &text
	}
	if latency.Count > 0 {
		out.Latency = &api.StreamLatency{P50MS: inMilliseconds(latency.P50), P95MS: inMilliseconds(latency.P95), P99MS: inMilliseconds(latency.P99)}
		self.Latency = out.Latency
	}
	counted := map[string]int64{}
	for topic, c := range s.ByTopic {
		counted[topic] = c.Total()
	}
	perSecond := rates.Since(now, counted)
	for _, topic := range engineTopics() {
		c := s.ByTopic[topic]
		t := api.StreamTopic{Topic: topic, Applied: c.Applied, Duplicate: c.Duplicate, Dead: c.Dead, TooOld: c.TooOld, Behind: s.Behind[topic]}
		if rate, known := perSecond[topic]; known {
			t.PerSecond = &rate
			self.PerSecond = plus(self.PerSecond, &rate)
		}
		self.Behind += t.Behind
		out.Topics = append(out.Topics, t)
	}
	for i := range s.Tasks {
		out.Tasks = append(out.Tasks, streamTask(name, &s.Tasks[i]))
	}
	out.Workers = []api.StreamWorker{self}
	return out
}

func streamTask(worker string, t *engine.TaskStatus) api.StreamTask {
	out := api.StreamTask{
		Worker: worker, Family: string(t.ID.Family), Partition: t.ID.Partition, Epoch: t.Epoch, Replaying: t.Replaying, Queued: t.Queued,
		StateBytes: t.SnapshotBytes, SnapshotAgeSeconds: t.SnapshotAge.Seconds(),
	}
	if t.Clock > 0 {
		at := t.Clock.Std()
		out.Watermark = &at
	}
	for _, n := range t.Behind {
		out.Behind += n
	}
	return out
}

// together is how all workers do that said so, of which there is at least one. Latency is
// that of the slowest: quantiles of several cannot be added up. A task that changed hands is
// reported by both for a while: it is that of the newer epoch, and how far the other worker
// is behind does not count until it says so again.
func together(all []desk.Told[api.Stream]) api.Stream {
	out := api.Stream{Ready: true, Workers: []api.StreamWorker{}, Tasks: []api.StreamTask{}}
	byTopic := map[string]*api.StreamTopic{}
	owners := ownersOf(all)
	for i := range all {
		one := &all[i].Value
		owned := slices.DeleteFunc(slices.Clone(one.Tasks), func(t api.StreamTask) bool { return owners[taskIDOf(&t)] != t.Epoch })
		lost := len(owned) < len(one.Tasks)
		out.Ready = out.Ready && one.Ready
		if one.Trouble != nil {
			out.Trouble = one.Trouble
		}
		if one.Latency != nil && (out.Latency == nil || one.Latency.P99MS > out.Latency.P99MS) {
			out.Latency = one.Latency
		}
		out.Commits += one.Commits
		out.Snapshots += one.Snapshots
		out.Rebalances += one.Rebalances
		out.Fenced += one.Fenced
		out.Workers = append(out.Workers, one.Workers...)
		out.Tasks = append(out.Tasks, owned...)
		for _, t := range one.Topics {
			if lost {
				t.Behind, t.PerSecond = 0, nil
			}
			add(byTopic, &t)
		}
	}
	out.Topics = make([]api.StreamTopic, 0, len(byTopic))
	for _, topic := range engineTopics() {
		if t := byTopic[topic]; t != nil {
			out.Topics = append(out.Topics, *t)
		}
	}
	return out
}

func taskIDOf(t *api.StreamTask) store.TaskID {
	return store.TaskID{Family: store.Family(t.Family), Partition: t.Partition}
}

// ownersOf are the newest epochs of tasks.
func ownersOf(all []desk.Told[api.Stream]) map[store.TaskID]int64 {
	epochs := map[store.TaskID]int64{}
	for i := range all {
		tasks := all[i].Value.Tasks
		for j := range tasks {
			t := taskIDOf(&tasks[j])
			epochs[t] = max(epochs[t], tasks[j].Epoch)
		}
	}
	return epochs
}

// add adds what a worker says of a topic to what the ones before said.
func add(byTopic map[string]*api.StreamTopic, t *api.StreamTopic) {
	all := byTopic[t.Topic]
	if all == nil {
		all = &api.StreamTopic{Topic: t.Topic}
		byTopic[t.Topic] = all
	}
	all.Applied += t.Applied
	all.Duplicate += t.Duplicate
	all.Dead += t.Dead
	all.TooOld += t.TooOld
	all.Behind += t.Behind
	all.PerSecond = plus(all.PerSecond, t.PerSecond)
}

// plus is the sum of those that are known, nil if neither is.
func plus(a, b *float64) *float64 {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	s := *a + *b
	return &s
}
