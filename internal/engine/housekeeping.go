package engine

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// housekeeping advances the task clocks, mirrors offsets and forgets parked tasks.
func (w *Worker[C]) housekeeping(ctx context.Context) error {
	tick, mirror := time.NewTicker(tickEvery), time.NewTicker(mirrorEvery)
	defer tick.Stop()
	defer mirror.Stop()
	last := w.cfg.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.forgetParked()
			now := w.cfg.Now()
			if err := w.tickAll(ctx, now.Sub(last)); err != nil {
				return err
			}
			last = now
		case <-mirror.C:
			w.client.CommitOffsets(ctx, w.positions(), w.mirrored)
		}
	}
}

// forgetParked drops revoked tasks that are not coming back: a member that is
// assigned nothing is not told so.
func (w *Worker[C]) forgetParked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parked) > 0 && w.cfg.Now().Sub(w.since) > parkFor {
		clear(w.parked)
	}
}

// tickAll advances the clocks of the tasks whose log's ends can be read; elapsed is
// how long ago it was called last. If none can be read, it is not that some topics
// cannot be fetched: the log is away, and waited for.
func (w *Worker[C]) tickAll(ctx context.Context, elapsed time.Duration) error {
	now := event.TimeOf(w.cfg.Now())
	asking, cancel := context.WithTimeout(ctx, endsWithin)
	ends, err := kafka.Ends(asking, w.client, topics()...)
	cancel()
	if err != nil {
		w.log.DebugContext(ctx, "task clocks stand still", "error", err)
	}
	if len(ends) == 0 || !w.polls.Load() {
		elapsed = 0
	}
	for _, t := range w.activeTasks() {
		for _, topic := range t.forsake(min(max(0, elapsed), endsWithin)) {
			w.log.WarnContext(ctx, "nothing can be fetched of a topic that has more, the others go on without it", "task", t.id.String(), "topic", topic)
		}
		if err := t.tick(now, ends); err != nil {
			w.panicked(ctx, err)
			return err
		}
	}
	return nil
}

// positions are the offsets below which all is durable, as the consumer group is told
// them. Nothing reads them back; they are for lag tools.
func (w *Worker[C]) positions() map[string]map[int32]kgo.EpochOffset {
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for _, t := range w.activeTasks() {
		for topic, offset := range t.settled() {
			if offsets[topic] == nil {
				offsets[topic] = map[int32]kgo.EpochOffset{}
			}
			offsets[topic][t.id.Partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
		}
	}
	return offsets
}

func (w *Worker[C]) mirrored(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse, err error) {
	if err != nil {
		w.log.Debug("offsets not mirrored to the consumer group", "error", err)
	}
}
