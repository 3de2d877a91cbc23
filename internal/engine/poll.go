package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// pollLoop takes fetches from the client and hands them to the tasks. It does
// not poll while a task has too much queued: that stops fetching, not
// heartbeats.
func (w *Worker[C]) pollLoop(ctx context.Context) error {
	for ctx.Err() == nil {
		w.polls.Store(true)
		fetches := w.client.PollFetches(ctx)
		err := w.hand(ctx, fetches)
		w.client.AllowRebalance()
		if err != nil {
			return err
		}
		for w.crowded() {
			w.polls.Store(false)
			select {
			case <-ctx.Done():
			case <-w.room:
				continue
			}
			break
		}
	}
	return nil
}

func (w *Worker[C]) hand(ctx context.Context, fetches kgo.Fetches) error {
	for _, e := range fetches.Errors() {
		switch {
		case ctx.Err() != nil, errors.Is(e.Err, context.Canceled), errors.Is(e.Err, kgo.ErrClientClosed):
		case kafka.SessionLost(e.Err):
			w.log.WarnContext(ctx, "left the consumer group, joining anew", "error", e.Err)
		default:
			return fetchError(e)
		}
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		family, ok := familyOf(p.Topic)
		if !ok {
			return
		}
		w.mu.Lock()
		t := w.tasks[store.TaskID{Family: family, Partition: p.Partition}]
		w.mu.Unlock()
		if t != nil {
			t.offer(p.Topic, p.Records, p.HighWatermark)
		}
	})
	return nil
}

// fetchError is an error that must stop the worker: the client retries by itself
// what can be retried.
func fetchError(e kgo.FetchError) error {
	if errors.Is(e.Err, kerr.OffsetOutOfRange) {
		return fmt.Errorf("engine: read %s[%d]: %w: %w", e.Topic, e.Partition, ErrOutOfRange, e.Err)
	}
	return fmt.Errorf("engine: read %s[%d]: %w", e.Topic, e.Partition, e.Err)
}

func (w *Worker[C]) crowded() bool {
	for _, t := range w.activeTasks() {
		if t.crowded() {
			return true
		}
	}
	return false
}

// start begins to fold t, until it is closed or ctx ends.
func (w *Worker[C]) start(ctx context.Context, t *task[C]) {
	t.hold(w.client)
	t.done = make(chan struct{})
	w.folding.Go(func() {
		defer close(t.done)
		defer signal(w.room) // its queue is gone
		if err := w.foldLoop(ctx, t); err != nil {
			w.panicked(ctx, err)
			w.failed.put(err)
		}
		t.hold(w.client)
	})
}

func (w *Worker[C]) foldLoop(ctx context.Context, t *task[C]) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = t.foldSome(); err != nil {
				return err
			}
			t.hold(w.client)
			signal(w.room)
		}
		if t.isClosed() {
			return nil
		}
	}
}

// panicked logs where a processor panicked: the error says at which record.
func (w *Worker[C]) panicked(ctx context.Context, err error) {
	if p, ok := errors.AsType[*panicError](err); ok {
		w.log.ErrorContext(ctx, p.text, "stack", string(p.stack))
	}
}
