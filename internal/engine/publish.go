package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// publication is a snapshot whose commit is durable.
type publication[C Changes] struct {
	task *task[C]
	snap *snapshot
}

// snapshotDue reports whether this commit should carry snapshots, at most once
// per SnapshotEvery and never while one is still being written.
func (w *Worker[C]) snapshotDue() bool {
	now := w.cfg.Now()
	if w.publishing.Load() > 0 || now.Sub(w.lastSnapshot) < w.cfg.SnapshotEvery {
		return false
	}
	w.lastSnapshot = now
	return true
}

// publish hands a snapshot to the writer. It does not block: the channel holds
// one snapshot of every task.
func (w *Worker[C]) publish(t *task[C], s *snapshot) {
	w.publishing.Add(1)
	select {
	case w.publications <- publication[C]{t, s}:
	default:
		w.giveUp(publication[C]{t, s})
	}
}

// giveUp forgets a snapshot that is not written. The next one holds everything
// again, and is taken even if nothing is folded until then.
func (w *Worker[C]) giveUp(p publication[C]) {
	p.task.unsaved()
	w.publishing.Add(-1)
}

// publishLoop writes snapshots.
func (w *Worker[C]) publishLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-w.publications:
			if err := w.write(ctx, p); err != nil {
				return err
			}
		}
	}
}

// write stores one snapshot. It returns only errors that must stop the worker.
func (w *Worker[C]) write(ctx context.Context, p publication[C]) error {
	defer w.publishing.Add(-1)
	w.failpoint("before-snapshot")
	err := w.putSnapshot(ctx, p)
	w.failpoint("after-snapshot")
	switch {
	case err == nil:
		w.stats.snapshots.Add(1)
	case errors.Is(err, store.ErrFenced):
	case ctx.Err() != nil:
		p.task.unsaved()
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrOutcomeUnknown):
		p.task.unsaved()
		w.log.WarnContext(ctx, "snapshot not written", "task", p.task.id.String(), "error", err)
	default:
		return fmt.Errorf("engine: snapshot of task %s: %w", p.task.id, err)
	}
	return nil
}

func (w *Worker[C]) putSnapshot(ctx context.Context, p publication[C]) error {
	p.task.mu.Lock()
	p.task.generation++
	p.snap.meta.Generation = p.task.generation
	epoch := p.task.epoch
	p.task.mu.Unlock()

	for _, g := range p.snap.segments {
		if err := w.cfg.Ledger.PutSegment(ctx, p.task.id, epoch, g.name, withChecksum(appendSeenIDs(nil, g.ids))); err != nil {
			return err
		}
		p.task.mu.Lock()
		g.set.stored(g.number)
		p.task.mu.Unlock()
	}
	if err := w.cfg.Ledger.PutSnapshot(ctx, p.task.id, epoch, p.snap.meta); err != nil {
		return err
	}
	p.task.saved(p.snap)
	return nil
}

// relayEvery is how often the outbox is looked at without being told to: it
// holds letters after a restart, or after the log was away.
const (
	relayEvery = time.Second
	relayBatch = 32 // of at most 0.6 MB each, encoded 0.8 MB
)

// relayLoop publishes committed dead letters to their topic: at least once, under
// a key that makes repeats recognisable.
func (w *Worker[C]) relayLoop(ctx context.Context) error {
	ticker := time.NewTicker(relayEvery)
	defer ticker.Stop()
	for {
		if err := w.relayAll(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "dead letters not relayed yet", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-w.relay:
		}
	}
}

// relayAll goes on with the other tasks if one fails.
func (w *Worker[C]) relayAll(ctx context.Context) error {
	var errs []error
	for _, t := range w.activeTasks() {
		if ctx.Err() == nil {
			errs = append(errs, w.relayTask(ctx, t))
		}
	}
	return errors.Join(errs...)
}

func (w *Worker[C]) relayTask(ctx context.Context, t *task[C]) error {
	for {
		letters, err := w.cfg.Ledger.Outbox(ctx, t.id, relayBatch)
		if err != nil || len(letters) == 0 {
			return err
		}
		records := make([]*kgo.Record, len(letters))
		for i := range letters {
			if records[i], err = deadLetterRecord(&letters[i]); err != nil {
				return err
			}
		}
		if err := w.produce(ctx, records); err != nil {
			return fmt.Errorf("engine: relay dead letters: %w", err)
		}
		w.failpoint("relayed")
		t.mu.Lock()
		epoch := t.epoch
		t.mu.Unlock()
		if err := w.cfg.Ledger.MarkSent(ctx, t.id, epoch, letters); err != nil {
			if errors.Is(err, store.ErrFenced) {
				return nil // the new owner relays them
			}
			return err
		}
	}
}

// produce sends records and waits until all are acknowledged or ctx ends. The
// client itself would wait longer: it does not give up a record that may have
// reached a broker.
func (w *Worker[C]) produce(ctx context.Context, records []*kgo.Record) error {
	acks := make(chan error, len(records))
	for _, r := range records {
		w.client.Produce(ctx, r, func(_ *kgo.Record, err error) { acks <- err })
	}
	for range records {
		select {
		case err := <-acks:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// DeadLetterRecord is the value of a record on the dead_letters topic. Its key
// is "topic-partition-offset" of the record that was refused.
type DeadLetterRecord struct {
	Topic     string       `json:"topic"`
	Partition int32        `json:"partition"`
	Offset    int64        `json:"offset"`
	Time      event.Time   `json:"time_ms"` // record time, Unix milliseconds
	Reason    event.Reason `json:"reason"`
	Field     string       `json:"field,omitempty"`
	Detail    string       `json:"detail"`
	Key       []byte       `json:"key_base64"`
	Value     []byte       `json:"value_base64"`
}

// DeadLetterKey is the idempotent key of a dead letter.
func DeadLetterKey(topic string, partition int32, offset int64) string {
	return topic + "-" + strconv.Itoa(int(partition)) + "-" + strconv.FormatInt(offset, 10)
}

func deadLetterRecord(d *store.DeadLetter) (*kgo.Record, error) {
	value, err := json.Marshal(DeadLetterRecord(*d))
	if err != nil {
		return nil, fmt.Errorf("engine: encode dead letter: %w", err)
	}
	return &kgo.Record{
		Topic:     event.TopicDeadLetters,
		Key:       []byte(DeadLetterKey(d.Topic, d.Partition, d.Offset)),
		Value:     value,
		Timestamp: d.Time.Std(),
	}, nil
}
